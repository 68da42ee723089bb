// SPDX-License-Identifier: MIT
/** What a client makes its transfers' apps of. Their deadlines follow from `lib/protocol/deadlines.ts`. */
import { holdAfterExpiry, type DeadlineTerms } from '../protocol/deadlines.ts';
import type { Address, Pair } from '../protocol/types.ts';

export interface TransferTerms extends DeadlineTerms {
  readonly transferApp: Address;
  /** Seconds each side has for an action: `[initiator, responder]`. */
  readonly appPeriods: Pair<number>;
  /** Seconds from now to the payer's `holdUntil` at most. */
  readonly maxHold: number;
}

/** Seconds a transfer may be offered for. */
export const longestOffer = (terms: TransferTerms): number => terms.maxHold - holdAfterExpiry(terms);
