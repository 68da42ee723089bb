// SPDX-License-Identifier: MIT
/** When to look at a dispute again. */
import type { DisputePlan, DisputeView } from '../../protocol/dispute.ts';
import type { HubChain } from '../hub.ts';

/** Seconds at most until it is seen what became of a step, or that a hint was lost. */
const WHILE_ACTING = 60;
const WHILE_WAITING = 300;

/** A fraction of the shortest period, so that several looks fit into any of them. */
const shortLook = ({ config }: HubChain, most: number): number =>
  Math.max(1, Math.min(most, Math.floor(Math.min(config.challengePeriod, ...config.appPeriods) / 4)));

export function nextLook(
  chain: HubChain,
  view: Pick<DisputeView, 'chainTime' | 'now'>,
  plan: Pick<DisputePlan, 'steps' | 'lookAgainAt'>,
): number {
  const time = Math.max(view.chainTime, view.now);
  const latest = time + shortLook(chain, plan.steps.length > 0 ? WHILE_ACTING : WHILE_WAITING);
  // What is past already and still did not happen is no reason to hurry.
  const planned = plan.lookAgainAt;
  return planned !== null && planned > time ? Math.min(planned, latest) : latest;
}

/** After a look that failed. */
export const retryLook = (chain: HubChain, time: number): number => time + shortLook(chain, WHILE_ACTING);
