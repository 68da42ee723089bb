// SPDX-License-Identifier: MIT
/** How many payments of its own a user may have open. */
import { PAYER } from '../../protocol/apps/transfer-app.ts';
import { fault, type Fault } from '../../protocol/errors.ts';
import { atIndex, type Judged } from '../../protocol/transition.ts';
import type { ChannelState } from '../../protocol/types.ts';
import type { ChannelBody } from '../channel-item.ts';

/**
 * Names the operation that opens one too many, so that the others can be made. Payments *to* the user do not count: a channel
 * full of its own is still paid into, up to the bound of the format.
 */
export function tooManyOpen({ channel, state }: ChannelBody, { steps }: Judged, most: number): Fault | null {
  const own = ({ apps }: ChannelState): number =>
    apps.filter(({ app }) => app.participants[PAYER] === channel.initiator).length;
  let before = own(state);
  for (const [index, step] of steps.entries()) {
    const open = own(step);
    if (open > before && open > most) return atIndex(fault('too_many', { apps: open, most }), index);
    before = open;
  }
  return null;
}
