// SPDX-License-Identifier: MIT
/**
 * A preimage shown on chain pays the payee there, so the transfer is decided by it too (invariants 6 and 7). What the chain
 * shows counts for the app it was shown in and for no other, and only if it opens that app's lock.
 */
import { decodeTransferState } from '../../protocol/apps/transfer-app.ts';
import type { DisputeView } from '../../protocol/dispute.ts';
import { lockHashOf } from '../../protocol/secrets.ts';
import { ZERO_HASH, type Hash } from '../../protocol/types.ts';
import type { Route } from '../channel-item.ts';
import type { Hub } from '../hub.ts';
import { loadTransfer, writeResolved } from '../transfers.ts';
import { hintPayer } from './hint.ts';
import type { Epoch } from './holding.ts';

/** The payee's app was moved with this on chain. Tells the payer once. What does not open the transfer's lock is nothing. */
export async function resolveShown(
  hub: Hub,
  { transferId, appId }: Pick<Route, 'transferId' | 'appId'>,
  preimage: Hash,
): Promise<void> {
  const known = await loadTransfer(hub, transferId);
  if (known === null || known.transfer.status.kind === 'resolved') return;
  if (lockHashOf(preimage) !== known.transfer.lockHash) {
    hub.log.error({ transferId, appId }, 'what was shown on chain opens no lock of this hub');
    return;
  }
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
  for (const route of routes) {
    if (route.side !== 'payee' || !state.apps.some(({ id }) => id === route.appId)) continue;
    // Moves are the only way to a state above the agreed one.
    for (const { state: shown } of view.paths.get(route.appId) ?? []) {
      const preimage = decodeTransferState(shown)?.preimage;
      if (preimage !== undefined && preimage !== ZERO_HASH) await resolveShown(hub, route, preimage);
    }
  }
}
