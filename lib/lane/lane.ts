// SPDX-License-Identifier: MIT
/** Putting calls into one key's nonce lane, once per key, and looking up what became of them. */
import type { z } from 'zod';
import type { Outcomes } from '../protocol/errors.ts';
import type { Expectation, Store } from '../store/store.ts';
import {
  laneItem,
  laneKey,
  parseFinished,
  parseLane,
  sendKey,
  type FinishedSend,
  type Lane,
  type LaneEntry,
} from './lane-item.ts';
import type { Call, LaneLog, LaneWriter } from './ports.ts';

/**
 * Whose lane it is, on one chain. Nothing else should send with the writer's key: a nonce used outside the lane holds up
 * what the lane gave it to until that is seen, and has it sent at another one.
 */
export interface LaneOwner<P> {
  /** Finished sends are filed by chain and key alone: owners that share a store use different keys. */
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
  readonly call: Call;
  readonly purpose: P;
  /** Key of a send that must have succeeded before this one is even estimated. */
  readonly after: string | null;
}

export interface LoadedLane<P> {
  readonly lane: Lane<P>;
  readonly expect: Expectation;
}

export async function loadLane<P>({ store, chainId, writer, purpose }: LaneOwner<P>): Promise<LoadedLane<P>> {
  const sender = writer.address;
  const item = await store.get(laneKey(chainId, sender));
  return item === null
    ? { lane: { chainId, sender, nextNonce: null, entries: [] }, expect: 'absent' }
    : { lane: parseLane(item, purpose), expect: item.etag };
}

export async function finishedSend<P>(
  { store, chainId, purpose }: LaneOwner<P>,
  key: string,
): Promise<FinishedSend<P> | null> {
  const item = await store.get(sendKey(chainId, key));
  return item === null ? null : parseFinished(item, purpose);
}

/** Appends the sends that are neither waiting nor finished, in one write, and wakes the sender. False if it kept losing races. */
export function enqueue<P>(owner: LaneOwner<P>, sends: readonly Send<P>[]): Promise<boolean> {
  return append(owner, async ({ entries }) => {
    const waiting = new Set(entries.map((entry) => entry.key));
    const finished = await Promise.all(sends.map((send) => finishedSend(owner, send.key)));
    return sends.filter((send, index) => !waiting.has(send.key) && finished[index] === null);
  });
}

/**
 * Like `enqueue`, but what has finished is wanted again: a reorganization undid it, or the reason it was refused for is
 * gone. It takes `key`, else the first of `key~1`, `key~2`, … that is not finished; while one of them waits nothing is
 * added for it. `after` means the newest run of the send it names. Every run is kept and looked up by the next one, so
 * each needs a reason of its own.
 */
export function enqueueAgain<P>(owner: LaneOwner<P>, sends: readonly Send<P>[]): Promise<boolean> {
  return append(owner, async ({ entries }) => {
    const waiting = new Set(entries.map((entry) => entry.key));
    const asked = new Set(sends.map((send) => send.key));
    const runAfter = async (key: string): Promise<string> => {
      const { next, last, waits } = await runOf(owner, waiting, key);
      return waits || asked.has(key) ? next : (last ?? next);
    };
    const fresh: Send<P>[] = [];
    for (const send of sends) {
      const { next, waits } = await runOf(owner, waiting, send.key);
      if (waits) continue;
      fresh.push({ ...send, key: next, after: send.after === null ? null : await runAfter(send.after) });
    }
    return fresh;
  });
}

interface Run {
  /** The first key that is not finished, or still in the lane. */
  readonly next: string;
  /** The key before it. */
  readonly last: string | null;
  readonly waits: boolean;
}

/** Runs are numbered without gaps: one is begun only when those before it are finished, which they stay. */
async function runOf<P>(owner: LaneOwner<P>, waiting: ReadonlySet<string>, key: string): Promise<Run> {
  let last: string | null = null;
  for (let count = 0; ; count++) {
    const next = count === 0 ? key : `${key}~${count}`;
    if (waiting.has(next)) return { next, last, waits: true };
    if ((await finishedSend(owner, next)) === null) return { next, last, waits: false };
    last = next;
  }
}

const ATTEMPTS = 8;

/** One conditional write: what `choose` found out still holds when it lands, since a send leaves the lane only after it is filed. */
async function append<P>(
  owner: LaneOwner<P>,
  choose: (lane: Lane<P>) => Promise<readonly Send<P>[]>,
): Promise<boolean> {
  for (let tries = 0; tries < ATTEMPTS; tries++) {
    const { lane, expect } = await loadLane(owner);
    const fresh = await choose(lane);
    if (fresh.length === 0) return true;
    const entries: LaneEntry<P>[] = fresh.map((send) => ({
      ...send,
      nonce: null,
      gas: null,
      attempts: [],
      refused: false,
    }));
    const put = await owner.store.put(laneItem({ ...lane, entries: [...lane.entries, ...entries] }), expect);
    if (put.ok) {
      owner.wake();
      return true;
    }
  }
  return false;
}
