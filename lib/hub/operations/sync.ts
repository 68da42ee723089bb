// SPDX-License-Identifier: MIT
/** The latest double-signed state, for any gap and for restore. */
import type { Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import type { BodyOf, ChannelView } from '../../protocol/wire/requests.ts';
import { channelView } from '../channel-view.ts';
import { loadOwn } from '../channels.ts';
import type { Caller, Hub, HubChain } from '../hub.ts';

export async function sync(
  hub: Hub,
  chain: HubChain,
  caller: Caller,
  request: BodyOf<'sync'>,
): Promise<Outcomes<ChannelView>> {
  const loaded = await loadOwn(hub, caller, request.channel);
  return loaded.ok ? ok(await channelView(hub, chain, loaded.value.body)) : loaded;
}
