// SPDX-License-Identifier: MIT

/** Whole numbers below a bound; the same seed gives the same ones, so that a failing seed can be run again. */
export function random(seed: number) {
  let state = Math.imul(seed + 1, 0x9e3779b9);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (bound: number): number => next() % bound;
  return {
    below,
    /** True once in `times`. */
    once: (times: number): boolean => below(times) === 0,
    of: <T>(list: readonly T[]): T => list[below(list.length)] as T,
    bytes: (length: number): string =>
      `0x${Array.from({ length }, () => below(256).toString(16).padStart(2, '0')).join('')}`,
  };
}

export type Random = ReturnType<typeof random>;
