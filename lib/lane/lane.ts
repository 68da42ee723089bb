// SPDX-License-Identifier: MIT
/** Promising calls to be sent from one key, once per name, and looking up what became of them. */
import type { z } from 'zod';
import type { Outcomes } from '../protocol/errors.ts';
import type { Store } from '../store/store.ts';
import {
  lanePartition,
  parseSend,
  sendItem,
  sendKey,
  type Ending,
  type LoadedSend,
  type StoredSend,
} from './send-item.ts';
import type { Call, LaneLog, LaneWriter } from './ports.ts';

/**
 * Whose lane it is, on one chain. Nothing else should send with the writer's key: a nonce used outside the lane holds up
 * what the lane gave it to until that is seen, and has it sent at another one.
 */
export interface LaneOwner<P> {
  /** Sends are named by chain and key alone: owners that share a store use different keys. */
  readonly store: Store;
  readonly chainId: number;
  readonly writer: LaneWriter;
  readonly latest: () => Promise<Outcomes<{ readonly number: number }>>;
  /** Blocks that must follow the one a transaction is in. */
  readonly confirmations: number;
  /** Seconds since 1970. */
  readonly clock: { now(): number };
  readonly log: LaneLog;
  /** Reads what a send is for back from plain JSON, where its bigints are decimal strings. */
  readonly purpose: z.ZodType<P>;
  /** Something waits: `submit` should run soon. Losing it costs time only, where `submit` also runs by itself. */
  wake(): void;
  /** What follows from a finished send. Comes at least once for each, so it must be harmless to repeat. */
  finished(send: FinishedSend<P>): Promise<void>;
}

export interface Send<P> {
  /** Names the send for ever: the same key is sent once. Printable ASCII without `~`. */
  readonly key: string;
  /** 0 goes first, 9 last; but every eighth turn is the oldest's. */
  readonly rank: number;
  readonly call: Call;
  readonly purpose: P;
  /** Key of a send that must have succeeded before this one is even estimated. */
  readonly after: string | null;
}

export interface FinishedSend<P> extends Ending {
  readonly key: string;
  readonly purpose: P;
}

type Filing = Pick<LaneOwner<unknown>, 'store' | 'chainId'>;

export async function loadSend<P>(
  { store, chainId, purpose }: Pick<LaneOwner<P>, 'store' | 'chainId' | 'purpose'>,
  key: string,
): Promise<LoadedSend<P> | null> {
  const item = await store.get(sendKey(chainId, key));
  return item === null ? null : parseSend(item, purpose);
}

/** Null while it waits, and where it was never promised. */
export async function finishedSend<P>(owner: LaneOwner<P>, key: string): Promise<FinishedSend<P> | null> {
  const held = await loadSend(owner, key);
  return held === null ? null : finishedOf(held.send);
}

export const finishedOf = <P>({ key, purpose, ending }: StoredSend<P>): FinishedSend<P> | null =>
  ending === null || purpose === null ? null : { key, purpose, ...ending };

/** Sends that are not over, the most urgent first, or the longest waiting. One promised just now may be missing. */
export async function* openSends<P>(
  { store, chainId, writer, purpose }: LaneOwner<P>,
  order: 'urgency' | 'age' = 'urgency',
): AsyncGenerator<LoadedSend<P>> {
  const partition = lanePartition(chainId, writer.address);
  let after: string | undefined;
  do {
    const index = order === 'urgency' ? 'open' : 'due';
    const page = await store.query(index, partition, { limit: PAGE, ...(after && { after }) });
    for (const item of page.items) yield parseSend(item, purpose);
    after = page.next;
  } while (after !== undefined);
}

const PAGE = 32;

/** At most `limit` of them. */
export async function firstOpen<P>(owner: LaneOwner<P>, limit: number): Promise<readonly StoredSend<P>[]> {
  const found: StoredSend<P>[] = [];
  if (limit <= 0) return found;
  for await (const { send } of openSends(owner)) if (found.push(send) === limit) break;
  return found;
}

/** Promises the sends that were not promised before, each in an item of its own, and wakes the sender. */
export async function enqueue<P>(owner: LaneOwner<P>, sends: readonly Send<P>[]): Promise<void> {
  let added = false;
  for (const send of sends) added = (await promise(owner, send)) || added;
  if (added) owner.wake();
}

/** For its own sake under a name that is the lane's: see `fill`. False if the name was promised already. */
export async function promise<P>(
  { store, chainId, writer, clock }: Filing & Pick<LaneOwner<P>, 'writer' | 'clock'>,
  send: Omit<Send<P>, 'purpose'> & { readonly purpose: P | null },
): Promise<boolean> {
  const item = sendItem(chainId, {
    ...send,
    sender: writer.address,
    at: clock.now(),
    nonce: null,
    gas: null,
    raw: null,
    attempts: [],
    ending: null,
    told: false,
  });
  return (await store.put(item, 'absent')).ok;
}

/**
 * Like `enqueue`, but what has finished is wanted again: a reorganization undid it, or the reason it was refused for is
 * gone. It takes `key`, else the first of `key~1`, `key~2`, … that is not finished; while one of them waits nothing is
 * added for it. `after` means the newest run of the send it names. Every run is kept and looked up by the next one, so
 * each needs a reason of its own.
 */
export async function enqueueAgain<P>(owner: LaneOwner<P>, sends: readonly Send<P>[]): Promise<void> {
  const asked = new Set(sends.map((send) => send.key));
  const runs = new Map<string, Run>();
  const runAfter = async (key: string): Promise<string> => {
    const { next, last, waits } = runs.get(key) ?? (await runOf(owner, key));
    return waits || asked.has(key) ? next : (last ?? next);
  };
  let added = false;
  for (const send of sends) {
    const run = await runOf(owner, send.key);
    runs.set(send.key, run);
    if (run.waits) continue;
    const after = send.after === null ? null : await runAfter(send.after);
    added = (await promise(owner, { ...send, key: run.next, after })) || added;
  }
  if (added) owner.wake();
}

/** Whether a run of it is promised and not over. */
export async function isWaiting<P>(owner: LaneOwner<P>, key: string): Promise<boolean> {
  return (await runOf(owner, key)).waits;
}

interface Run {
  /** The first key that is not finished. */
  readonly next: string;
  /** The key before it. */
  readonly last: string | null;
  readonly waits: boolean;
}

/** Runs are numbered without gaps: one is begun only when those before it are finished, which they stay. */
export async function runOf<P>(owner: LaneOwner<P>, key: string): Promise<Run> {
  let last: string | null = null;
  for (let count = 0; ; count++) {
    const next = count === 0 ? key : `${key}~${count}`;
    const held = await loadSend(owner, next);
    if (held === null) return { next, last, waits: false };
    if (held.send.ending === null) return { next, last, waits: true };
    last = next;
  }
}
