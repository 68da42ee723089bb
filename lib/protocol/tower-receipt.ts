// SPDX-License-Identifier: MIT
/** What a watchtower signs for a state it took: with it, whoever was let down can show so. */
import { keccak256 } from '#keccak256';
import { concat, utf8, Words } from './bytes.ts';
import type { Channel } from './types.ts';

const PURPOSE = utf8('indra/v2/watchtower');

export function receiptDigest(
  { domain, address }: Pick<Channel, 'domain' | 'address'>,
  held: { readonly epoch: bigint; readonly version: bigint; readonly at: number },
): Uint8Array {
  const words = new Words(6)
    .number(domain.chainId)
    .address(domain.registry)
    .address(address)
    .uint(held.epoch)
    .uint(held.version)
    .number(held.at);
  return keccak256(concat(PURPOSE, words.bytes));
}
