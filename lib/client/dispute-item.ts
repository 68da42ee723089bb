// SPDX-License-Identifier: MIT
/** What a client must remember of disputes beside what it signed: that its user wants to leave, and how far all is enforced. */
import { z } from 'zod';
import type { Channel } from '../protocol/types.ts';
import { toJson, uint64, whole } from '../protocol/wire/primitives.ts';
import type { Expectation, NewItem, Store } from '../store/store.ts';

const DISPUTE_SCHEMA = 1;

const body = z.strictObject({
  /** The epoch its user wants to leave. A settlement fulfils the wish, and it says nothing of the next epoch. */
  leaving: uint64.nullable(),
  /** Nothing is left to enforce in the epochs below. */
  enforcedBelow: uint64,
  /** A block at which nothing was disputed. */
  quietAt: whole,
});
export type DisputeNotes = z.output<typeof body>;

export interface StoredNotes {
  readonly notes: DisputeNotes;
  readonly etag: Expectation;
}

const notesKey = ({ domain, address }: Channel): string => `dispute#${domain.chainId}#${address}`;

const item = (channel: Channel, notes: DisputeNotes): NewItem => ({
  key: notesKey(channel),
  schema: DISPUTE_SCHEMA,
  body: toJson(notes),
});

/** `epoch` is where a client begins that remembers nothing. */
export async function loadNotes(store: Store, channel: Channel, epoch: bigint): Promise<StoredNotes> {
  const held = await store.get(notesKey(channel));
  return held === null
    ? { notes: { leaving: null, enforcedBelow: epoch, quietAt: 0 }, etag: 'absent' }
    : { notes: body.parse(held.body), etag: held.etag };
}

const ATTEMPTS = 8;

/** Durable before it resolves: another tab may write too, so the change is made on what is there. */
export async function changeNotes(
  store: Store,
  channel: Channel,
  epoch: bigint,
  change: (notes: DisputeNotes) => DisputeNotes,
): Promise<DisputeNotes> {
  for (let tries = 0; tries < ATTEMPTS; tries++) {
    const { notes, etag } = await loadNotes(store, channel, epoch);
    const next = change(notes);
    if (next === notes) return notes;
    if ((await store.put(item(channel, next), etag)).ok) return next;
  }
  throw new TypeError('the notes of a channel change faster than they can be written');
}
