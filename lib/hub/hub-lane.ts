// SPDX-License-Identifier: MIT
/** The hub as the owner of a nonce lane: one on each chain, for the hub's key. */
import type { LaneOwner } from '../lane/lane.ts';
import { afterSend } from './after-send.ts';
import type { Hub, HubChain } from './hub.ts';
import { sendPurpose, type SendPurpose } from './send-purpose.ts';

export const hubLane = (hub: Hub, chain: HubChain): LaneOwner<SendPurpose> => ({
  store: hub.store,
  chainId: chain.config.chainId,
  writer: chain.writer,
  latest: () => chain.reader.latest(),
  confirmations: chain.config.confirmations,
  clock: hub.clock,
  log: hub.log,
  purpose: sendPurpose,
  wake: () => hub.bus.trigger('submit', { chainId: chain.config.chainId }),
  finished: (send) => afterSend(hub, chain, send),
});
