// SPDX-License-Identifier: MIT
/** Which apps a client has begun to enforce: remembered over the settlement, after which its record knows nothing of them. */
import { z } from 'zod';
import type { Channel } from '../protocol/types.ts';
import { address, hash, toJson, uint, uint64 } from '../protocol/wire/primitives.ts';
import type { Expectation, Store } from '../store/store.ts';

const ENFORCEMENT_SCHEMA = 1;

const begun = z.strictObject({ epoch: uint64, appId: hash, transferId: hash, asset: address, amount: uint });
const body = z.strictObject({ begun: z.array(begun) });
/** An app that is being enforced. */
export type Begun = z.output<typeof begun>;

const itemKey = ({ domain, address: channel }: Channel): string => `enforcement#${domain.chainId}#${channel}`;

export interface StoredBegun {
  readonly list: readonly Begun[];
  readonly etag: Expectation;
}

export async function loadBegun(store: Store, channel: Channel): Promise<StoredBegun> {
  const held = await store.get(itemKey(channel));
  return held === null
    ? { list: [], etag: 'absent' }
    : { list: body.parse(held.body).begun, etag: held.etag };
}

const ATTEMPTS = 8;

/** Durable before it resolves: another tab may write too, so the change is made on what is there. */
export async function changeBegun(
  store: Store,
  channel: Channel,
  change: (list: readonly Begun[]) => readonly Begun[],
): Promise<readonly Begun[]> {
  for (let tries = 0; tries < ATTEMPTS; tries++) {
    const { list, etag } = await loadBegun(store, channel);
    const next = change(list);
    const item = { key: itemKey(channel), schema: ENFORCEMENT_SCHEMA, body: toJson({ begun: next }) };
    if ((await store.put(item, etag)).ok) return next;
  }
  throw new TypeError('what is enforced changes faster than it can be written');
}
