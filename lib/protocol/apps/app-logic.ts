// SPDX-License-Identifier: MIT
/** The pure twin of a CounterfactualApp: the same four questions, asked of the same ABI-encoded state. */
import type { Outcomes } from '../errors.ts';
import type { Address, Bytes, OutcomeType, Pair, Stake } from '../types.ts';

export interface AppLogic {
  readonly name: string;
  readonly outcomeType: OutcomeType;
  /** Fails with `invalid_state` on bytes the contract would not decode, or that do not fit the stakes. */
  check(state: Bytes, stakes: readonly Stake[]): Outcomes<void>;
  isTerminal(state: Bytes): boolean;
  /** Participant position of whoever moves next. */
  turnTaker(state: Bytes): 0 | 1;
  /** Fails with `invalid_action` where the contract reverts. */
  applyAction(state: Bytes, action: Bytes): Outcomes<Bytes>;
  /** Per stake, what each participant gets. Fails with `outcome_not_decided` where the contract reverts. */
  outcome(state: Bytes, stakes: readonly Stake[]): Outcomes<readonly Pair<bigint>[]>;
}

/** Which definition addresses are accepted, and their twins. Differs per chain. */
export type AppCatalogue = ReadonlyMap<Address, AppLogic>;
