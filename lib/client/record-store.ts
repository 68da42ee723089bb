// SPDX-License-Identifier: MIT
/** The channel record in the store: one writer, told by etags. A write whose outcome is unknown is looked up, never guessed. */
import type { AppCatalogue } from '../protocol/apps/app-logic.ts';
import type { Address } from '../protocol/types.ts';
import { StoreFault, type Expectation, type NewItem, type Put, type Store } from '../store/store.ts';
import { backoffMs } from './backoff.ts';
import { parseRecord, recordItem, recordKey, type ChannelRecord } from './channel-record.ts';
import type { Clock } from './ports.ts';

export interface LoadedRecord {
  readonly record: ChannelRecord;
  readonly etag: Expectation;
}

export async function loadRecord(
  store: Store,
  catalogue: AppCatalogue,
  chainId: number,
  channel: Address,
): Promise<LoadedRecord | null> {
  const item = await store.get(recordKey(chainId, channel));
  return item === null ? null : { record: parseRecord(item, catalogue), etag: item.etag };
}

export type Saved =
  | { readonly kind: 'saved'; readonly etag: Expectation }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'too_large' };

/**
 * Resolves once the record is durable, or certain not to be. Rejects only with a `StoreFault` that waiting does not cure.
 * `first` are items that are there whenever this record is: new ones, or as somebody stored them before.
 */
export async function saveRecord(
  store: Store,
  clock: Clock,
  record: ChannelRecord,
  expect: Expectation,
  signal: AbortSignal,
  first: readonly NewItem[] = [],
): Promise<Saved> {
  const item = recordItem(record);
  let missing = first;
  for (let attempt = 1; ; attempt++) {
    try {
      const puts = missing.map((one): Put => ({ item: one, expect: 'absent' }));
      const done = await store.putInOrder([...puts, { item, expect }]);
      const last = done[puts.length];
      if (last !== undefined) return last.ok ? { kind: 'saved', etag: last.etag } : { kind: 'conflict' };
      missing = missing.slice(done.length);
      continue;
    } catch (cause) {
      if (!(cause instanceof StoreFault)) throw cause;
      if (cause.code === 'item_too_large') return { kind: 'too_large' };
      if (!cause.retryable || signal.aborted) throw cause;
    }
    await clock.sleep(backoffMs(attempt), signal);
    const found = await whatHappened(store, item, expect);
    if (found !== 'retry') return found;
  }
}

async function whatHappened(store: Store, item: NewItem, expect: Expectation): Promise<Saved | 'retry'> {
  try {
    const held = await store.get(item.key);
    if ((held?.etag ?? 'absent') === expect) return 'retry';
    if (held !== null && JSON.stringify(held.body) === JSON.stringify(item.body))
      return { kind: 'saved', etag: held.etag };
    return { kind: 'conflict' };
  } catch {
    return 'retry';
  }
}
