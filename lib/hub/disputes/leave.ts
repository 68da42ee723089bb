// SPDX-License-Identifier: MIT
/** The operator takes the hub's money out of a channel, because its user is gone or for any other reason (invariant 14). */
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import type { Address } from '../../protocol/types.ts';
import { loadChannel, untilNoConflict } from '../channels.ts';
import type { Hub, HubChain } from '../hub.ts';
import { watchedFrom } from '../timers/watch.ts';
import { loadDispute, newDispute, saveDispute } from './dispute-item.ts';
import { lookAtChannel } from './look.ts';

/** Stored before anything is sent: from here on every look goes on with it, to the settlement of this epoch. */
export async function leaveChannel(
  hub: Hub,
  chain: HubChain,
  channel: Address,
): Promise<Outcomes<{ readonly epoch: bigint }>> {
  const since = await watchedFrom(hub, chain);
  const wished = await untilNoConflict<{ readonly epoch: bigint }>(async () => {
    const loaded = await loadChannel(hub, chain.config.chainId, channel);
    if (loaded === null) return refuse('unknown_channel', { channel });
    const { body } = loaded;
    const { epoch } = body.state.ledger;
    const held = await loadDispute(hub, chain.config.chainId, channel, epoch);
    const about = { channel: body.channel, epoch, since, lookAt: hub.clock.now() };
    const dispute = { ...(held?.dispute ?? newDispute(about)), leave: true, quietSince: null };
    return (await saveDispute(hub, dispute, held?.etag ?? 'absent')) ? ok({ epoch }) : 'conflict';
  });
  if (!wished.ok) return wished;
  const looked = await lookAtChannel(hub, chain, channel, since);
  if (!looked.ok) hub.log.warn({ channel, error: looked.error }, 'leaving begins with the next look');
  return wished;
}
