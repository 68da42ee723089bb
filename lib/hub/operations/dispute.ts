// SPDX-License-Identifier: MIT
/** A look at the chain for the caller's channel now, instead of at the watcher's next tick; or the hub's half of a Cancel. */
import type { Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import type { BodyOf, ResultOf } from '../../protocol/wire/requests.ts';
import { loadOwn } from '../channels.ts';
import { signCancel } from '../disputes/sign-cancel.ts';
import type { Caller, Hub, HubChain } from '../hub.ts';
import { watchChannel } from '../timers/watch.ts';

export async function dispute(
  hub: Hub,
  chain: HubChain,
  caller: Caller,
  request: BodyOf<'dispute'>,
): Promise<Outcomes<ResultOf<'dispute'>>> {
  const { channel } = request.kind === 'look' ? request : request.cancel;
  const loaded = await loadOwn(hub, caller, channel);
  if (!loaded.ok) return loaded;
  switch (request.kind) {
    case 'look': {
      const seen = await watchChannel(hub, chain, channel);
      return seen.ok ? ok({ kind: 'looked', disputed: seen.value }) : seen;
    }
    case 'cancel': {
      const signed = await signCancel(hub, chain, loaded.value.body, request);
      return signed.ok ? ok({ kind: 'cancelled', signature: signed.value }) : signed;
    }
  }
}
