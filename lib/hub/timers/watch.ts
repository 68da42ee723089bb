// SPDX-License-Identifier: MIT
/**
 * Follows the registry from a stored cursor. A challenge stops all agreement in its channel, and is answered if the hub
 * holds something newer (invariant 10). The last blocks are read again each time, so a reorganization is seen.
 */
import { enqueue } from '../../lane/lane.ts';
import type { Outcomes } from '../../protocol/errors.ts';
import { firstState } from '../../protocol/ledger.ts';
import { ok } from '../../protocol/result.ts';
import { ZERO_HASH, type Address, type Hash } from '../../protocol/types.ts';
import { cursorItem, cursorKey, parseCursor } from '../chain-cursor.ts';
import { commitChannel, loadChannel, untilNoConflict } from '../channels.ts';
import type { ChannelBody, Departed } from '../channel-item.ts';
import { hubLane } from '../hub-lane.ts';
import type { Hub, HubChain } from '../hub.ts';
import type { ChallengeStatus, Move } from '../ports.ts';
import { loadTransfer, writeResolved } from '../transfers.ts';

/** Blocks read again behind the cursor. */
const REREAD = 12;
/** Blocks asked for at once. */
const SPAN = 2_000;

export async function watch(hub: Hub, chain: HubChain): Promise<Outcomes<number>> {
  const { chainId, fromBlock } = chain.config;
  const item = await hub.store.get(cursorKey(chainId));
  const latest = await chain.reader.latest();
  if (!latest.ok) return latest;
  let from = item === null ? fromBlock : Math.max(fromBlock, parseCursor(item).block - REREAD);
  from = Math.min(from, latest.value.number);
  for (let start = from; start <= latest.value.number; start += SPAN) {
    const end = Math.min(start + SPAN - 1, latest.value.number);
    const moves = await chain.reader.movesIn(start, end);
    if (!moves.ok) return moves;
    for (const move of moves.value) await followMove(hub, chain, move);
    const disputed = await chain.reader.channelsDisputedIn(start, end);
    if (!disputed.ok) return disputed;
    for (const channel of disputed.value) {
      const seen = await lookAtChannel(hub, chain, channel, latest.value.number);
      if (!seen.ok) return seen;
    }
  }
  const cursor = { block: latest.value.number, hash: latest.value.hash, seenAt: hub.clock.now() };
  // Another watcher may have moved it meanwhile: then it saw at least as much.
  await hub.store.put(cursorItem(chainId, cursor), item === null ? 'absent' : item.etag);
  return ok(latest.value.number);
}

/** A preimage shown on chain pays the payee there, so the transfer is decided here too (invariants 6 and 7). */
async function followMove(hub: Hub, chain: HubChain, { channel, appId, action }: Move): Promise<void> {
  const loaded = await loadChannel(hub, chain.config.chainId, channel);
  const sides = loaded === null ? [] : [...loaded.body.routes, ...loaded.body.departed];
  const route = sides.find((side) => side.appId === appId && side.side === 'payee');
  if (route === undefined || action.length !== ZERO_HASH.length) return;
  const preimage = action as string as Hash;
  const known = await loadTransfer(hub, route.transferId);
  if (known?.transfer.status.kind === 'resolved') return;
  const resolved = await writeResolved(hub, route.transferId, appId, preimage);
  if (resolved.ok)
    hub.bus.event(resolved.value.payer, {
      type: 'transfer.resolved',
      transferId: route.transferId,
      preimage,
    });
}

/** Brings what the hub knows of one channel's disputes up to the chain. True while it is disputed. */
export async function lookAtChannel(
  hub: Hub,
  chain: HubChain,
  channel: Address,
  block: number,
): Promise<Outcomes<boolean>> {
  return untilNoConflict<boolean>(async () => {
    const loaded = await loadChannel(hub, chain.config.chainId, channel);
    if (loaded === null) return ok(false);
    const { body, etag } = loaded;
    const status = await chain.reader.challenge(body.channel, block);
    if (!status.ok) return status;
    const next = afterLooking(body, status.value);
    if (next !== body) {
      const committed = await commitChannel(hub, next, etag);
      if (committed === null) return 'conflict';
      if (next.challenge !== null)
        hub.bus.event(body.channel.initiator, { type: 'channel.disputed', channel });
    }
    if (next.challenge !== null) await answer(hub, chain, next);
    return ok(next.challenge !== null);
  });
}

function afterLooking(body: ChannelBody, { epoch, floorVersion, finalizesAt }: ChallengeStatus): ChannelBody {
  if (epoch !== body.state.ledger.epoch) return nextEpoch(body, epoch);
  const challenge = finalizesAt === 0 ? null : { version: floorVersion, finalizesAt };
  const same =
    challenge === null
      ? body.challenge === null
      : body.challenge?.version === challenge.version && body.challenge.finalizesAt === challenge.finalizesAt;
  return same ? body : { ...body, challenge };
}

/** Settlement ends an epoch: all that was signed in it is void, and the next one starts at zero (invariant 13). */
function nextEpoch(body: ChannelBody, epoch: bigint): ChannelBody {
  return {
    ...body,
    state: firstState(body.channel.address, epoch),
    routes: [],
    departed: [...body.departed, ...departing(body)],
    outbox: body.outbox.filter((effect) => effect.kind !== 'execute'),
    withdrawalSignatures: [],
    challenge: null,
  };
}

const departing = (body: ChannelBody): readonly Departed[] =>
  body.routes.flatMap((route) => {
    const open = body.state.apps.find((instance) => instance.id === route.appId);
    return open === undefined ? [] : [{ ...route, actionDeadline: open.app.actionDeadline }];
  });

async function answer(hub: Hub, chain: HubChain, { channel, state, challenge }: ChannelBody): Promise<void> {
  const { ledger, signatures } = state;
  if (challenge === null || signatures === null || ledger.version <= challenge.version) return;
  const call = chain.writer.answerCall(channel, { ledger, signatures });
  if (!call.ok) return;
  const key = `answer#${channel.address}#${ledger.epoch}#${ledger.version}#${challenge.finalizesAt}`;
  await enqueue(hubLane(hub, chain), [
    { key, call: call.value, after: null, purpose: { kind: 'answer', channel: channel.address } },
  ]);
}
