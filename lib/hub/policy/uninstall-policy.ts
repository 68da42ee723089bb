// SPDX-License-Identifier: MIT
/** When the hub lets go of an app: whenever it is paid, when the payee gives up, and for a refund only once T is cancelled (rule 6). */
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import type { AppInstance, Bytes, Hash } from '../../protocol/types.ts';
import type { Route } from '../channel-item.ts';
import { hubTime } from '../chain-cursor.ts';
import type { Hub } from '../hub.ts';
import { freed, writeCancelled, type TransfersOfStep } from '../transfers.ts';
import { NOTHING_MORE, type Admission } from './admission.ts';
import type { Situation } from './install-policy.ts';
import { admitUnlocked, shownPreimage } from './unlock-policy.ts';

/** `instance` is the app as the proposal leaves it, just before it is closed; `claimerSignature` came with its last action. */
export async function admitUninstall(
  { hub, chain, body, transfers }: Situation,
  instance: AppInstance,
  claimerSignature: Bytes | null,
): Promise<Outcomes<Admission>> {
  const route = body.routes.find((other) => other.appId === instance.id);
  if (route === undefined) return refuse('unknown_app', { appId: instance.id });
  const preimage = shownPreimage(instance);
  if (route.side === 'payee') {
    if (preimage === null) return ok(NOTHING_MORE);
    const at = await hubTime(hub, chain);
    const admitted = admitUnlocked(hub, at, body, { route, instance, preimage, claimerSignature });
    return admitted.ok || !(await wasPaidBy(transfers, route, preimage)) ? admitted : ok(NOTHING_MORE);
  }
  if (preimage !== null) return ok(NOTHING_MORE);
  return mayRefund(hub, transfers, route.transferId);
}

/**
 * This very app was unlocked where it binds, in time: what the chain took decides off chain too, also after the deadline.
 * Another app of the same transfer is no proof: its payee has been paid there (invariants 6 and 7).
 */
async function wasPaidBy(
  transfers: TransfersOfStep,
  { transferId, appId }: Route,
  preimage: Hash,
): Promise<boolean> {
  const status = (await transfers.load(transferId))?.transfer.status;
  return status?.kind === 'resolved' && status.appId === appId && status.preimage === preimage;
}

/** An expired transfer is cancelled on the way: a refund needs nobody's goodwill. */
async function mayRefund(
  hub: Hub,
  transfers: TransfersOfStep,
  transferId: Hash,
): Promise<Outcomes<Admission>> {
  const loaded = await transfers.load(transferId);
  if (loaded === null) return refuse('unknown_transfer', { transferId });
  const { status, expiresAt } = loaded.transfer;
  switch (status.kind) {
    case 'cancelled':
      return ok(NOTHING_MORE);
    case 'resolved':
      return refuse('transfer_resolved', { transferId });
    case 'claimed': {
      if (!(await freed(hub, loaded.transfer))) return refuse('transfer_claimed', { transferId });
      transfers.forget(transferId);
      return mayRefund(hub, transfers, transferId);
    }
    case 'pending': {
      if (hub.clock.now() <= expiresAt) return refuse('transfer_pending', { transferId, expiresAt });
      const cancelled = await writeCancelled(hub, transferId);
      return cancelled.ok ? ok(NOTHING_MORE) : cancelled;
    }
  }
}
