// SPDX-License-Identifier: MIT
/** Where a channel is on chain, before anything is deployed: CREATE2 of OpenZeppelin's clone with immutable arguments. */
import { keccak256 } from '#keccak256';
import { concat, toBytes, toHex } from './bytes.ts';
import type { Address, Bytes } from './types.ts';

export interface ChannelCode {
  readonly factory: Address;
  readonly implementation: Address;
}

const word = (hex: string): Uint8Array => toBytes(`0x${hex}`);

export function channelAddress(
  code: ChannelCode,
  parties: { readonly initiator: Address; readonly responder: Address; readonly challengePeriod: number },
): Address {
  const period = new Uint8Array(4);
  new DataView(period.buffer).setUint32(0, parties.challengePeriod);
  const args: Bytes = toHex(concat(toBytes(parties.initiator), toBytes(parties.responder), period));
  const size = (args.length / 2 - 1 + 0x2d).toString(16).padStart(4, '0');
  const initCode = concat(
    word(`61${size}3d81600a3d39f3363d3d373d3d3d363d73`),
    toBytes(code.implementation),
    word('5af43d82803e903d91602b57fd5bf3'),
    toBytes(args),
  );
  const salt = new Uint8Array(32);
  const hash = keccak256(concat(Uint8Array.of(0xff), toBytes(code.factory), salt, keccak256(initCode)));
  return toHex(hash.subarray(12)) as string as Address;
}
