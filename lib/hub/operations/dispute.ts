// SPDX-License-Identifier: MIT
/** Looks at the chain for a challenge of the caller's channel now, instead of at the watcher's next tick. */
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import type { BodyOf, ResultOf } from '../../protocol/wire/requests.ts';
import { loadOwn } from '../channels.ts';
import type { Caller, Hub, HubChain } from '../hub.ts';
import { lookAtChannel } from '../timers/watch.ts';

export async function dispute(
  hub: Hub,
  chain: HubChain,
  caller: Caller,
  request: BodyOf<'dispute'>,
): Promise<Outcomes<ResultOf<'dispute'>>> {
  if (request.kind === 'cancel') return refuse('unknown_operation', { kind: request.kind });
  const loaded = await loadOwn(hub, caller, request.channel);
  if (!loaded.ok) return loaded;
  const latest = await chain.reader.latest();
  if (!latest.ok) return latest;
  const seen = await lookAtChannel(hub, chain, request.channel, latest.value.number);
  return seen.ok ? ok({ kind: 'looked', disputed: seen.value }) : seen;
}
