// SPDX-License-Identifier: MIT
/** The same keys, addresses and words in every vector, each made from its label. Never use these keys for anything else. */
import { SigningKey, computeAddress, dataSlice, id } from 'ethers';

export interface Actor {
  readonly label: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly address: string;
}

export const actor = (label: string): Actor => {
  const privateKey = id(`indra vector key: ${label}`);
  return {
    label,
    privateKey,
    publicKey: new SigningKey(privateKey).compressedPublicKey,
    address: computeAddress(privateKey).toLowerCase(),
  };
};

export const word = (label: string): string => id(`indra vector word: ${label}`);
export const address = (label: string): string => dataSlice(word(label), 12);

export const INITIATOR = actor('initiator');
export const RESPONDER = actor('responder');
export const ETHER = `0x${'00'.repeat(20)}`;
export const TOP_ADDRESS = `0x${'ff'.repeat(20)}`;
export const ZERO_WORD = `0x${'00'.repeat(32)}`;
export const TOP_WORD = `0x${'ff'.repeat(32)}`;
export const MAX_UINT64 = (2n ** 64n - 1n).toString();
export const MAX_UINT256 = (2n ** 256n - 1n).toString();
