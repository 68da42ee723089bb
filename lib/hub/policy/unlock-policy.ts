// SPDX-License-Identifier: MIT
/** The payee shows the preimage: from the commit that agrees to it on, it can have the money, so the transfer is decided (rule 4). */
import { decodeTransferState } from '../../protocol/apps/transfer-app.ts';
import { isOver } from '../../protocol/deadlines.ts';
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import { ZERO_HASH, type AppInstance, type Hash } from '../../protocol/types.ts';
import type { ChannelBody, Route } from '../channel-item.ts';
import { NOTHING_MORE, type Admission } from './admission.ts';

/** The preimage in an app's last state, or null. */
export function shownPreimage(instance: AppInstance): Hash | null {
  const preimage = decodeTransferState(instance.state)?.preimage;
  return preimage === undefined || preimage === ZERO_HASH ? null : preimage;
}

/**
 * `instance` is the payee's app with the preimage in it, wherever the commit leaves it: open or closed. `at` is the later of
 * the hub's clock and the newest block's time.
 */
export function admitUnlocked(
  at: number,
  { state }: Pick<ChannelBody, 'state'>,
  unlocked: { readonly route: Route; readonly instance: AppInstance; readonly preimage: Hash },
): Outcomes<Admission> {
  const { route, instance, preimage } = unlocked;
  const { transferId } = route;
  const agreed = state.apps.find((open) => open.id === instance.id);
  // Agreed in time is enforceable at any time: the registry takes a state both signed after the deadline too.
  const wasUnlocked = agreed !== undefined && shownPreimage(agreed) === preimage;
  // From then on the chain takes no action, and the transfer may be given back to its payer.
  if (isOver(instance.app, at) && !wasUnlocked) return refuse('transfer_expired', { transferId });
  return ok({ ...NOTHING_MORE, effects: [{ kind: 'paid', transferId, appId: instance.id, preimage, at }] });
}
