// SPDX-License-Identifier: MIT
import { ensureCollateral } from '../../lib/hub/collateral.ts';
import { loadChannel } from '../../lib/hub/channels.ts';
import { collateral } from '../../lib/hub/operations/collateral.ts';
import { isNatsEvent, serve, serveTick } from '../../lib/hub/runtime/serve.ts';
import type { HttpEvent } from '../../lib/messaging/http-event.ts';
import { hubSubject } from '../../lib/protocol/subjects.ts';
import { address } from '../../lib/protocol/wire/primitives.ts';

const asked = serve('collateral', collateral);

/** A commit found the hub's side of a channel low. */
const triggered = serveTick('collateral', async (hub, chain, body) => {
  const channel = address.safeParse(body['channel']);
  const asset = address.safeParse(body['asset']);
  if (!channel.success || !asset.success) return 'unreadable';
  const loaded = await loadChannel(hub, chain.config.chainId, channel.data);
  return loaded && ensureCollateral(hub, chain, loaded.body, asset.data, 0n);
});

/** Buys hub-side money in a channel before it is needed: at a user's request, or the hub's own. */
export const handler = async (event: HttpEvent | Parameters<typeof triggered>[0]) =>
  isNatsEvent(event) && event.nats.subject === hubSubject('collateral')
    ? triggered(event)
    : asked(event as Parameters<typeof asked>[0]);
