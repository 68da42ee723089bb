// SPDX-License-Identifier: MIT
/**
 * The hub's signature on a Cancel: a challenge made for nothing ends, and the channel is usable again (invariant 13).
 *
 * Nothing is stored. A Cancel is not a state: it names one challenge of one epoch, can only end that one, and gives
 * nobody anything it did not hold before. So the same request gets the same signature (invariant 5), and two Cancels of
 * one challenge that differ in their deadlines end it just the same.
 */
import { cancelDigest } from '../../protocol/digests.ts';
import type { AppOnChain, DisputeView } from '../../protocol/dispute.ts';
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import { isSignedBy } from '../../protocol/transition.ts';
import { ZERO_HASH, type Bytes, type Cancel, type Hash } from '../../protocol/types.ts';
import type { ChannelBody } from '../channel-item.ts';
import type { Hub, HubChain } from '../hub.ts';
import { loadDispute } from './dispute-item.ts';
import { situationOf, type Situation } from './holding.ts';

export async function signCancel(
  hub: Hub,
  chain: HubChain,
  body: ChannelBody,
  { cancel, signature }: { readonly cancel: Cancel; readonly signature: Bytes },
): Promise<Outcomes<Bytes>> {
  const { channel } = body;
  const { epoch } = body.state.ledger;
  if (cancel.channel !== channel.address) return refuse('unknown_channel', { channel: cancel.channel });
  if (cancel.epoch !== epoch) return refuse('wrong_epoch', { current: epoch, proposed: cancel.epoch });
  const digest = cancelDigest(channel.domain, cancel);
  if (!isSignedBy(hub.recover, digest, signature, channel.initiator))
    return refuse('bad_signature', { signer: channel.initiator });
  const latest = await chain.reader.latest();
  if (!latest.ok) return latest;
  const seen = await situationOf(hub, chain, body, latest.value.number);
  if (!seen.ok) return seen;
  const { view } = seen.value;
  if (view.ledger.epoch !== epoch) return refuse('wrong_epoch', { current: view.ledger.epoch });
  const held = await loadDispute(hub, chain.config.chainId, channel.address, epoch);
  if (held?.dispute.leave === true) return refuse('channel_disputed', { leaving: true });
  const allowed =
    cancel.subject === ZERO_HASH
      ? checkLedger(body, view, cancel)
      : checkApp(body, seen.value, cancel, cancel.subject);
  return allowed.ok ? ok(hub.key.sign(digest)) : allowed;
}

/** That very challenge, and only while an answer could still come too: the contract would cancel even later. */
function checkTimes(
  { chainTime, now }: DisputeView,
  cancel: Cancel,
  onChain: { readonly finalizesAt: number; readonly challengeId: bigint },
): Outcomes<void> {
  const { finalizesAt, challengeId } = onChain;
  if (finalizesAt === 0 || cancel.challengeId !== challengeId)
    return refuse('no_dispute', { challengeId, finalizesAt });
  const time = Math.max(chainTime, now);
  if (time >= finalizesAt) return refuse('dispute_final', { finalizesAt });
  return cancel.deadline > time && cancel.deadline < finalizesAt
    ? ok(undefined)
    : refuse('malformed', { deadline: cancel.deadline, finalizesAt });
}

function checkLedger({ state }: ChannelBody, view: DisputeView, cancel: Cancel): Outcomes<void> {
  const { ledger } = view;
  const timely = checkTimes(view, cancel, ledger);
  if (!timely.ok) return timely;
  // Above it both signed something this hub does not hold: it could not answer the next challenge either (invariant 10).
  if (ledger.floorVersion > state.ledger.version)
    return refuse('out_of_sync', { held: state.ledger.version, onChain: ledger.floorVersion });
  const disputed = [...view.apps].find(([, app]) => isDisputed(app));
  return disputed === undefined ? ok(undefined) : refuse('channel_disputed', { appId: disputed[0] });
}

const isDisputed = (app: AppOnChain): boolean => app.finalizesAt !== 0 && app.stage !== 'settled';

function checkApp(
  { routes }: ChannelBody,
  { view, transfers }: Situation,
  cancel: Cancel,
  appId: Hash,
): Outcomes<void> {
  const route = routes.find((other) => other.appId === appId);
  const app = view.apps.get(appId);
  if (route === undefined || app === undefined) return refuse('unknown_app', { appId });
  const timely = checkTimes(view, cancel, app);
  if (!timely.ok) return timely;
  // A move made on chain stands, and so does what the hub is about to show there (invariant 7).
  if (app.stage !== 'undecided' || app.steps !== 0n) return refuse('dispute_final', { appId });
  const { transferId } = route;
  return transfers.get(transferId)?.status.kind === 'resolved'
    ? refuse('transfer_resolved', { transferId })
    : ok(undefined);
}
