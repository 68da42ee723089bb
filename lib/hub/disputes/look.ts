// SPDX-License-Identifier: MIT
/**
 * Brings what the hub knows and does about one channel up to the chain. Everything is decided anew from the chain and the
 * stored state each time, so a look may be repeated at any moment and lost at any line (invariants 10 and 12).
 */
import type { DisputeAims, DisputeView } from '../../protocol/dispute.ts';
import { planDispute } from '../../protocol/dispute/plan.ts';
import type { Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import type { Address } from '../../protocol/types.ts';
import type { ChannelBody, LoadedChannel } from '../channel-item.ts';
import { commitChannel, loadChannel, untilNoConflict } from '../channels.ts';
import type { Hub, HubChain } from '../hub.ts';
import { disputesOf, loadDispute, newDispute, saveDispute, type Dispute } from './dispute-item.ts';
import { challengeOf, followEpoch, unreadable } from './epochs.ts';
import { situationOf } from './holding.ts';
import { nextLook } from './pace.ts';
import { lookAtPastEpoch } from './past-epoch.ts';
import { resolveAllShown } from './preimages.ts';
import { letRest } from './rest.ts';
import { takeSteps } from './steps.ts';

interface Current {
  readonly epoch: bigint;
  readonly isDisputed: boolean;
}

/** True while nothing can be agreed in the channel. `since` is a block older than what made the caller look. */
export async function lookAtChannel(
  hub: Hub,
  chain: HubChain,
  channel: Address,
  since: number,
): Promise<Outcomes<boolean>> {
  const current = await untilNoConflict(() => lookAtCurrentEpoch(hub, chain, channel, since));
  if (!current.ok) return current;
  if (current.value === null) return ok(false);
  for (const { epoch, kept } of await disputesOf(hub, chain.config.chainId, channel)) {
    if (kept === null || epoch === current.value.epoch) continue;
    const looked = await untilNoConflict(() => lookAtPastEpoch(hub, chain, channel, epoch));
    if (!looked.ok) return looked;
  }
  return ok(current.value.isDisputed);
}

/** Null for a channel that is not the hub's. */
async function lookAtCurrentEpoch(
  hub: Hub,
  chain: HubChain,
  address: Address,
  from: number,
): Promise<Outcomes<Current | null> | 'conflict'> {
  const loaded = await loadChannel(hub, chain.config.chainId, address);
  if (loaded === null) return ok(null);
  const { body } = loaded;
  const { epoch } = body.state.ledger;
  const held = await loadDispute(hub, chain.config.chainId, address, epoch);
  const since = held?.dispute.since ?? from;
  const situation = await situationOf(hub, chain, body, since);
  if (!situation.ok) return situation;
  const { view, holding, block } = situation.value;
  const isElsewhere = view.ledger.epoch !== epoch;
  if (isElsewhere) {
    const followed = await followEpoch(hub, chain, loaded, held, { view, block, since });
    if (!followed.ok) return followed;
    if (followed.value !== 'waiting') return 'conflict';
  }
  const plan = planDispute(holding, view, aimsOf(chain, held?.dispute ?? null));
  if (plan.isUnknown)
    hub.log.error({ channel: address, epoch }, 'the chain holds a ledger that this hub does not');
  // The newest state read is always safe to show: nothing that another could spoil comes before it (invariant 15).
  try {
    await takeSteps(hub, chain, { channel: body.channel, epoch }, plan.steps);
  } catch (cause) {
    hub.log.error({ channel: address, cause }, 'dispute steps could not be taken; the next look tries again');
  }
  const next = { ...body, challenge: isElsewhere ? (body.challenge ?? unreadable(view)) : challengeOf(view) };
  const dispute = isGoingOn(view, epoch, held?.dispute ?? null)
    ? {
        ...(held?.dispute ?? newDispute({ channel: body.channel, epoch, since, lookAt: 0 })),
        quietSince: null,
        lookAt: nextLook(chain, view, plan),
      }
    : null;
  if (dispute !== null && !(await saveDispute(hub, dispute, held?.etag ?? 'absent'))) return 'conflict';
  if (!(await followChallenge(hub, loaded, next))) return 'conflict';
  // Last of all: without it nobody would look again at a channel that is not usable yet.
  if (dispute === null && held !== null && !(await letRest(hub, chain, held, situation.value)))
    return 'conflict';
  await resolveAllShown(hub, body, view);
  return ok({ epoch, isDisputed: next.challenge !== null });
}

/** Whoever left pays for the settlement; if it does not, the hub does. */
const aimsOf = (chain: HubChain, dispute: Dispute | null): DisputeAims =>
  dispute?.leave === true
    ? { leave: true, settleAfter: 0 }
    : { leave: false, settleAfter: chain.config.challengePeriod };

/** An app may be disputed where the ledger is not: its outcome binds off chain too. */
const isGoingOn = (view: DisputeView, epoch: bigint, dispute: Dispute | null): boolean =>
  dispute?.leave === true ||
  view.ledger.epoch !== epoch ||
  view.ledger.finalizesAt !== 0 ||
  [...view.apps.values()].some((app) => app.finalizesAt !== 0 && app.stage !== 'settled');

/** Writes the challenge down where it changed. False on a conflict. */
async function followChallenge(hub: Hub, { body, etag }: LoadedChannel, next: ChannelBody): Promise<boolean> {
  const isSame =
    body.challenge?.version === next.challenge?.version &&
    body.challenge?.finalizesAt === next.challenge?.finalizesAt;
  if (isSame) return true;
  if ((await commitChannel(hub, next, etag)) === null) return false;
  if (next.challenge !== null)
    hub.bus.event(body.channel.initiator, { type: 'channel.disputed', channel: body.channel.address });
  return true;
}
