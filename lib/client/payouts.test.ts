// SPDX-License-Identifier: MIT
/** The cases of contracts/src/libraries/Interpreter.sol that it accepts. */
import { expect, test } from '@jest/globals';
import { AbiCoder } from 'ethers';
import { addressOf, HUB, USER } from '../protocol/testing/two-parties.ts';
import { OutcomeType, type Bytes, type Pair } from '../protocol/types.ts';
import { payoutsOf } from './payouts.ts';

const TRANSFER = 'tuple(address to, uint256 amount)';
const encoded = (shape: string, value: unknown): Bytes =>
  AbiCoder.defaultAbiCoder().encode([shape], [value]) as Bytes;

const stakesOf = (...amounts: Pair<bigint>[]) =>
  amounts.map((pair, number) => ({ asset: addressOf(number), amounts: pair }));

function paid(outcomeType: OutcomeType, stakes: readonly Pair<bigint>[], outcome: Bytes) {
  const app = { outcomeType, participants: [HUB, USER] as const, stakes: stakesOf(...stakes) };
  return payoutsOf(app, outcome).map(({ amounts }) => amounts);
}

test.each([
  [0, [8n, 0n], [3n, 0n]],
  [1, [0n, 8n], [0n, 3n]],
  [2, [4n, 4n], [2n, 1n]],
])('a fixed outcome of %d', (choice, even, odd) => {
  const outcome = encoded('uint256', choice);
  expect(
    paid(
      OutcomeType.TwoPartyFixedOutcome,
      [
        [5n, 3n],
        [0n, 3n],
      ],
      outcome,
    ),
  ).toEqual([even, odd]);
});

test('a transfer of one asset is by position, whoever it names', () => {
  const outcome = encoded(`${TRANSFER}[2]`, [
    [USER, 7n],
    [USER, 1n],
  ]);
  expect(paid(OutcomeType.SingleAssetTwoPartyCoinTransfer, [[8n, 0n]], outcome)).toEqual([[7n, 1n]]);
});

test('transfers of several assets: two are by position, any other number by name', () => {
  const two = [
    [USER, 3n],
    [HUB, 5n],
  ];
  const three = [
    [USER, 1n],
    [HUB, 2n],
    [USER, 4n],
  ];
  const outcome = encoded(`${TRANSFER}[][]`, [two, three, [[USER, 9n]]]);
  expect(
    paid(
      OutcomeType.MultiAssetMultiPartyCoinTransfer,
      [
        [8n, 0n],
        [7n, 0n],
        [0n, 9n],
      ],
      outcome,
    ),
  ).toEqual([
    [3n, 5n],
    [2n, 5n],
    [0n, 9n],
  ]);
});

test('what is no outcome of that shape pays nothing', () => {
  expect(paid(OutcomeType.MultiAssetMultiPartyCoinTransfer, [[8n, 0n]], '0x01')).toEqual([]);
});
