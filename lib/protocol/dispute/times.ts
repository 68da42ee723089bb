// SPDX-License-Identifier: MIT
import type { DisputeView } from '../dispute.ts';

/** A chain without a new block still lets time pass. */
export const latestTime = ({ chainTime, now }: Pick<DisputeView, 'chainTime' | 'now'>): number =>
  Math.max(chainTime, now);

export const earliest = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);
