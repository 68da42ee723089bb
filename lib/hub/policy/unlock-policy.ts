// SPDX-License-Identifier: MIT
/** The payee shows the preimage: from the commit that agrees to it on, it can have the money, so the transfer is decided (rule 4). */
import { decodeTransferState } from '../../protocol/apps/transfer-app.ts';
import { toBytes } from '../../protocol/bytes.ts';
import { isOver } from '../../protocol/deadlines.ts';
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import { ZERO_HASH, type Address, type AppInstance, type Bytes, type Hash } from '../../protocol/types.ts';
import type { ChannelBody, Route } from '../channel-item.ts';
import type { Hub } from '../hub.ts';
import { NOTHING_MORE, type Admission } from './admission.ts';

/** The preimage in an app's last state, or null. */
export function shownPreimage(instance: AppInstance): Hash | null {
  const preimage = decodeTransferState(instance.state)?.preimage;
  return preimage === undefined || preimage === ZERO_HASH ? null : preimage;
}

export interface Unlocked {
  readonly route: Extract<Route, { side: 'payee' }>;
  readonly instance: AppInstance;
  readonly preimage: Hash;
  /** As it came with the preimage. */
  readonly claimerSignature: Bytes | null;
}

/** The payer is owed it: without, a hub could pay and leave the payer with nothing to show for it. */
function isSigned(
  hub: Pick<Hub, 'recover'>,
  claimer: Address,
  { route, claimerSignature }: Unlocked,
): boolean {
  return (
    claimerSignature !== null && hub.recover(toBytes(route.payment), toBytes(claimerSignature)) === claimer
  );
}

/**
 * `instance` is the payee's app with the preimage in it, wherever the commit leaves it: open or closed. `at` is the later of
 * the hub's clock and the newest block's time.
 */
export function admitUnlocked(
  hub: Pick<Hub, 'recover'>,
  at: number,
  { state, channel }: Pick<ChannelBody, 'state' | 'channel'>,
  unlocked: Unlocked,
): Outcomes<Admission> {
  const { route, instance, preimage, claimerSignature } = unlocked;
  const { transferId } = route;
  const agreed = state.apps.find((open) => open.id === instance.id);
  // Agreed in time is enforceable at any time: the registry takes a state both signed after the deadline too.
  const wasUnlocked = agreed !== undefined && shownPreimage(agreed) === preimage;
  // From then on the chain takes no action, and the transfer may be given back to its payer.
  if ((isOver(instance.app, at) || route.dead) && !wasUnlocked)
    return refuse('transfer_expired', { transferId });
  // What the agreed state shows already was paid by the commit that agreed to it, with its signature.
  if (wasUnlocked) return ok(NOTHING_MORE);
  if (!isSigned(hub, channel.initiator, unlocked)) return refuse('unsigned_claim', { transferId });
  const paid = { kind: 'paid', transferId, appId: instance.id, preimage, claimerSignature, at } as const;
  return ok({ ...NOTHING_MORE, effects: [paid] });
}
