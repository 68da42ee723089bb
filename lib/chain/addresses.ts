// SPDX-License-Identifier: MIT
/**
 * Where the contracts are, on every chain: the addresses follow from the committed bytecode. Written by
 * `npm run compile`; never edited.
 */
import type { Address } from '../protocol/types.ts';

const at = (address: string) => address as Address;

export const ADDRESSES = {
  registry: at('0x68ce15034c458c39857d6320098c4b9ec051eb81'),
  factory: at('0x621f12d88204f342740fbc540137ed5dd19651af'),
  channelImplementation: at('0x5045cb00affe9a2d9a7801e608c2795d27b38f73'),
  transferApp: at('0x3aa4da0de94895c63a2bbe69e6ecfe14115e3f66'),
  batchedTransferApp: at('0x80e65ddf26cf4665d1e93361c8ea082eb7908168'),
  signedTransferApp: at('0xc915661665bfc8a55209668a0206a46cee06785a'),
  swapApp: at('0x3e3af7e850ce90de6f4b5353dc209ce1003c8a7e'),
  ticTacToeApp: at('0xab230ecc9c33739a38c18a1bf5092e86ce1c0b2e'),
  nimApp: at('0x22eb39c522cd032f353c2301dd13dbc92b714113'),
} as const;
