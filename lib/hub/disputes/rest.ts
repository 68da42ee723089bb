// SPDX-License-Identifier: MIT
import type { DisputePlan } from '../../protocol/dispute.ts';
import type { Hub, HubChain } from '../hub.ts';
import { removeDispute, saveDispute, type LoadedDispute } from './dispute-item.ts';
import type { Situation } from './holding.ts';
import { nextLook } from './pace.ts';

/** Forgets a dispute once there has been nothing to do for as many blocks as a reorganization may undo. False on a conflict. */
export async function letRest(
  hub: Hub,
  chain: HubChain,
  held: LoadedDispute,
  { view, block }: Pick<Situation, 'view' | 'block'>,
): Promise<boolean> {
  const quietSince = held.dispute.quietSince ?? block;
  if (block - quietSince >= chain.config.confirmations) return removeDispute(hub, held);
  const lookAt = nextLook(chain, view, NOTHING_TO_DO);
  return saveDispute(hub, { ...held.dispute, quietSince, lookAt }, held.etag);
}

const NOTHING_TO_DO: Pick<DisputePlan, 'steps' | 'lookAgainAt'> = { steps: [], lookAgainAt: null };
