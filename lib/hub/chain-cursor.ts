// SPDX-License-Identifier: MIT
/** How far the watcher has seen each chain. A hub that is behind signs nothing, or a stale challenge could finalize unseen (invariant 10). */
import { z } from 'zod';
import { laterOf } from '../protocol/deadlines.ts';
import { refuse, type Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import { hash, whole } from '../protocol/wire/primitives.ts';
import type { Item, NewItem } from '../store/store.ts';
import type { Hub, HubChain } from './hub.ts';

const CURSOR_SCHEMA = 1;

const cursorBody = z.strictObject({
  /** The last block whose events were acted on. */
  block: whole,
  hash,
  /** That block's own timestamp: what is known of the chain is as old as this, whenever it was asked (invariant 18). */
  timestamp: whole,
  /** How many answers the channel key could pay for then; null where that could not be told. */
  answers: whole.nullable(),
});
export type Cursor = z.output<typeof cursorBody>;

export const cursorKey = (chainId: number): string => `cursor#${chainId}`;
export const parseCursor = (item: Item): Cursor => cursorBody.parse(item.body);
export const cursorItem = (chainId: number, cursor: Cursor): NewItem => ({
  key: cursorKey(chainId),
  schema: CURSOR_SCHEMA,
  body: cursor,
});

/** Seconds a read of the cursor may be reused: one read serves many payments. */
const REUSE = 1;
const lastReads = new WeakMap<HubChain, { readonly cursor: Cursor; readonly at: number }>();

async function readCursor(hub: Hub, chain: HubChain): Promise<Cursor | null> {
  const now = hub.clock.now();
  const last = lastReads.get(chain);
  if (last !== undefined && now - last.at < REUSE) return last.cursor;
  const item = await hub.store.get(cursorKey(chain.config.chainId));
  if (item === null) return null;
  const cursor = parseCursor(item);
  lastReads.set(chain, { cursor, at: now });
  return cursor;
}

/** The time of the newest block that the watcher followed and no reorganization undoes; null if it cannot be told. */
export async function confirmedCursorTime(hub: Hub, chain: HubChain): Promise<number | null> {
  const cursor = await readCursor(hub, chain);
  if (cursor === null) return null;
  const block = await chain.reader.block(Math.max(0, cursor.block - chain.config.confirmations));
  return block.ok ? block.value.timestamp : null;
}

/** The later of the hub's clock and the newest block's time: what may be over by either is over (design, section 6). */
export async function hubTime(hub: Hub, chain: HubChain): Promise<number> {
  return laterOf(hub.clock.now(), (await readCursor(hub, chain))?.timestamp ?? 0);
}

/** Answers that must be paid for, or nothing is signed: somebody may show a stale state in many channels at once. */
export const LEAST_ANSWERS = 10;

/**
 * A hub that cannot defend itself signs nothing. Fails with `hub_behind` where it does not see the chain, and with `hub_unfunded` where
 * its channel key could not pay for the answers that may be due.
 */
export async function checkDefence(hub: Hub, chain: HubChain): Promise<Outcomes<void>> {
  const fresh = await checkFresh(hub, chain);
  if (!fresh.ok) return fresh;
  const answers = (await readCursor(hub, chain))?.answers ?? null;
  return answers === null || answers >= LEAST_ANSWERS ? fresh : refuse('hub_unfunded', { answers });
}

/** Fails with `hub_behind` once the newest block the watcher followed is older than a quarter of the shortest period. */
export async function checkFresh(hub: Hub, chain: HubChain): Promise<Outcomes<void>> {
  const cursor = await readCursor(hub, chain);
  const shortest = Math.min(chain.config.challengePeriod, ...chain.config.appPeriods);
  const behind = cursor === null ? null : hub.clock.now() - cursor.timestamp;
  return behind !== null && behind <= shortest / 4
    ? ok(undefined)
    : refuse('hub_behind', { seconds: behind });
}
