// SPDX-License-Identifier: MIT
/** Putting calls into the hub's nonce lane, once per key, and looking up what became of them. */
import type { Hub, HubChain } from './hub.ts';
import {
  laneItem,
  laneKey,
  parseFinished,
  parseLane,
  sendKey,
  type FinishedSend,
  type Lane,
  type LaneEntry,
  type Purpose,
} from './lane-item.ts';
import type { Call } from './ports.ts';
import type { Expectation } from '../store/store.ts';

export interface Send {
  /** Names the send for ever: the same key is sent once. */
  readonly key: string;
  readonly call: Call;
  readonly purpose: Purpose;
  /** Key of a send that must have succeeded before this one is even estimated. */
  readonly after: string | null;
}

export interface LoadedLane {
  readonly lane: Lane;
  readonly expect: Expectation;
}

export async function loadLane(hub: Hub, chain: HubChain): Promise<LoadedLane> {
  const { chainId } = chain.config;
  const item = await hub.store.get(laneKey(chainId, hub.key.address));
  return item === null
    ? { lane: { chainId, sender: hub.key.address, nextNonce: null, entries: [] }, expect: 'absent' }
    : { lane: parseLane(item), expect: item.etag };
}

const ENQUEUE_ATTEMPTS = 8;

/** Appends the sends that are neither waiting nor finished, in one write, and wakes the sender. False if it kept losing races. */
export async function enqueue(hub: Hub, chain: HubChain, sends: readonly Send[]): Promise<boolean> {
  for (let tries = 0; tries < ENQUEUE_ATTEMPTS; tries++) {
    const { lane, expect } = await loadLane(hub, chain);
    const waiting = new Set(lane.entries.map((entry) => entry.key));
    const finished = await Promise.all(sends.map((send) => finishedSend(hub, chain, send.key)));
    const fresh = sends.filter((send, index) => !waiting.has(send.key) && finished[index] === null);
    if (fresh.length === 0) return true;
    const entries: LaneEntry[] = fresh.map((send) => ({
      ...send,
      nonce: null,
      gas: null,
      attempts: [],
      refused: false,
    }));
    const put = await hub.store.put(laneItem({ ...lane, entries: [...lane.entries, ...entries] }), expect);
    if (put.ok) {
      hub.bus.trigger('submit', { chainId: chain.config.chainId });
      return true;
    }
  }
  return false;
}

export async function finishedSend(hub: Hub, chain: HubChain, key: string): Promise<FinishedSend | null> {
  const item = await hub.store.get(sendKey(chain.config.chainId, key));
  return item === null ? null : parseFinished(item);
}
