// SPDX-License-Identifier: MIT
import { refuse, type Outcomes } from '../errors.ts';
import { ok } from '../result.ts';
import type { Stake } from '../types.ts';

/** Every one-way payment has one stake, all of it participant 0's and as much as its state says. */
export function checkPayersStake(amount: bigint, stakes: readonly Stake[]): Outcomes<void> {
  const stake = stakes[0];
  if (stakes.length !== 1 || stake === undefined) return refuse('invalid_state');
  if (stake.amounts[0] !== amount || stake.amounts[1] !== 0n)
    return refuse('invalid_state', { amount, stakes: stake.amounts });
  return ok(undefined);
}
