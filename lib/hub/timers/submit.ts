// SPDX-License-Identifier: MIT
/**
 * Moves a lane forward: gives the next entries their nonces, stores each raw transaction before it is broadcast,
 * broadcasts again what is not mined, replaces what is stuck at the same nonce, and files away what is confirmed.
 * Dying anywhere repeats a broadcast at worst (invariant 12).
 */
import type { Fault } from '../../protocol/errors.ts';
import type { Hash } from '../../protocol/types.ts';
import { afterSend } from '../after-send.ts';
import type { Hub, HubChain } from '../hub.ts';
import {
  finishedItem,
  hashesOf,
  laneItem,
  type FinishedSend,
  type Lane,
  type LaneEntry,
} from '../lane-item.ts';
import { finishedSend, loadLane, type LoadedLane } from '../lane.ts';
import type { Fees, Receipt } from '../ports.ts';

/** Transactions that may wait for the chain at once. */
const IN_FLIGHT = 16;
/** Seconds without a block before a transaction is replaced by one that pays more. */
const STUCK_AFTER = 60;
/** Replacements must raise both fees by a tenth to be taken; an eighth is safe. */
const raise = (fee: bigint): bigint => fee + fee / 8n + 1n;

const ROUNDS = 6;

/** Runs until nothing more can be done now. Two at once are harmless: every step is one conditional write. */
export async function submit(hub: Hub, chain: HubChain): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const loaded = await loadLane(hub, chain);
    if (loaded.lane.entries.length === 0) return;
    if (await fileFinished(hub, chain, loaded)) continue;
    if ((await prepare(hub, chain, loaded)) === 'idle') return broadcastAll(hub, chain, loaded.lane);
  }
}

/** Files and removes the entries the chain has confirmed. False if there are none. */
async function fileFinished(hub: Hub, chain: HubChain, { lane, expect }: LoadedLane): Promise<boolean> {
  const latest = await chain.reader.latest();
  if (!latest.ok) return false;
  const confirmed = latest.value.number - chain.config.confirmations;
  const done = new Set<string>();
  for (const entry of lane.entries) {
    const ending = await endingOf(chain, entry, confirmed);
    if (ending === null) continue;
    await finish(hub, chain, { key: entry.key, purpose: entry.purpose, at: hub.clock.now(), ...ending });
    done.add(entry.key);
  }
  if (done.size === 0) return false;
  await hub.store.put(
    laneItem({ ...lane, entries: lane.entries.filter(({ key }) => !done.has(key)) }),
    expect,
  );
  return true;
}

type Ending = Pick<FinishedSend, 'outcome' | 'transactionHash' | 'block'>;

async function endingOf(chain: HubChain, entry: LaneEntry, confirmed: number): Promise<Ending | null> {
  if (entry.refused) return { outcome: 'refused', transactionHash: null, block: null };
  const mined = await receiptOf(chain, entry);
  if (mined === null || mined.receipt.block > confirmed) return null;
  const { block, succeeded } = mined.receipt;
  return { outcome: succeeded ? 'succeeded' : 'reverted', transactionHash: mined.hash, block };
}

/** Filed before it leaves the lane, so that a send is always found in one place at least. */
async function finish(hub: Hub, chain: HubChain, send: FinishedSend): Promise<void> {
  const filed = await hub.store.put(finishedItem(chain.config.chainId, send), 'absent');
  if (filed.ok && send.outcome !== 'succeeded') hub.log.error({ send }, 'a transaction did not succeed');
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
  const fees = await chain.writer.fees();
  const first = lane.nextNonce ?? (await firstNonce(chain));
  if (!fees.ok || first === null) return 'idle';
  let nextNonce = first;
  let moved = false;
  const refusals: Refusal[] = [];
  let inFlight = lane.entries.filter((entry) => entry.nonce !== null).length;
  const entries: LaneEntry[] = [];
  for (const entry of lane.entries) {
    const isNew = entry.nonce === null;
    if (isNew && inFlight >= IN_FLIGHT) {
      entries.push(entry);
      continue;
    }
    const next = isNew
      ? await signNew(hub, chain, entry, { nonce: nextNonce, fees: fees.value, refusals })
      : signDearer(hub, chain, entry, fees.value);
    entries.push(next);
    if (isNew && next.nonce !== null) {
      nextNonce += 1;
      inFlight += 1;
    }
    moved ||= next !== entry;
  }
  if (!moved) return 'idle';
  const put = await hub.store.put(laneItem({ ...lane, nextNonce, entries }), expect);
  if (!put.ok) return 'moved';
  // Only now: what another sender has just sent would fail too, and is not refused but done.
  for (const refusal of refusals) hub.log.warn(refusal, 'a transaction would fail and is not sent');
  await broadcastAll(hub, chain, { ...lane, entries });
  return 'moved';
}

async function firstNonce(chain: HubChain): Promise<number | null> {
  const nonce = await chain.writer.nextNonce();
  return nonce.ok ? nonce.value : null;
}

interface Refusal {
  readonly key: string;
  readonly reason: Fault | string;
}

/** The entry with its transaction, or marked as one that would fail, or as it is where nothing can be told yet. */
async function signNew(
  hub: Hub,
  chain: HubChain,
  entry: LaneEntry,
  { nonce, fees, refusals }: { nonce: number; fees: Fees; refusals: Refusal[] },
): Promise<LaneEntry> {
  const refused = (reason: Refusal['reason']): LaneEntry => {
    refusals.push({ key: entry.key, reason });
    return { ...entry, refused: true };
  };
  const before = entry.after === null ? null : await finishedSend(hub, chain, entry.after);
  if (entry.after !== null && before === null) return entry;
  if (before !== null && before.outcome !== 'succeeded') return refused('an earlier send failed');
  const gas = await chain.writer.estimateGas(entry.call);
  if (gas.ok) return signed(hub, chain, { ...entry, nonce, gas: gas.value }, fees);
  return gas.error.code === 'chain_unavailable' ? entry : refused(gas.error);
}

function signDearer(hub: Hub, chain: HubChain, entry: LaneEntry, fees: Fees): LaneEntry {
  const last = entry.attempts[entry.attempts.length - 1];
  if (last === undefined || hub.clock.now() - last.at < STUCK_AFTER) return entry;
  const dearer: Fees = {
    maxFeePerGas: larger(raise(last.maxFeePerGas), fees.maxFeePerGas),
    maxPriorityFeePerGas: larger(raise(last.maxPriorityFeePerGas), fees.maxPriorityFeePerGas),
  };
  return signed(hub, chain, entry, dearer);
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

function signed(hub: Hub, chain: HubChain, entry: LaneEntry, fees: Fees): LaneEntry {
  if (entry.nonce === null || entry.gas === null) throw new TypeError('signed before it had a nonce');
  const transaction = chain.writer.sign(entry.call, entry.nonce, entry.gas, fees);
  const { maxFeePerGas, maxPriorityFeePerGas } = fees;
  const attempt = { ...transaction, maxFeePerGas, maxPriorityFeePerGas, at: hub.clock.now() };
  return { ...entry, attempts: [...entry.attempts, attempt] };
}

async function broadcastAll(hub: Hub, chain: HubChain, lane: Lane): Promise<void> {
  for (const entry of lane.entries) {
    const newest = entry.attempts[entry.attempts.length - 1];
    if (newest === undefined) continue;
    const sent = await chain.writer.broadcast(newest.raw);
    if (!sent.ok)
      hub.log.warn({ key: entry.key, error: sent.error }, 'a broadcast was not taken; it is repeated');
  }
}
