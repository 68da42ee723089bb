// SPDX-License-Identifier: MIT
import { amountParts, formatAmount } from './format-amount.ts';
import { parseAmount } from './parse-amount.ts';

const ETHER = 10n ** 18n;

test.each<[bigint, number, string]>([
  [0n, 18, '0'],
  [1n, 18, '0.000000000000000001'],
  [ETHER, 18, '1'],
  [15n * 10n ** 17n, 18, '1.5'],
  [-ETHER / 4n, 18, '-0.25'],
  [1_234_567n, 6, '1.234567'],
  [42n, 0, '42'],
  [2n ** 128n - 1n, 18, '340282366920938463463.374607431768211455'],
])('%s with %s decimals is written %s, and read back', (amount, decimals, text) => {
  expect(formatAmount(amount, decimals)).toBe(text);
  if (amount > 0n) expect(parseAmount(text, decimals)).toEqual({ ok: true, value: amount });
});

test.each<[bigint, string, string]>([
  [ETHER, '1', ''],
  [1_234_567n * ETHER, '1\u202f234\u202f567', ''],
  [1_123_456_789n * 10n ** 9n, '1.1234', '56789'],
  [1_230_000n * 10n ** 12n, '1.23', ''],
  [123n, '0.00000000000000012', '3'],
])('%s is shown as %s and a faint %s', (amount, head, tail) => {
  expect(amountParts(amount, 18)).toEqual({ head, tail });
});

test.each<[string, bigint]>([
  ['1', ETHER],
  [' 0.5 ', ETHER / 2n],
  ['.5', ETHER / 2n],
  ['0,125', ETHER / 8n],
  ['1,1250', (ETHER * 9n) / 8n],
  ['1.000', ETHER],
  ['1 000', 1_000n * ETHER],
  ['1\u202f234.5', 1_234n * ETHER + ETHER / 2n],
  ['1.50000000000000000000000', (ETHER * 3n) / 2n],
])('reads %s', (text, amount) => {
  expect(parseAmount(text, 18)).toEqual({ ok: true, value: amount });
});

test.each<[string, string]>([
  ['', 'empty'],
  ['  ', 'empty'],
  ['.', 'unreadable'],
  ['1e3', 'unreadable'],
  ['-1', 'unreadable'],
  ['0x10', 'unreadable'],
  ['ten', 'unreadable'],
  ['1 2', 'unreadable'],
  ['1,000', 'ambiguous'],
  ['1.000,50', 'ambiguous'],
  ['1.2.3', 'ambiguous'],
  ['0', 'zero'],
  ['0.000', 'zero'],
  ['0.0000000000000000001', 'too_precise'],
])('takes no guess at %s: %s', (text, problem) => {
  expect(parseAmount(text, 18)).toEqual({ ok: false, error: problem });
});

test('whole units only where the asset has no decimals', () => {
  expect(parseAmount('5.0', 0)).toEqual({ ok: true, value: 5n });
  expect(parseAmount('5.1', 0)).toEqual({ ok: false, error: 'too_precise' });
});
