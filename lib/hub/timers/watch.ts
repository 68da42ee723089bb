// SPDX-License-Identifier: MIT
/**
 * Follows the registry from a stored cursor and looks at every channel it speaks of, and at every dispute whose time has
 * come (invariant 10). The last blocks are read again each time, and more of them where the chain was reorganized; a
 * tick that was missed is made up for by the next one.
 */
import { LOG_SPAN } from '../../chain/log-spans.ts';
import type { Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import { ETHER, ZERO_HASH, type Address, type Hash } from '../../protocol/types.ts';
import type { Expectation } from '../../store/store.ts';
import { cursorItem, cursorKey, LEAST_ANSWERS, parseCursor, type Cursor } from '../chain-cursor.ts';
import { loadChannel } from '../channels.ts';
import { disputesDue, loadDispute, newDispute, saveDispute, type Dispute } from '../disputes/dispute-item.ts';
import { lookAtChannel } from '../disputes/look.ts';
import { retryLook } from '../disputes/pace.ts';
import { resolveShown } from '../disputes/preimages.ts';
import type { Hub, HubChain } from '../hub.ts';
import type { Block, Move } from '../ports.ts';

/** Blocks read again behind the cursor, and where the block at the cursor is another one now. */
const REREAD = 12;
const REREAD_REORGANIZED = 64;
/** Disputes looked at in one tick; the next one goes on. */
const BATCH = 50;

export async function watch(hub: Hub, chain: HubChain): Promise<Outcomes<number>> {
  const latest = await chain.reader.latest();
  if (!latest.ok) return latest;
  // Beside it: whatever comes of that question, the registry is followed.
  const paidFor = answersLeft(hub, chain).catch(() => null);
  const followed = await followRegistry(hub, chain, latest.value, paidFor);
  await lookAtDue(hub, chain, Math.max(hub.clock.now(), latest.value.timestamp));
  return followed;
}

/** One channel, at once: something became known that matters to its dispute. */
export async function watchChannel(hub: Hub, chain: HubChain, channel: Address): Promise<Outcomes<boolean>> {
  return lookAtChannel(hub, chain, channel, await watchedFrom(hub, chain));
}

/** A block behind everything the watcher has not yet followed. */
export async function watchedFrom(hub: Hub, chain: HubChain): Promise<number> {
  const item = await hub.store.get(cursorKey(chain.config.chainId));
  const { fromBlock } = chain.config;
  return item === null ? fromBlock : Math.max(fromBlock, parseCursor(item).block - REREAD_REORGANIZED);
}

/** Gas of a large answer, and more than anybody counts. */
const ANSWER_GAS = 300_000n;
const MANY = 1_000_000n;

/** How many answers the channel key can pay for at today's fees; null where the chain could not be asked. */
async function answersLeft({ log }: Hub, { reader, writer, config }: HubChain): Promise<number | null> {
  const [balance, fees] = await Promise.all([reader.balance(writer.address, ETHER), writer.fees()]);
  if (!balance.ok || !fees.ok) return null;
  const count = balance.value / (ANSWER_GAS * (fees.value.maxFeePerGas || 1n));
  if (count < LEAST_ANSWERS)
    log.error(
      { chainId: config.chainId, address: writer.address, wei: balance.value.toString() },
      'the channel key holds too little ether to answer with: nothing is signed until it has more',
    );
  return Number(count > MANY ? MANY : count);
}

async function followRegistry(
  hub: Hub,
  chain: HubChain,
  latest: Block,
  paidFor: Promise<number | null>,
): Promise<Outcomes<number>> {
  const { chainId } = chain.config;
  const item = await hub.store.get(cursorKey(chainId));
  const cursor = item === null ? null : parseCursor(item);
  let expect: Expectation | null = item === null ? 'absent' : item.etag;
  const from = await startFrom(hub, chain, cursor, latest);
  if (!from.ok) return from;
  for (let start = from.value; start <= latest.number; start += LOG_SPAN) {
    const end = Math.min(start + LOG_SPAN - 1, latest.number);
    const followed = await followBlocks(hub, chain, start, end);
    if (!followed.ok) return followed;
    const isLast = end === latest.number;
    const block = isLast ? ok(latest) : await chain.reader.block(end);
    if (!block.ok) return block;
    const { hash, timestamp } = block.value;
    // Another watcher may have moved it meanwhile: then it saw at least as much.
    if (expect === null) continue;
    const answers = (await paidFor) ?? cursor?.answers ?? null;
    const put = await hub.store.put(cursorItem(chainId, { block: end, hash, timestamp, answers }), expect);
    expect = put.ok ? put.etag : null;
  }
  return ok(latest.number);
}

async function startFrom(
  hub: Hub,
  chain: HubChain,
  cursor: Cursor | null,
  latest: Block,
): Promise<Outcomes<number>> {
  const { fromBlock, chainId } = chain.config;
  const behind = (blocks: number): number =>
    Math.min(latest.number, Math.max(fromBlock, (cursor?.block ?? 0) - blocks));
  if (cursor === null) return ok(Math.min(latest.number, fromBlock));
  const isShorter = latest.number < cursor.block;
  const there = isShorter ? ok(null) : await chain.reader.block(cursor.block);
  if (!there.ok) return there;
  if (there.value?.hash === cursor.hash) return ok(behind(REREAD));
  hub.log.warn(
    { chainId, block: cursor.block, was: cursor.hash, is: there.value?.hash ?? null },
    'the chain was reorganized, or its node is behind: more of it is read again',
  );
  return ok(Math.max(fromBlock, Math.min(cursor.block, latest.number) - REREAD_REORGANIZED));
}

async function followBlocks(hub: Hub, chain: HubChain, start: number, end: number): Promise<Outcomes<void>> {
  const said = await chain.reader.disputesIn(start, end);
  if (!said.ok) return said;
  for (const move of said.value.moves) await followMove(hub, chain, move);
  for (const channel of said.value.channels) await follow(hub, chain, channel, start);
  return ok(undefined);
}

/** A look that fails is written down, so that the cursor may go on without it. */
async function follow(hub: Hub, chain: HubChain, channel: Address, since: number): Promise<void> {
  const seen = await tryToLook(hub, chain, channel, since);
  if (seen) return;
  const loaded = await loadChannel(hub, chain.config.chainId, channel);
  if (loaded === null) return;
  const { body } = loaded;
  const { epoch } = body.state.ledger;
  if ((await loadDispute(hub, chain.config.chainId, channel, epoch)) !== null) return;
  const lookAt = retryLook(chain, hub.clock.now());
  await saveDispute(hub, newDispute({ channel: body.channel, epoch, since, lookAt }), 'absent');
}

async function tryToLook(hub: Hub, chain: HubChain, channel: Address, since: number): Promise<boolean> {
  try {
    const seen = await lookAtChannel(hub, chain, channel, since);
    if (!seen.ok) hub.log.warn({ channel, error: seen.error }, 'a disputed channel could not be looked at');
    return seen.ok;
  } catch (cause) {
    hub.log.error({ channel, cause }, 'a look at a disputed channel failed');
    return false;
  }
}

async function lookAtDue(hub: Hub, chain: HubChain, time: number): Promise<void> {
  const due = await disputesDue(hub, chain.config.chainId, time, BATCH);
  for (const channel of new Set(due.map((dispute) => dispute.channel.address))) {
    const disputes = due.filter((dispute) => dispute.channel.address === channel);
    const since = Math.min(...disputes.map((dispute) => dispute.since));
    const looked = await tryToLook(hub, chain, channel, since);
    // Looked at as well, but not found by its channel yet; or not to be looked at now: neither may hold up the others.
    for (const dispute of disputes) await postpone(hub, chain, dispute, looked ? time : null);
  }
}

/** Only what the look itself did not move on. */
async function postpone(hub: Hub, chain: HubChain, dispute: Dispute, lookedAt: number | null): Promise<void> {
  const { channel, epoch, lookAt } = dispute;
  const held = await loadDispute(hub, chain.config.chainId, channel.address, epoch);
  if (held === null || held.dispute.lookAt !== lookAt) return;
  const next = retryLook(chain, lookedAt ?? Math.max(hub.clock.now(), lookAt));
  await saveDispute(hub, { ...held.dispute, lookAt: next }, held.etag);
}

/**
 * For whoever was paid by showing it, the watcher learns each preimage from the move itself: of an app that is or was open
 * in that very channel, and by its id.
 */
async function followMove(hub: Hub, chain: HubChain, { channel, appId, action }: Move): Promise<void> {
  const loaded = await loadChannel(hub, chain.config.chainId, channel);
  const sides = loaded === null ? [] : [...loaded.body.routes, ...loaded.body.departed];
  const route = sides.find((side) => side.appId === appId && side.side === 'payee');
  if (route === undefined || action.length !== ZERO_HASH.length) return;
  await resolveShown(hub, route, action as string as Hash);
}
