// SPDX-License-Identifier: MIT
import type { Fees } from './ports.ts';

/** Fees that nodes take for a replacement at the same nonce: an eighth above the last ones, or what is usual now if that is more. */
export function replacementFees(last: Fees, now: Fees): Fees {
  return {
    maxFeePerGas: larger(raised(last.maxFeePerGas), now.maxFeePerGas),
    maxPriorityFeePerGas: larger(raised(last.maxPriorityFeePerGas), now.maxPriorityFeePerGas),
  };
}

/** Nodes ask for a tenth; the odd wei is for amounts so small that an eighth is none. */
const raised = (fee: bigint): bigint => fee + fee / 8n + 1n;
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
