// SPDX-License-Identifier: MIT
/** A preimage shown on chain pays the payee there, so the transfer is decided by it too (invariants 6 and 7). */
import { decodeTransferState } from '../../protocol/apps/transfer-app.ts';
import type { DisputeView } from '../../protocol/dispute.ts';
import { ZERO_HASH, type Hash } from '../../protocol/types.ts';
import type { Route } from '../channel-item.ts';
import type { Hub } from '../hub.ts';
import { loadTransfer, writeResolved } from '../transfers.ts';
import { hintPayer } from './hint.ts';
import type { Epoch } from './holding.ts';

/** The payee's app was unlocked with this preimage. Tells the payer once. */
export async function resolveShown(
  hub: Hub,
  { transferId, appId }: Pick<Route, 'transferId' | 'appId'>,
  preimage: Hash,
): Promise<void> {
  const known = await loadTransfer(hub, transferId);
  if (known?.transfer.status.kind === 'resolved') return;
  const resolved = await writeResolved(hub, transferId, { appId, preimage, claimerSignature: null });
  if (!resolved.ok) return;
  hub.bus.event(resolved.value.payer, {
    type: 'transfer.resolved',
    transferId,
    preimage,
    claimerSignature: null,
  });
  await hintPayer(hub, resolved.value);
}

/** The same from the states the chain was shown, for whoever missed the move itself. */
export async function resolveAllShown(hub: Hub, { state, routes }: Epoch, view: DisputeView): Promise<void> {
  const unlocked = [...view.shown.values()].flatMap((bytes) => {
    const transfer = decodeTransferState(bytes);
    return transfer === null || transfer.preimage === ZERO_HASH ? [] : [transfer];
  });
  for (const route of routes) {
    const instance = state.apps.find((open) => open.id === route.appId);
    const locked = instance && decodeTransferState(instance.state);
    // Moves are the only way to a state above the agreed one: without any, another app was unlocked with this preimage.
    const isMoved = (view.apps.get(route.appId)?.steps ?? 0n) > 0n;
    if (route.side !== 'payee' || !locked || !isMoved) continue;
    const shown = unlocked.find(
      ({ lockHash, amount }) => lockHash === locked.lockHash && amount === locked.amount,
    );
    if (shown !== undefined) await resolveShown(hub, route, shown.preimage);
  }
}
