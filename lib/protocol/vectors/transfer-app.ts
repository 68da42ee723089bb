// SPDX-License-Identifier: MIT
/** The transfer app's bytes, moves and outcomes, encoded by ethers as Solidity would. */
import { concat, dataSlice, sha256 } from 'ethers';
import { MAX_UINT256, TOP_WORD, ZERO_WORD, word } from './actors.ts';
import { coder, transferOutcome, wrongLengths } from './app-vectors.ts';

const encodeState = (amount: string, lockHash: string, preimage: string) =>
  coder.encode(['tuple(uint256 amount, bytes32 lockHash, bytes32 preimage)'], [[amount, lockHash, preimage]]);

const stateOf = (amount: string, lockHash: string, preimage: string) => ({
  amount,
  lockHash,
  preimage,
  state: encodeState(amount, lockHash, preimage),
});

const moves = (
  [
    ['a transfer', '100', word('preimage')],
    ['the smallest', '1', `0x${'00'.repeat(31)}01`],
    ['the largest', MAX_UINT256, TOP_WORD],
  ] as const
).map(([name, amount, preimage]) => {
  const lockHash = sha256(preimage);
  const locked = stateOf(amount, lockHash, ZERO_WORD);
  const unlocked = stateOf(amount, lockHash, preimage);
  return {
    name,
    turnTaker: 1,
    before: { ...locked, terminal: false, outcome: transferOutcome(amount, '0'), shares: [amount, '0'] },
    action: coder.encode(['bytes32'], [preimage]),
    after: { ...unlocked, terminal: true, outcome: transferOutcome('0', amount), shares: ['0', amount] },
  };
});

const preimage = word('preimage');
const locked = encodeState('100', sha256(preimage), ZERO_WORD);
const unlocked = encodeState('100', sha256(preimage), preimage);

/** The contract reverts on each, the twin refuses each. */
const invalidActions = [
  { name: 'another preimage', state: locked, action: word('another preimage') },
  { name: 'the lock hash itself', state: locked, action: sha256(preimage) },
  { name: 'no preimage', state: locked, action: ZERO_WORD },
  {
    name: 'a zero preimage, though it fits the lock',
    state: encodeState('100', sha256(ZERO_WORD), ZERO_WORD),
    action: ZERO_WORD,
  },
  { name: 'nothing', state: locked, action: '0x' },
  { name: 'a byte short', state: locked, action: dataSlice(preimage, 0, 31) },
  { name: 'a byte long', state: locked, action: concat([preimage, '0x00']) },
  { name: 'the same preimage again', state: unlocked, action: preimage },
  { name: 'another preimage after the unlock', state: unlocked, action: word('another preimage') },
];

/** Not 96 bytes: no state of this app. */
const invalidStates = wrongLengths(locked);

export const transferApp = { moves, invalidActions, invalidStates };
