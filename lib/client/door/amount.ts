// SPDX-License-Identifier: MIT
import { invalid, type Parser } from './argument.ts';

const LIMIT = 1n << 256n;

/**
 * A positive bigint and nothing else. A number is refused even where it is whole and safe: `1000` would be accepted and
 * `10 ** 18` refused or, worse, rounded, so code that passes numbers breaks at the first real amount instead of at the first.
 * A decimal string does not say its unit.
 */
export const amount: Parser<bigint> = (value, field) => {
  if (typeof value !== 'bigint')
    throw invalid(
      field,
      `amounts are bigint, in the asset's smallest unit, not ${typeof value}: write 1000n, or parse decimals first`,
    );
  if (value <= 0n || value >= LIMIT) throw invalid(field, 'an amount is above zero and below 2^256');
  return value;
};
