// SPDX-License-Identifier: MIT
/** Registers the counterfactual channel of a user with this hub. Nothing is deployed; opening twice finds the first. */
import { channelAddress } from '../../protocol/channel-address.ts';
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import { firstState } from '../../protocol/ledger.ts';
import { ok } from '../../protocol/result.ts';
import type { Channel } from '../../protocol/types.ts';
import type { BodyOf, ChannelView } from '../../protocol/wire/requests.ts';
import { channelItem, type ChannelBody } from '../channel-item.ts';
import { channelView } from '../channel-view.ts';
import { loadChannel } from '../channels.ts';
import { ensureCollateral } from '../collateral.ts';
import type { Caller, Hub, HubChain } from '../hub.ts';

export async function open(
  hub: Hub,
  chain: HubChain,
  caller: Caller,
  request: BodyOf<'open'>,
): Promise<Outcomes<ChannelView>> {
  const { challengePeriod } = chain.config;
  if (request.challengePeriod !== challengePeriod) return refuse('malformed', { challengePeriod });
  if (caller.user === hub.key.address) return refuse('malformed', { initiator: caller.user });
  const parties = { initiator: caller.user, responder: hub.key.address, challengePeriod };
  const channel: Channel = { ...parties, domain: chain.domain, address: channelAddress(chain.code, parties) };
  const body = await registered(hub, chain, channel);
  if (!body.ok) return body;
  await buyInitial(hub, chain, body.value);
  return ok(await channelView(hub, chain, body.value));
}

async function registered(hub: Hub, chain: HubChain, channel: Channel): Promise<Outcomes<ChannelBody>> {
  const known = await loadChannel(hub, channel.domain.chainId, channel.address);
  if (known !== null) return ok(known.body);
  const latest = await chain.reader.latest();
  if (!latest.ok) return latest;
  const status = await chain.reader.challenge(channel, latest.value.number);
  if (!status.ok) return status;
  const body: ChannelBody = {
    channel,
    state: firstState(channel.address, status.value.epoch),
    routes: [],
    departed: [],
    outbox: [],
    due: null,
    withdrawalSignatures: [],
    challenge:
      status.value.finalizesAt === 0
        ? null
        : { version: status.value.floorVersion, finalizesAt: status.value.finalizesAt },
  };
  const put = await hub.store.put(channelItem(body), 'absent');
  if (put.ok) return ok(body);
  const other = await loadChannel(hub, channel.domain.chainId, channel.address);
  return other === null ? refuse('busy') : ok(other.body);
}

/** Opening may wait for collateral; a payment never does. */
async function buyInitial(hub: Hub, chain: HubChain, body: ChannelBody): Promise<void> {
  for (const { address, collateral } of chain.config.assets)
    if (collateral.initial > 0n)
      await ensureCollateral(hub, chain, body, address as typeof body.channel.address, 0n);
}
