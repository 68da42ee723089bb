// SPDX-License-Identifier: MIT
import { invalid, type Parser } from './argument.ts';

/** What a timer can wait for: a longer one would fire at once. */
export const LONGEST_MS = 2 ** 31 - 1;

export const wholeNumber =
  (least: number, most: number): Parser<number> =>
  (value, field) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most)
      throw invalid(field, `give a whole number from ${least} to ${most}`);
    return value;
  };

/** From now; what the hub allows at most depends on its terms. */
export const seconds = wholeNumber(1, 2 ** 32 - 1);
/** Since 1970. */
export const time = wholeNumber(1, 2 ** 40);
export const milliseconds = wholeNumber(0, LONGEST_MS);
export const chainId = wholeNumber(1, Number.MAX_SAFE_INTEGER);
