// SPDX-License-Identifier: MIT
/** Deadlines of the two halves of a transfer, such that nobody can leave the hub between them (design, section 6; invariant 7). */
import type { Address, Pair } from '../protocol/types.ts';

export interface TransferTerms {
  readonly transferApp: Address;
  readonly challengePeriod: number;
  /** Seconds each side has for an action: `[initiator, responder]`. */
  readonly appPeriods: Pair<number>;
  /** Seconds kept between the payee's deadline plus the challenge period and the payer's hold. */
  readonly margin: number;
  /** Seconds from now to the payer's `holdUntil` at most. */
  readonly maxHold: number;
}

/** Seconds between the moment a claim is last accepted and the payer's `holdUntil`. */
export const holdAfterExpiry = (terms: TransferTerms): number =>
  terms.appPeriods[0] + 2 * terms.challengePeriod + terms.margin;

/** T_a: the payer's app cannot be refunded on chain before it. */
export const payerHold = (terms: TransferTerms, expiresAt: number): number =>
  expiresAt + holdAfterExpiry(terms);

/** T_b: the payee's app can be claimed on chain only before it. */
export const claimDeadline = (terms: TransferTerms, holdUntil: number): number =>
  holdUntil - terms.challengePeriod - terms.margin;

/** Seconds a transfer may be offered for. */
export const longestOffer = (terms: TransferTerms): number => terms.maxHold - holdAfterExpiry(terms);

/**
 * Whether there is time enough to enforce a claim on chain, should the hub keep its countersignature once it has seen the
 * preimage. After the deadline itself there is nothing left to enforce and the app can only be given back.
 */
export function claimStage(
  terms: TransferTerms,
  actionDeadline: number,
  now: number,
): 'show' | 'wait' | 'give back' {
  if (now > actionDeadline) return 'give back';
  return actionDeadline - now >= terms.appPeriods[0] / 2 ? 'show' : 'wait';
}
