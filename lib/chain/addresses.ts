// SPDX-License-Identifier: MIT
/**
 * Where the contracts are, on every chain: the addresses follow from the committed bytecode. Written by
 * `npm run compile`; never edited.
 */
import type { Address } from '../protocol/types.ts';

const at = (address: string) => address as Address;

export const ADDRESSES = {
  registry: at('0xa6b8d2f5086b96470829858744d800e65f8c45e5'),
  factory: at('0x8ae0ed1db84defcf0b607bfdbb299ba2d0c4a1cb'),
  channelImplementation: at('0x82bec8b623067bb6184e163cf1ecc1e0f329e152'),
  transferApp: at('0x3aa4da0de94895c63a2bbe69e6ecfe14115e3f66'),
  batchedTransferApp: at('0x80e65ddf26cf4665d1e93361c8ea082eb7908168'),
  signedTransferApp: at('0xc915661665bfc8a55209668a0206a46cee06785a'),
  swapApp: at('0x3e3af7e850ce90de6f4b5353dc209ce1003c8a7e'),
  ticTacToeApp: at('0xab230ecc9c33739a38c18a1bf5092e86ce1c0b2e'),
  nimApp: at('0x22eb39c522cd032f353c2301dd13dbc92b714113'),
} as const;
