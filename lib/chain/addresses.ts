// SPDX-License-Identifier: MIT
/**
 * Where the contracts are, on every chain: the addresses follow from the committed bytecode. Written by
 * `npm run compile`; never edited.
 */
import type { Address } from '../protocol/types.ts';

const at = (address: string) => address as Address;

export const ADDRESSES = {
  registry: at('0x5d6cacee119c5b4977e94553d449d2d8c2c13dec'),
  factory: at('0xe97e0ae3a9a15d2e2944c59c19ddbef45a19221d'),
  channelImplementation: at('0x7819674d81a12534f1a3eb4e82245db340e11883'),
  transferApp: at('0xcb2d5389e87ee88186b7efcc7fb289087fb23ed2'),
  batchedTransferApp: at('0x3408781aa8efd8e37d5bdf0968556aeb3dc7013d'),
  signedTransferApp: at('0x0cccd7ed1b9f841b5e56c91f2e43c9f70afa907b'),
  swapApp: at('0x44aa559b176676909c8722a8904a81b4e83c2309'),
  ticTacToeApp: at('0xfdccf584d29099fa9b401236067ea520d695a313'),
  nimApp: at('0xabac82f4d10236a93f6db9656672ec2724703d96'),
} as const;
