// SPDX-License-Identifier: MIT
/**
 * Moves a lane forward: gives the next entries their nonces, stores each raw transaction before it is broadcast,
 * broadcasts again what is not mined, replaces what is stuck at the same nonce, and files away what is confirmed.
 * Dying anywhere repeats a broadcast at worst (invariant 12).
 */
import type { Fault } from '../protocol/errors.ts';
import type { Hash } from '../protocol/types.ts';
import {
  finishedItem,
  hashesOf,
  laneItem,
  type FinishedSend,
  type Lane,
  type LaneEntry,
} from './lane-item.ts';
import { finishedSend, loadLane, type LaneOwner, type LoadedLane } from './lane.ts';
import type { Fees, LaneWriter, Receipt } from './ports.ts';
import { replacementFees } from './replacement-fees.ts';

/** Transactions that may wait for the chain at once. */
const IN_FLIGHT = 16;
/** Seconds without a block before a transaction is replaced by one that pays more. */
const STUCK_AFTER = 60;

const ROUNDS = 6;

/** Runs until nothing more can be done now. Two at once are harmless: every step is one conditional write. */
export async function submit<P>(owner: LaneOwner<P>): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const loaded = await loadLane(owner);
    if (loaded.lane.entries.length === 0) return;
    if (await fileFinished(owner, loaded)) continue;
    if ((await prepare(owner, loaded)) === 'idle') return broadcastAll(owner, loaded.lane);
  }
}

/** Files and removes the entries the chain has confirmed. False if there are none. */
async function fileFinished<P>(owner: LaneOwner<P>, { lane, expect }: LoadedLane<P>): Promise<boolean> {
  const latest = await owner.latest();
  if (!latest.ok) return false;
  const confirmed = latest.value.number - owner.confirmations;
  const done = new Set<string>();
  for (const entry of lane.entries) {
    const ending = await endingOf(owner.writer, entry, confirmed);
    if (ending === null) continue;
    await finish(owner, { key: entry.key, purpose: entry.purpose, at: owner.clock.now(), ...ending });
    done.add(entry.key);
  }
  if (done.size === 0) return false;
  await owner.store.put(
    laneItem({ ...lane, entries: lane.entries.filter(({ key }) => !done.has(key)) }),
    expect,
  );
  return true;
}

type Ending = Pick<FinishedSend<unknown>, 'outcome' | 'transactionHash' | 'block'>;

async function endingOf(
  writer: LaneWriter,
  entry: LaneEntry<unknown>,
  confirmed: number,
): Promise<Ending | null> {
  if (entry.refused) return { outcome: 'refused', transactionHash: null, block: null };
  const mined = await receiptOf(writer, entry);
  if (mined === null || mined.receipt.block > confirmed) return null;
  const { block, succeeded } = mined.receipt;
  return { outcome: succeeded ? 'succeeded' : 'reverted', transactionHash: mined.hash, block };
}

/** Filed before it leaves the lane, so that a send is always found in one place at least. */
async function finish<P>(owner: LaneOwner<P>, send: FinishedSend<P>): Promise<void> {
  const filed = await owner.store.put(finishedItem(owner.chainId, send), 'absent');
  if (filed.ok && send.outcome !== 'succeeded') owner.log.error({ send }, 'a transaction did not succeed');
  await owner.finished(send);
}

async function receiptOf(
  writer: LaneWriter,
  entry: LaneEntry<unknown>,
): Promise<{ receipt: Receipt; hash: Hash } | null> {
  for (const hash of hashesOf(entry)) {
    const receipt = await writer.receipt(hash);
    if (receipt.ok && receipt.value !== null) return { receipt: receipt.value, hash };
  }
  return null;
}

/** Signs what has no transaction yet, and a dearer one for what is stuck; one write stores them all. */
async function prepare<P>(owner: LaneOwner<P>, { lane, expect }: LoadedLane<P>): Promise<'moved' | 'idle'> {
  const fees = await owner.writer.fees();
  // With nothing in flight the chain alone knows: a reorganization may have undone what was filed as done.
  const isIdle = lane.entries.every((entry) => entry.nonce === null);
  const first = isIdle ? await firstNonce(owner.writer) : lane.nextNonce;
  if (!fees.ok || first === null) return 'idle';
  const isAsked = lane.entries.some((entry) => entry.nonce === null || isStuck(owner, entry));
  const mined = isAsked ? await confirmedNonce(owner) : 0;
  // Never behind the chain: what another sender of this key has used cannot be given out.
  let nextNonce = Math.max(first, mined);
  let moved = false;
  const refusals: Refusal[] = [];
  let inFlight = lane.entries.filter((entry) => entry.nonce !== null).length;
  const entries: LaneEntry<P>[] = [];
  for (const entry of lane.entries) {
    const isNew = entry.nonce === null;
    if (isNew && inFlight >= IN_FLIGHT) {
      entries.push(entry);
      continue;
    }
    const next = isNew
      ? await signNew(owner, entry, { nonce: nextNonce, fees: fees.value, refusals })
      : (await isOvertaken(owner, entry, mined))
        ? anew(owner, entry)
        : signDearer(owner, entry, fees.value);
    entries.push(next);
    if (isNew && next.nonce !== null) {
      nextNonce += 1;
      inFlight += 1;
    }
    moved ||= next !== entry;
  }
  if (!moved) return 'idle';
  const put = await owner.store.put(laneItem({ ...lane, nextNonce, entries }), expect);
  if (!put.ok) return 'moved';
  // Only now: what another sender has just sent would fail too, and is not refused but done.
  for (const refusal of refusals) owner.log.warn(refusal, 'a transaction would fail and is not sent');
  await broadcastAll(owner, { ...lane, entries });
  return 'moved';
}

/** The first nonce that nothing confirmed has; 0 where it cannot be told. */
async function confirmedNonce(owner: LaneOwner<unknown>): Promise<number> {
  const latest = await owner.latest();
  if (!latest.ok) return 0;
  const mined = await owner.writer.minedNonce(Math.max(0, latest.value.number - owner.confirmations));
  return mined.ok ? mined.value : 0;
}

/** Nothing came of the newest transaction for so long that it needs help. */
function isStuck({ clock }: Pick<LaneOwner<unknown>, 'clock'>, { attempts }: LaneEntry<unknown>): boolean {
  const last = attempts[attempts.length - 1];
  return last !== undefined && clock.now() - last.at >= STUCK_AFTER;
}

/** The chain is past this nonce, and holds none of the entry's own transactions: another sender of this key used it. */
async function isOvertaken(
  owner: LaneOwner<unknown>,
  entry: LaneEntry<unknown>,
  mined: number,
): Promise<boolean> {
  if (entry.nonce === null || entry.nonce >= mined || !isStuck(owner, entry)) return false;
  for (const hash of hashesOf(entry)) {
    const receipt = await owner.writer.receipt(hash);
    if (!receipt.ok || receipt.value !== null) return false;
  }
  return true;
}

/** As before its turn, but for its transactions: should one of them be mined after all, it is found. */
function anew<P>({ log }: Pick<LaneOwner<P>, 'log'>, entry: LaneEntry<P>): LaneEntry<P> {
  log.warn(
    { key: entry.key, nonce: entry.nonce },
    'another sender used its nonce; it is sent with a new one',
  );
  return { ...entry, nonce: null, gas: null };
}

async function firstNonce(writer: LaneWriter): Promise<number | null> {
  const nonce = await writer.nextNonce();
  return nonce.ok ? nonce.value : null;
}

interface Refusal {
  readonly key: string;
  readonly reason: Fault | string;
}

/** The entry with its transaction, or marked as one that would fail, or as it is where nothing can be told yet. */
async function signNew<P>(
  owner: LaneOwner<P>,
  entry: LaneEntry<P>,
  { nonce, fees, refusals }: { nonce: number; fees: Fees; refusals: Refusal[] },
): Promise<LaneEntry<P>> {
  const refused = (reason: Refusal['reason']): LaneEntry<P> => {
    refusals.push({ key: entry.key, reason });
    return { ...entry, refused: true };
  };
  const before = entry.after === null ? null : await finishedSend(owner, entry.after);
  if (entry.after !== null && before === null) return entry;
  if (before !== null && before.outcome !== 'succeeded') return refused('an earlier send failed');
  const gas = await owner.writer.estimateGas(entry.call);
  if (gas.ok) return signed(owner, { ...entry, nonce, gas: gas.value }, fees);
  return gas.error.code === 'chain_unavailable' ? entry : refused(gas.error);
}

function signDearer<P>(owner: LaneOwner<P>, entry: LaneEntry<P>, fees: Fees): LaneEntry<P> {
  const last = entry.attempts[entry.attempts.length - 1];
  if (last === undefined || !isStuck(owner, entry)) return entry;
  return signed(owner, entry, replacementFees(last, fees));
}

function signed<P>(owner: LaneOwner<P>, entry: LaneEntry<P>, fees: Fees): LaneEntry<P> {
  if (entry.nonce === null || entry.gas === null) throw new TypeError('signed before it had a nonce');
  const transaction = owner.writer.sign(entry.call, entry.nonce, entry.gas, fees);
  const { maxFeePerGas, maxPriorityFeePerGas } = fees;
  const attempt = { ...transaction, maxFeePerGas, maxPriorityFeePerGas, at: owner.clock.now() };
  return { ...entry, attempts: [...entry.attempts, attempt] };
}

async function broadcastAll(
  { writer, log }: Pick<LaneOwner<unknown>, 'writer' | 'log'>,
  lane: Lane<unknown>,
): Promise<void> {
  for (const entry of lane.entries) {
    const newest = entry.attempts[entry.attempts.length - 1];
    if (newest === undefined || entry.nonce === null) continue;
    const sent = await writer.broadcast(newest.raw);
    if (!sent.ok)
      log.warn({ key: entry.key, error: sent.error }, 'a broadcast was not taken; it is repeated');
  }
}
