// SPDX-License-Identifier: MIT
/** What a hub's terms must leave its user, whose client may be away for a while and whose chain may be slow. */
import type { ChainDescription } from './hub-description.ts';
import { IndraError } from './indra-error.ts';

export interface HubMinimums {
  /** Seconds to answer a stale challenge in. */
  readonly challengePeriod: number;
  /** Seconds each side has for a move in an app. */
  readonly appPeriod: number;
  /** Blocks on top of a deposit before it counts. */
  readonly confirmations: number;
}

const SANE: HubMinimums = { challengePeriod: 3_600, appPeriod: 600, confirmations: 1 };
/** Of a development chain, on which no money is. That it is one says the user's own node, not the hub. */
const LOCAL_CHAIN_ID = 31_337;
const LOCAL: HubMinimums = { challengePeriod: 1, appPeriod: 1, confirmations: 0 };

/** Throws `hub_unsafe`. `allowed` is what its user says instead, field by field. */
export function checkMinimums(chain: ChainDescription, allowed: Partial<HubMinimums> = {}): void {
  const least = { ...(chain.chainId === LOCAL_CHAIN_ID ? LOCAL : SANE), ...allowed };
  const served: HubMinimums = {
    challengePeriod: chain.challengePeriod,
    appPeriod: Math.min(...chain.appPeriods),
    confirmations: chain.confirmations,
  };
  for (const field of ['challengePeriod', 'appPeriod', 'confirmations'] as const)
    if (served[field] < least[field])
      throw IndraError.from('hub_unsafe', { field, served: served[field], least: least[field] });
}
