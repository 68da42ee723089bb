// SPDX-License-Identifier: MIT
/**
 * What the tower holds of one channel: the newest agreed ledger and of each app the newest state both signed. One item,
 * replaced by what is newer, so its size depends on the open apps and not on how often anything changed.
 */
import { z } from 'zod';
import type { Address, AppInstance, Bytes, Channel, Ledger, Pair } from '../protocol/types.ts';
import { pair, signature, toJson, whole } from '../protocol/wire/primitives.ts';
import { appInstance, channel, ledger } from '../protocol/wire/structures.ts';
import { kindEntry } from '../store/item-form.ts';
import { paddedTime } from '../store/padded-time.ts';
import type { Item, NewItem } from '../store/store.ts';

const WATCHED_SCHEMA = 1;

/** Of one epoch. `apps` are those above version 0: there is nothing to show of the others. */
export interface Held {
  readonly ledger: Ledger;
  readonly signatures: Pair<Bytes>;
  readonly apps: readonly AppInstance[];
}

/**
 * Why the channel is looked at in every round. `before`: when the first challenge in it finalizes, in seconds, or 0 while
 * that is not known. `untilBlock`: nothing is left to do, but a reorganization could bring it back until that block; null
 * while there may be something to do.
 */
export interface Attention {
  readonly before: number;
  readonly untilBlock: number | null;
}

export interface Watched {
  readonly channel: Channel;
  readonly newest: Held;
  /** Earlier epochs, oldest first, whose apps may still be disputed. */
  readonly earlier: readonly Held[];
  /** Whether a ledger challenge was open at the last look: a newer ledger is then worth a look at once. */
  readonly isChallenged: boolean;
  readonly attention: Attention | null;
}

const held: z.ZodType<Held> = z.strictObject({
  ledger,
  signatures: pair(signature),
  apps: z.array(appInstance),
});

const watched: z.ZodType<Watched> = z.strictObject({
  channel,
  newest: held,
  earlier: z.array(held),
  isChallenged: z.boolean(),
  attention: z.strictObject({ before: whole, untilBlock: whole.nullable() }).nullable(),
});

export const watchedKey = (chainId: number, address: Address): string => `watched#${chainId}#${address}`;

export const attendedPartition = (chainId: number): string => `watched#${chainId}`;

export const parseWatched = (item: Item): Watched => watched.parse(item.body);

export function watchedItem(body: Watched): NewItem {
  const { domain, address } = body.channel;
  const { attention } = body;
  const key = watchedKey(domain.chainId, address);
  const due = attention && {
    partition: attendedPartition(domain.chainId),
    sort: `${paddedTime(attention.before)}#${address}`,
  };
  return {
    key,
    schema: WATCHED_SCHEMA,
    body: toJson(body),
    index: { kind: kindEntry(key), ...(due && { due }) },
  };
}
