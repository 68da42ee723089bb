// SPDX-License-Identifier: MIT
/**
 * Moves a lane forward: gives the next entries their nonces, stores each raw transaction before it is broadcast,
 * broadcasts again what is not mined, replaces what is stuck at the same nonce, and files away what is confirmed.
 * Dying anywhere repeats a broadcast at worst (invariant 12).
 */
import type { Fault } from '../../protocol/errors.ts';
import type { Hub, HubChain } from '../hub.ts';
import {
  finishedItem,
  hashesOf,
  laneItem,
  type FinishedSend,
  type Lane,
  type LaneEntry,
} from '../lane-item.ts';
import { loadLane, type LoadedLane } from '../lane.ts';
import type { Fees, Receipt } from '../ports.ts';
import type { Hash } from '../../protocol/types.ts';
import { afterSend } from '../after-send.ts';

/** Entries that may wait for the chain at once. */
const IN_FLIGHT = 16;
/** Seconds without a block before a transaction is replaced by one that pays more. */
const STUCK_AFTER = 60;
/** Replacements must raise both fees by a tenth to be taken; an eighth is safe. */
const raise = (fee: bigint): bigint => fee + fee / 8n + 1n;

const ROUNDS = 4;

/** Runs until nothing more can be done now. Two at once are harmless: every step is one conditional write. */
export async function submit(hub: Hub, chain: HubChain): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const loaded = await loadLane(hub, chain);
    if (loaded.lane.entries.length === 0) return;
    const finished = await fileFinished(hub, chain, loaded);
    const prepared = finished ?? (await prepare(hub, chain, loaded));
    if (prepared === 'idle') return broadcastAll(hub, chain, loaded.lane);
  }
}

/** Removes the entries at the front that the chain has confirmed. Null if there are none. */
async function fileFinished(
  hub: Hub,
  chain: HubChain,
  { lane, expect }: LoadedLane,
): Promise<'moved' | null> {
  const latest = await chain.reader.latest();
  if (!latest.ok) return null;
  const confirmed = latest.value.number - chain.config.confirmations;
  const done: FinishedSend[] = [];
  for (const entry of lane.entries) {
    if (entry.nonce === null) break;
    const mined = await receiptOf(chain, entry);
    if (mined === null || mined.receipt.block > confirmed) break;
    done.push({
      key: entry.key,
      purpose: entry.purpose,
      outcome: mined.receipt.succeeded ? 'succeeded' : 'reverted',
      transactionHash: mined.hash,
      block: mined.receipt.block,
      at: hub.clock.now(),
    });
  }
  if (done.length === 0) return null;
  for (const send of done) await finish(hub, chain, send);
  await hub.store.put(laneItem({ ...lane, entries: lane.entries.slice(done.length) }), expect);
  return 'moved';
}

/** Filed before it leaves the lane, so that a send is always found in one place at least. */
async function finish(hub: Hub, chain: HubChain, send: FinishedSend): Promise<void> {
  await hub.store.put(finishedItem(chain.config.chainId, send), 'absent');
  if (send.outcome !== 'succeeded') hub.log.error({ send }, 'a transaction did not succeed');
  await afterSend(hub, chain, send);
}

async function receiptOf(
  chain: HubChain,
  entry: LaneEntry,
): Promise<{ receipt: Receipt; hash: Hash } | null> {
  for (const hash of hashesOf(entry)) {
    const receipt = await chain.writer.receipt(hash);
    if (receipt.ok && receipt.value !== null) return { receipt: receipt.value, hash };
  }
  return null;
}

/** Signs what has no transaction yet, and a dearer one for what is stuck; one write stores them all. */
async function prepare(hub: Hub, chain: HubChain, { lane, expect }: LoadedLane): Promise<'moved' | 'idle'> {
  const now = hub.clock.now();
  const fees = await chain.writer.fees();
  if (!fees.ok) return 'idle';
  const first = lane.nextNonce ?? (await firstNonce(chain));
  if (first === null) return 'idle';
  let nextNonce = first;
  let changed = false;
  const entries: LaneEntry[] = [];
  const refused: { entry: LaneEntry; reason: Fault }[] = [];
  for (const [index, entry] of lane.entries.entries()) {
    if (index >= IN_FLIGHT) {
      entries.push(entry);
      continue;
    }
    const signed = await signEntry(chain, entry, nextNonce, fees.value, now);
    if ('refused' in signed && entries.length > 0) {
      // It may only seem to fail, because it needs what is still in flight before it: an approval, say.
      entries.push(...lane.entries.slice(index));
      break;
    }
    if ('refused' in signed) refused.push({ entry, reason: signed.refused });
    else {
      if (entry.nonce === null && signed.entry.nonce !== null) nextNonce += 1;
      entries.push(signed.entry);
    }
    changed ||= 'refused' in signed || signed.entry !== entry;
    if (!('refused' in signed) && signed.entry.nonce === null) {
      entries.push(...lane.entries.slice(index + 1));
      break;
    }
  }
  if (!changed) return 'idle';
  for (const { entry, reason } of refused) {
    hub.log.error({ key: entry.key, reason }, 'a transaction would fail and was not sent');
    await finish(hub, chain, {
      key: entry.key,
      purpose: entry.purpose,
      outcome: 'refused',
      transactionHash: null,
      block: null,
      at: now,
    });
  }
  const put = await hub.store.put(laneItem({ ...lane, nextNonce, entries }), expect);
  if (put.ok) await broadcastAll(hub, chain, { ...lane, entries });
  return 'moved';
}

async function firstNonce(chain: HubChain): Promise<number | null> {
  const nonce = await chain.writer.nextNonce();
  return nonce.ok ? nonce.value : null;
}

type Signed = { readonly entry: LaneEntry } | { readonly refused: Fault };

async function signEntry(
  chain: HubChain,
  entry: LaneEntry,
  nextNonce: number,
  fees: Fees,
  now: number,
): Promise<Signed> {
  const last = entry.attempts[entry.attempts.length - 1];
  if (entry.nonce !== null && entry.gas !== null && last !== undefined) {
    if (now - last.at < STUCK_AFTER) return { entry };
    const dearer: Fees = {
      maxFeePerGas: larger(raise(last.maxFeePerGas), fees.maxFeePerGas),
      maxPriorityFeePerGas: larger(raise(last.maxPriorityFeePerGas), fees.maxPriorityFeePerGas),
    };
    return { entry: withAttempt(chain, entry, entry.nonce, entry.gas, dearer, now) };
  }
  const gas = await chain.writer.estimateGas(entry.call);
  if (!gas.ok) return gas.error.code === 'chain_unavailable' ? { entry } : { refused: gas.error };
  return { entry: withAttempt(chain, entry, nextNonce, gas.value, fees, now) };
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

function withAttempt(
  chain: HubChain,
  entry: LaneEntry,
  nonce: number,
  gas: bigint,
  fees: Fees,
  now: number,
): LaneEntry {
  const transaction = chain.writer.sign(entry.call, nonce, gas, fees);
  return { ...entry, nonce, gas, attempts: [...entry.attempts, { ...transaction, ...fees, at: now }] };
}

async function broadcastAll(hub: Hub, chain: HubChain, lane: Lane): Promise<void> {
  for (const entry of lane.entries.slice(0, IN_FLIGHT)) {
    const newest = entry.attempts[entry.attempts.length - 1];
    if (newest === undefined) return;
    const sent = await chain.writer.broadcast(newest.raw);
    if (!sent.ok)
      hub.log.warn({ key: entry.key, error: sent.error }, 'a broadcast was not taken; it is repeated');
  }
}
