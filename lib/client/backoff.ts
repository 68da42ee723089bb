// SPDX-License-Identifier: MIT

const FIRST_MS = 100;
const LAST_MS = 10_000;

/** Milliseconds before attempt number `attempt` (the first repeat is 1): doubling, with an upper bound. */
export const backoffMs = (attempt: number): number =>
  Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 10));

/**
 * Milliseconds a proposal waits for its answer before it is sent again. The same bytes get the same answer (invariant 5),
 * so a process that died with the first copy costs its user no more than this.
 */
export const answerWithinMs = (attempt: number): number => Math.min(LAST_MS, 3_000 * attempt);
