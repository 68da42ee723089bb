// SPDX-License-Identifier: MIT
/** The swap app's bytes, its one move, and its outcomes, encoded by ethers as Solidity would. */
import { concat, dataSlice, toBeHex } from 'ethers';
import { ETHER, MAX_UINT256 } from './actors.ts';
import { coder, wrongLengths } from './app-vectors.ts';

type Amounts = readonly [readonly [string, string], readonly [string, string]];

const stateOf = (amounts: Amounts, taken: boolean) => ({
  amounts,
  taken,
  terminal: taken,
  state: coder.encode(['tuple(uint256[2][2] amounts, bool taken)'], [[amounts, taken]]),
});
const outcomeOf = (shares: readonly (readonly string[])[]) => ({
  shares,
  outcome: coder.encode(
    ['tuple(address to, uint256 amount)[][]'],
    [shares.map((list) => list.map((amount) => [ETHER, amount]))],
  ),
});

const plain: Amounts = [
  ['100', '0'],
  ['0', '50'],
];
const open = stateOf(plain, false).state;
const taken = stateOf(plain, true).state;

export const swapApp = {
  moves: (
    [
      ['a swap', plain],
      ['the largest', [[MAX_UINT256, '0'] as const, ['0', MAX_UINT256] as const]],
      ['stakes of both in both', [['7', '3'] as const, ['1', '2'] as const]],
      ['nothing for something', [['0', '0'] as const, ['0', '1'] as const]],
    ] as const
  ).map(([name, amounts]) => ({
    name,
    turnTaker: 1,
    before: { ...stateOf(amounts, false), ...outcomeOf(amounts) },
    action: '0x',
    after: { ...stateOf(amounts, true), ...outcomeOf(amounts.map(([first, second]) => [second, first])) },
  })),
  invalidActions: [
    { name: 'a byte', state: open, action: '0x00' },
    { name: 'a word', state: open, action: toBeHex(1, 32) },
    { name: 'a swap that is taken', state: taken, action: '0x' },
  ],
  invalidStates: [
    ...wrongLengths(open),
    { name: 'taken twice', state: concat([dataSlice(open, 0, 128), toBeHex(2, 32)]) },
    { name: 'taken in another byte', state: concat([dataSlice(open, 0, 128), '0x01', dataSlice(open, 129)]) },
  ],
};
