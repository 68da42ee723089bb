// SPDX-License-Identifier: MIT
/**
 * The hub as the owner of two nonce lanes on each chain: what defends channels goes out from the channel key, what is paid out
 * from the treasury's, so that nothing a user can have sent stands in the way of an answer (invariant 15).
 */
import type { LaneOwner } from '../lane/lane.ts';
import type { LaneWriter } from '../lane/ports.ts';
import { submit } from '../lane/submit.ts';
import { afterSend } from './after-send.ts';
import type { Hub, HubChain } from './hub.ts';
import { sendPurpose, type SendPurpose } from './send-purpose.ts';

const laneOf = (hub: Hub, chain: HubChain, writer: LaneWriter): LaneOwner<SendPurpose> => ({
  store: hub.store,
  chainId: chain.config.chainId,
  writer,
  latest: () => chain.reader.latest(),
  confirmations: chain.config.confirmations,
  clock: hub.clock,
  log: hub.log,
  purpose: sendPurpose,
  wake: () => hub.bus.trigger('submit', { chainId: chain.config.chainId }),
  finished: (send) => afterSend(hub, chain, send),
});

export const defenceLane = (hub: Hub, chain: HubChain): LaneOwner<SendPurpose> =>
  laneOf(hub, chain, chain.writer);

export const treasuryLane = (hub: Hub, chain: HubChain): LaneOwner<SendPurpose> =>
  laneOf(hub, chain, chain.treasury);

/** Neither waits for the other, nor fails with it. */
export async function submitAll(hub: Hub, chain: HubChain): Promise<void> {
  const lanes = [defenceLane(hub, chain), treasuryLane(hub, chain)];
  const done = await Promise.allSettled(lanes.map((lane) => submit(lane)));
  const failed = done.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
