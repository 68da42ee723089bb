// SPDX-License-Identifier: MIT
/**
 * Following a channel from one epoch to the next. Settlement voids all that was signed in an epoch, and the next one
 * starts at zero (invariant 13); what the old one held is kept first, for its apps are still to be paid.
 */
import type { DisputeView } from '../../protocol/dispute.ts';
import type { Outcomes } from '../../protocol/errors.ts';
import { firstState } from '../../protocol/ledger.ts';
import { ok } from '../../protocol/result.ts';
import type { ChannelBody, Departed, LoadedChannel } from '../channel-item.ts';
import { commitChannel } from '../channels.ts';
import type { Hub, HubChain } from '../hub.ts';
import { loadDispute, newDispute, saveDispute, type KeptEpoch, type LoadedDispute } from './dispute-item.ts';

type Challenge = ChannelBody['challenge'];

/** `waiting`: the settlement is not deep enough to be believed. */
export type Followed = 'moved' | 'waiting' | 'conflict';

/** Called where the chain is in another epoch than the channel item. */
export async function followEpoch(
  hub: Hub,
  chain: HubChain,
  { body, etag }: LoadedChannel,
  held: LoadedDispute | null,
  seen: { readonly view: DisputeView; readonly block: number; readonly since: number },
): Promise<Outcomes<Followed>> {
  const { channel, state } = body;
  const { chainId } = channel.domain;
  const current = state.ledger.epoch;
  const confirmed = await chain.reader.challenge(
    channel,
    Math.max(0, seen.block - chain.config.confirmations),
  );
  if (!confirmed.ok) return confirmed;
  const isBack = seen.view.ledger.epoch < current;
  const target = isBack ? seen.view.ledger.epoch : confirmed.value.epoch;
  if (target === current || (target < current && !isBack)) return ok('waiting');
  const known = (await loadDispute(hub, chainId, channel.address, target))?.dispute.kept ?? null;
  if (isBack && known === null) {
    hub.log.error(
      { channel: channel.address, epoch: target },
      'the chain went back to an epoch that is not kept: nothing is signed in that channel',
    );
    return ok('waiting');
  }
  const kept: KeptEpoch = {
    state,
    routes: body.routes,
    withdrawalSignatures: body.withdrawalSignatures,
  };
  const about = { channel, epoch: current, since: seen.since, lookAt: hub.clock.now() };
  const dispute = { ...(held?.dispute ?? newDispute(about)), kept, quietSince: null, lookAt: about.lookAt };
  // Before the channel item lets go of it: from here on a death repeats the move and loses nothing (invariant 12).
  if (!(await saveDispute(hub, dispute, held?.etag ?? 'absent'))) return ok('conflict');
  const challenge = seen.view.ledger.epoch === target ? challengeOf(seen.view) : unreadable(seen.view);
  const committed = await commitChannel(hub, entering(body, target, known, challenge), etag);
  if (committed === null) return ok('conflict');
  hub.log.info({ channel: channel.address, from: current, to: target }, 'a channel is in another epoch');
  return ok('moved');
}

/** An open challenge, final or not: nothing is agreed while it stands. */
export const challengeOf = ({ ledger }: DisputeView): Challenge =>
  ledger.finalizesAt === 0 ? null : { version: ledger.floorVersion, finalizesAt: ledger.finalizesAt };

/** Nothing may be agreed, though no challenge is open: what is on chain is not what the channel item is about. */
export const unreadable = ({ chainTime }: DisputeView): Challenge => ({
  version: 0n,
  finalizesAt: chainTime,
});

/** An epoch that was left before goes on where it stood: nobody signs a version of it twice (invariant 2). */
function entering(
  body: ChannelBody,
  epoch: bigint,
  kept: KeptEpoch | null,
  challenge: Challenge,
): ChannelBody {
  const { state, routes, withdrawalSignatures } = kept ?? {
    state: firstState(body.channel.address, epoch),
    routes: [],
    withdrawalSignatures: [],
  };
  const returning = new Set(routes.map(({ appId }) => appId));
  return {
    ...body,
    state,
    routes,
    withdrawalSignatures,
    departed: [...body.departed.filter(({ appId }) => !returning.has(appId)), ...departing(body)],
    // Void: the settlement has paid what they would (design, section 3).
    outbox: body.outbox.filter((effect) => effect.kind !== 'execute'),
    challenge,
  };
}

const departing = (body: ChannelBody): readonly Departed[] =>
  body.routes.flatMap((route) => {
    const open = body.state.apps.find((instance) => instance.id === route.appId);
    const { appId, side, transferId } = route;
    return open === undefined ? [] : [{ appId, side, transferId, actionDeadline: open.app.actionDeadline }];
  });
