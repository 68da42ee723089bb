// SPDX-License-Identifier: MIT
import type { ChannelView } from '../protocol/wire/requests.ts';
import type { ChannelBody } from './channel-item.ts';
import { receivables } from './collateral.ts';
import type { Hub, HubChain } from './hub.ts';

/** A channel as its initiator sees it: the double-signed state to verify, and what it can receive. */
export async function channelView(hub: Hub, chain: HubChain, body: ChannelBody): Promise<ChannelView> {
  return {
    channel: body.channel,
    state: body.state,
    receivable: await receivables(hub, chain, body),
    disputed: body.challenge !== null,
  };
}
