// SPDX-License-Identifier: MIT
/**
 * Where a client that lost its state goes on: far beyond every version it can have signed before, at a random place, so that
 * two that were restored from one served state never sign one version twice (invariant 2).
 */

const LEAST = 1n << 31n;
const MOST = 1n << 39n;
/** The protocol takes no version further than 2^40 above what is agreed, so who jumped before goes on in smaller steps. */
const FAR = 1n << 38n;
const SMALL = 1n << 32n;

/** Uniform below `bound`, up to one part in 2^25 of bias. */
function randomBelow(bound: bigint): bigint {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return ((BigInt(high) << 32n) | BigInt(low)) % bound;
}

/** The version counted as signed already. `highestKnown` is what this store knows to be signed, or jumped to, before. */
export function versionAfterRestore(agreed: bigint, highestKnown: bigint): bigint {
  const base = highestKnown > agreed ? highestKnown : agreed;
  const most = base - agreed >= FAR ? SMALL : MOST;
  return base + LEAST + randomBelow(most - LEAST);
}
