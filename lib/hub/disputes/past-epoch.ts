// SPDX-License-Identifier: MIT
/** An epoch that was settled: its apps are opened, moved and paid out until none is left that the hub has a part in. */
import { planDispute } from '../../protocol/dispute/plan.ts';
import type { Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import type { Address } from '../../protocol/types.ts';
import { commitChannel, loadChannel } from '../channels.ts';
import type { Hub, HubChain } from '../hub.ts';
import type { Route } from '../channel-item.ts';
import { isOpen } from '../transfer-item.ts';
import { writeCancelled } from '../transfers.ts';
import { loadDispute, saveDispute, type KeptEpoch, type LoadedDispute } from './dispute-item.ts';
import { situationOf, type Situation } from './holding.ts';
import { nextLook } from './pace.ts';
import { resolveAllShown } from './preimages.ts';
import { letRest } from './rest.ts';
import { claimHeldPayments, takeSteps } from './steps.ts';

export async function lookAtPastEpoch(
  hub: Hub,
  chain: HubChain,
  address: Address,
  epoch: bigint,
): Promise<Outcomes<void> | 'conflict'> {
  const held = await loadDispute(hub, chain.config.chainId, address, epoch);
  if (held === null || held.dispute.kept === null) return ok(undefined);
  const { channel, kept, since } = held.dispute;
  const seen = await situationOf(hub, chain, { channel, ...kept }, since);
  if (!seen.ok) return seen;
  const { holding, view } = seen.value;
  // A reorganization brought it back: the channel item follows before anything is done in it.
  if (view.ledger.epoch <= epoch) return ok(undefined);
  const plan = planDispute(holding, view, { leave: false, settleAfter: null });
  await resolveAllShown(hub, { channel, ...kept }, view);
  const isBacked = view.finalAppsRoot === kept.state.ledger.appsRoot;
  if (!isBacked) await cancelUnbacked(hub, held, seen.value);
  await claimHeldPayments(hub, chain, holding);
  const isOver = plan.isOver || (isBacked && isLeftToOthers(kept, seen.value));
  if (!isOver || isClaimed(kept, seen.value)) {
    await takeSteps(hub, chain, { channel, epoch }, plan.steps);
    const lookAt = nextLook(chain, view, plan);
    if (!(await saveDispute(hub, { ...held.dispute, quietSince: null, lookAt }, held.etag)))
      return 'conflict';
    return ok(undefined);
  }
  return (await forgetDeparted(hub, chain, address, kept, seen.value)) &&
    (await letRest(hub, chain, held, seen.value))
    ? ok(undefined)
    : 'conflict';
}

/** All that is not settled are payers' apps of cancelled transfers: a refund that its payer fetches. */
function isLeftToOthers({ state, routes }: KeptEpoch, { view, transfers }: Situation): boolean {
  return state.apps.every(({ id }) => {
    if (view.apps.get(id)?.stage === 'settled') return true;
    const route = routes.find(({ appId }) => appId === id);
    return route?.side === 'payer' && transfers.get(route.transferId)?.status.kind === 'cancelled';
  });
}

/** A claim is judged by its app's deadline, which the channel item must still know then (rule 5). */
const isClaimed = ({ routes }: KeptEpoch, { transfers }: Situation): boolean =>
  routes.some(({ appId, transferId }) => {
    const status = transfers.get(transferId)?.status;
    return status?.kind === 'claimed' && status.appId === appId;
  });

/** An older ledger became final and the payer's app is not in it: nobody may be paid for money that is not there (invariant 7). */
async function cancelUnbacked(hub: Hub, { dispute }: LoadedDispute, { transfers }: Situation): Promise<void> {
  for (const { side, transferId } of dispute.kept?.routes ?? []) {
    if (side !== 'payer' || transfers.get(transferId)?.status.kind !== 'pending') continue;
    const cancelled = await writeCancelled(hub, transferId);
    hub.log.error({ transferId, cancelled: cancelled.ok }, 'a pending transfer lost the stake behind it');
  }
}

/** False on a conflict. */
async function forgetDeparted(
  hub: Hub,
  chain: HubChain,
  address: Address,
  { routes }: KeptEpoch,
  { transfers }: Situation,
): Promise<boolean> {
  const loaded = await loadChannel(hub, chain.config.chainId, address);
  if (loaded === null) return true;
  const { body, etag } = loaded;
  // By a payer's side the sweep finds a transfer that is still open; it forgets that side itself.
  const isSwept = ({ side, transferId }: Route): boolean => {
    const transfer = transfers.get(transferId);
    return side === 'payer' && transfer !== undefined && isOpen(transfer);
  };
  const over = new Set(routes.filter((route) => !isSwept(route)).map(({ appId }) => appId));
  const departed = body.departed.filter(({ appId }) => !over.has(appId));
  if (departed.length === body.departed.length) return true;
  return (await commitChannel(hub, { ...body, departed }, etag)) !== null;
}
