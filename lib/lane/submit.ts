// SPDX-License-Identifier: MIT
/**
 * Moves a lane forward. A nonce goes to a send by one write of the lane's head; the transaction is signed for it and stored
 * before it is broadcast, replaced at the same nonce while it is stuck, and ended once it is confirmed. A nonce that was given
 * is always used, if need be by an empty transaction. Dying anywhere repeats a broadcast at worst (invariant 12).
 */
import type { Hash } from '../protocol/types.ts';
import { laneItem, laneKey, parseLane, type Lane, type LoadedLane, type Slot } from './lane-item.ts';
import {
  finishedOf,
  finishedSend,
  firstOpen,
  loadSend,
  openSends,
  promise,
  runOf,
  type LaneOwner,
} from './lane.ts';
import type { Fees, Receipt } from './ports.ts';
import { replacementFees } from './replacement-fees.ts';
import { hashesOf, sendItem, type Ending, type LoadedSend, type StoredSend } from './send-item.ts';

/** Transactions that may wait for the chain at once. */
const IN_FLIGHT = 16;
/** Seconds without a block before a transaction is replaced by one that pays more. */
const STUCK_AFTER = 60;
/** Every so many slots one goes to the oldest send, however little urgent. */
const OLDEST_EVERY = 8;

const ROUNDS = 6;

/** Does what can be done now. Two at once are harmless: every step is one conditional write. */
export async function submit<P>(owner: LaneOwner<P>): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const { lane, expect } = await loadLane(owner);
    if (lane.slots.length === 0 && (await firstOpen(owner, 1)).length === 0) return;
    const chain = await look(owner);
    const slots = await advance(owner, lane.slots, chain);
    const next = await assign(owner, { ...lane, slots }, chain);
    if (JSON.stringify(next) === JSON.stringify(lane)) return;
    if (!(await owner.store.put(laneItem(next), expect)).ok) continue;
    const given = next.slots.slice(slots.length);
    await advance(owner, given, chain);
    return;
  }
}

export async function loadLane<P>({
  store,
  chainId,
  writer,
}: Pick<LaneOwner<P>, 'store' | 'chainId' | 'writer'>): Promise<LoadedLane> {
  const sender = writer.address;
  const item = await store.get(laneKey(chainId, sender));
  return item === null
    ? { lane: { chainId, sender, nextNonce: null, turn: 0, slots: [] }, expect: 'absent' }
    : { lane: parseLane(item), expect: item.etag };
}

interface ChainNow {
  /** The newest block whose transactions are confirmed; null where the chain cannot be asked. */
  readonly height: number | null;
  readonly fees: Fees | null;
  /** The first nonce that nothing confirmed has; null where it cannot be told. */
  readonly firstFree: number | null;
}

async function look({ latest, confirmations, writer }: LaneOwner<unknown>): Promise<ChainNow> {
  const [block, fees] = await Promise.all([latest(), writer.fees()]);
  const height = block.ok ? Math.max(0, block.value.number - confirmations) : null;
  const mined = height === null ? null : await writer.minedNonce(height);
  return { height, fees: fees.ok ? fees.value : null, firstFree: mined?.ok ? mined.value : null };
}

/** Every nonce given out, a step further. Returns the slots that are still needed. */
async function advance<P>(
  owner: LaneOwner<P>,
  slots: readonly Slot[],
  chain: ChainNow,
): Promise<readonly Slot[]> {
  const kept: Slot[] = [];
  for (const slot of slots) {
    const next = await advanceSlot(owner, slot, chain);
    if (next !== null) kept.push(next);
  }
  return kept;
}

/** Null once the nonce is used and what used it is over. */
async function advanceSlot<P>(owner: LaneOwner<P>, slot: Slot, chain: ChainNow): Promise<Slot | null> {
  const held = await loadSend(owner, slot.key);
  if (held === null || held.send.ending?.outcome === 'refused') return fill(owner, slot, chain);
  const { send } = held;
  if (send.ending !== null) {
    await tell(owner, held);
    return null;
  }
  if (send.nonce === null)
    return (await signFirst(owner, held, slot.nonce, chain)) ? slot : fill(owner, slot, chain);
  // Another submitter is further than the head that was read here.
  if (send.nonce !== slot.nonce) return slot;
  const mined = await receiptOf(owner, send);
  if (mined === 'unknown') return slot;
  if (mined !== null) {
    const { block, succeeded } = mined.receipt;
    if (chain.height === null || block > chain.height) return slot;
    const outcome = succeeded ? 'succeeded' : 'reverted';
    await end(owner, held, { outcome, transactionHash: mined.hash, block, at: owner.clock.now() });
    return null;
  }
  if (!isStuck(owner, send)) await broadcast(owner, send);
  else if (slot.nonce < (chain.firstFree ?? 0)) return (await release(owner, held)) ? null : slot;
  else if (chain.fees !== null) await signDearer(owner, held, chain.fees);
  return slot;
}

/** The send that was to have this nonce cannot take it: an empty transaction does, or those after it would wait for ever. */
async function fill<P>(owner: LaneOwner<P>, { nonce }: Slot, { firstFree }: ChainNow): Promise<Slot | null> {
  if (nonce < (firstFree ?? 0)) return null;
  const { address } = owner.writer;
  const { next: key } = await runOf(owner, `empty ${address} ${nonce}`);
  const call = { to: address, data: '0x', value: 0n } as const;
  await promise(owner, { key, rank: 0, call, purpose: null, after: null });
  return { nonce, key };
}

async function receiptOf(
  { writer }: LaneOwner<unknown>,
  send: StoredSend<unknown>,
): Promise<{ readonly receipt: Receipt; readonly hash: Hash } | 'unknown' | null> {
  let isKnown = true;
  for (const hash of hashesOf(send)) {
    const receipt = await writer.receipt(hash);
    if (receipt.ok && receipt.value !== null) return { receipt: receipt.value, hash };
    isKnown &&= receipt.ok;
  }
  return isKnown ? null : 'unknown';
}

/** Nothing came of the newest transaction for so long that it needs help. */
function isStuck({ clock }: LaneOwner<unknown>, { attempts }: StoredSend<unknown>): boolean {
  const last = attempts[attempts.length - 1];
  return last !== undefined && clock.now() - last.at >= STUCK_AFTER;
}

/**
 * Another sender of this key used its nonce, which is confirmed. As before its turn, but for its transactions: should one of
 * them be mined after all, it is found. False if somebody else was faster.
 */
async function release<P>(owner: LaneOwner<P>, held: LoadedSend<P>): Promise<boolean> {
  const { key, nonce } = held.send;
  owner.log.warn({ key, nonce }, 'another sender used its nonce; it is sent with a new one');
  return (await save(owner, held, { ...held.send, nonce: null, gas: null, raw: null })) !== null;
}

/** False where it turned out that it would fail. */
async function signFirst<P>(
  owner: LaneOwner<P>,
  held: LoadedSend<P>,
  nonce: number,
  { fees }: ChainNow,
): Promise<boolean> {
  if (fees === null) return true;
  const gas = await owner.writer.estimateGas(held.send.call);
  if (!gas.ok && gas.error.code !== 'chain_unavailable') return !(await refuseSend(owner, held, gas.error));
  if (gas.ok) await sign(owner, held, { ...held.send, nonce, gas: gas.value }, fees);
  return true;
}

async function signDearer<P>(owner: LaneOwner<P>, held: LoadedSend<P>, fees: Fees): Promise<void> {
  const last = held.send.attempts[held.send.attempts.length - 1];
  if (last !== undefined) await sign(owner, held, held.send, replacementFees(last, fees));
}

/** Only what is stored is broadcast. */
async function sign<P>(
  owner: LaneOwner<P>,
  held: LoadedSend<P>,
  send: StoredSend<P>,
  fees: Fees,
): Promise<void> {
  if (send.nonce === null || send.gas === null) throw new TypeError('signed before it had a nonce');
  const { raw, hash } = owner.writer.sign(send.call, send.nonce, send.gas, fees);
  const { maxFeePerGas, maxPriorityFeePerGas } = fees;
  const attempt = { hash, maxFeePerGas, maxPriorityFeePerGas, at: owner.clock.now() };
  const attempts = [...send.attempts.filter((other) => other.hash !== hash), attempt];
  const saved = await save(owner, held, { ...send, raw, attempts });
  if (saved !== null) await broadcast(owner, saved.send);
}

async function broadcast(
  { writer, log }: LaneOwner<unknown>,
  { key, raw }: StoredSend<unknown>,
): Promise<void> {
  const sent = raw === null ? null : await writer.broadcast(raw);
  if (sent?.ok === false) log.warn({ key, error: sent.error }, 'a broadcast was not taken; it is repeated');
}

/** Null on a conflict. */
async function save<P>(
  { store, chainId }: LaneOwner<P>,
  { etag }: LoadedSend<P>,
  send: StoredSend<P>,
): Promise<LoadedSend<P> | null> {
  const put = await store.put(sendItem(chainId, send), etag);
  return put.ok ? { send, etag: put.etag } : null;
}

/** Written down, then told, then put away: told at least once. False on a conflict. */
async function end<P>(owner: LaneOwner<P>, held: LoadedSend<P>, ending: Ending): Promise<boolean> {
  const saved = await save(owner, held, { ...held.send, ending });
  if (saved === null) return false;
  const { key, purpose } = held.send;
  if (ending.outcome !== 'succeeded')
    owner.log.error({ send: { key, purpose, ...ending } }, 'a transaction did not succeed');
  await tell(owner, saved);
  return true;
}

async function tell<P>(owner: LaneOwner<P>, held: LoadedSend<P>): Promise<void> {
  if (held.send.told) return;
  const finished = finishedOf(held.send);
  if (finished !== null) await owner.finished(finished);
  await save(owner, held, { ...held.send, raw: null, told: true });
}

async function refuseSend<P>(owner: LaneOwner<P>, held: LoadedSend<P>, reason: unknown): Promise<boolean> {
  const at = owner.clock.now();
  const isEnded = await end(owner, held, { outcome: 'refused', transactionHash: null, block: null, at });
  if (isEnded) owner.log.warn({ key: held.send.key, reason }, 'a transaction would fail and is not sent');
  return isEnded;
}

/** The lane with the free slots given out, as far as anything can be sent now. */
async function assign<P>(owner: LaneOwner<P>, lane: Lane, chain: ChainNow): Promise<Lane> {
  const first = lane.slots.length < IN_FLIGHT ? await freeNonce(owner, lane, chain) : null;
  if (first === null || chain.fees === null) return lane;
  const slots = [...lane.slots];
  const taken = new Set(slots.map(({ key }) => key));
  const waiting = { urgency: openSends(owner), age: openSends(owner, 'age') };
  let { turn } = lane;
  for (let nonce = first; slots.length < IN_FLIGHT; nonce++) {
    const order = (turn + 1) % OLDEST_EVERY === 0 ? 'age' : 'urgency';
    const key = await nextSendable(owner, waiting[order], taken);
    if (key === null)
      return slots.length === lane.slots.length ? lane : { ...lane, nextNonce: nonce, turn, slots };
    taken.add(key);
    slots.push({ nonce, key });
    turn += 1;
  }
  return { ...lane, nextNonce: first + slots.length - lane.slots.length, turn, slots };
}

/** What is found to be over on the way is put away. */
async function nextSendable<P>(
  owner: LaneOwner<P>,
  waiting: AsyncGenerator<LoadedSend<P>>,
  taken: ReadonlySet<string>,
): Promise<string | null> {
  for (;;) {
    const { value: held, done } = await waiting.next();
    if (done === true) return null;
    const { send } = held;
    if (taken.has(send.key)) continue;
    if (send.ending !== null) await tell(owner, held);
    else if (send.purpose !== null && (await isSendable(owner, held))) return send.key;
  }
}

/** Whether it would succeed now, as far as anybody can tell. What never will is refused. */
async function isSendable<P>(owner: LaneOwner<P>, held: LoadedSend<P>): Promise<boolean> {
  const { after, call } = held.send;
  const before = after === null ? null : await finishedSend(owner, after);
  if (after !== null && before === null) return false;
  if (before !== null && before.outcome !== 'succeeded') {
    await refuseSend(owner, held, 'an earlier send failed');
    return false;
  }
  const gas = await owner.writer.estimateGas(call);
  if (!gas.ok && gas.error.code !== 'chain_unavailable') await refuseSend(owner, held, gas.error);
  if (!gas.ok) return false;
  // It was sent at a nonce that another used, and whoever saw that died before writing it down.
  return held.send.nonce === null || release(owner, held);
}

/** Never behind the chain: what another sender of this key has used cannot be given out. */
async function freeNonce(
  { writer }: LaneOwner<unknown>,
  { slots, nextNonce }: Lane,
  { firstFree }: ChainNow,
): Promise<number | null> {
  if (firstFree === null) return null;
  // With nothing in flight the chain alone knows: a reorganization may have undone what was ended.
  if (slots.length > 0 && nextNonce !== null) return Math.max(nextNonce, firstFree);
  const next = await writer.nextNonce();
  return next.ok ? Math.max(next.value, firstFree) : null;
}
