// SPDX-License-Identifier: MIT
/** What the vectors of every app are made of, encoded by ethers as Solidity would. */
import { AbiCoder, concat, dataSlice } from 'ethers';
import { ETHER, ZERO_WORD } from './actors.ts';

export const coder = AbiCoder.defaultAbiCoder();

/** Outcome of a transfer between two. */
export const transferOutcome = (payer: string, payee: string) =>
  coder.encode(
    ['tuple(address to, uint256 amount)[2]'],
    [
      [
        [ETHER, payer],
        [ETHER, payee],
      ],
    ],
  );

/** Whatever an app's state is: not of this length, no state. */
export const wrongLengths = (state: string) => [
  { name: 'nothing', state: '0x' },
  { name: 'a byte short', state: dataSlice(state, 0, (state.length - 4) / 2) },
  { name: 'a byte long', state: concat([state, '0x00']) },
  { name: 'a word long', state: concat([state, ZERO_WORD]) },
];

/** A word and the signature on it, as an action holds them. */
export const signedAction = (word: string, { r, s, v }: { r: string; s: string; v: number }) =>
  coder.encode(['bytes32', 'bytes32', 'bytes32', 'uint8'], [word, r, s, v]);
