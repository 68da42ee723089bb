// SPDX-License-Identifier: MIT
import { serveTick } from '../../lib/hub/runtime/serve.ts';
import { watch, watchChannel } from '../../lib/hub/timers/watch.ts';
import { address } from '../../lib/protocol/wire/primitives.ts';

/** Follows the chains and what is disputed there; triggered with a channel, looks at that one alone. */
export const handler = serveTick('watch', (hub, chain, { channel }) => {
  const named = address.safeParse(channel);
  return named.success ? watchChannel(hub, chain, named.data) : watch(hub, chain);
});
