// SPDX-License-Identifier: MIT
/** A user asks for hub-side money, or a commit found it low. */
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import type { BodyOf, Receivable } from '../../protocol/wire/requests.ts';
import { loadOwn } from '../channels.ts';
import { ensureCollateral } from '../collateral.ts';
import type { Caller, Hub, HubChain } from '../hub.ts';

export async function collateral(
  hub: Hub,
  chain: HubChain,
  caller: Caller,
  request: BodyOf<'collateral'>,
): Promise<Outcomes<Receivable>> {
  const loaded = await loadOwn(hub, caller, request.channel);
  if (!loaded.ok) return loaded;
  const { body } = loaded.value;
  if (body.challenge !== null) return refuse('channel_disputed', { finalizesAt: body.challenge.finalizesAt });
  return ensureCollateral(hub, chain, body, request.asset, request.amount);
}
