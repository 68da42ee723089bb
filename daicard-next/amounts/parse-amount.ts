// SPDX-License-Identifier: MIT
/** What people type, read without guessing: where two readings are possible, neither is taken. */
import { err, ok, type Result } from '../../lib/protocol/result.ts';

export type AmountProblem =
  | 'empty'
  /** No number. */
  | 'unreadable'
  /** `1,000` or `1.000,5`: a thousand to one reader, one to another. */
  | 'ambiguous'
  /** More digits after the point than the asset has. */
  | 'too_precise'
  | 'zero';

/** A point or a comma may begin the fraction, since many keypads have only one of them; spaces may group thousands. */
export function parseAmount(text: string, decimals: number): Result<bigint, AmountProblem> {
  const compact = text.trim().replace(/(?<=\d)[ \u00a0\u202f'](?=\d{3}(?!\d))/g, '');
  if (compact === '') return err('empty');
  if (!/^[\d.,]+$/.test(compact) || !/\d/.test(compact)) return err('unreadable');
  if ((compact.match(/[.,]/g) ?? []).length > 1) return err('ambiguous');
  if (/^[1-9]\d{0,2},\d{3}$/.test(compact)) return err('ambiguous');
  const [whole = '', fraction = ''] = compact.split(/[.,]/);
  const significant = fraction.replace(/0+$/, '');
  if (significant.length > decimals) return err('too_precise');
  const amount = BigInt(`${whole}${significant.padEnd(decimals, '0')}`);
  return amount === 0n ? err('zero') : ok(amount);
}
