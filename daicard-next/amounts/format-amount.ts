// SPDX-License-Identifier: MIT
/** Amounts for people. Every digit is kept: what is faint is still there to be read and copied. */

export interface AmountParts {
  /** Whole part and the first digits of the fraction, with the decimal point if there is a fraction. */
  readonly head: string;
  /** The rest of the fraction; empty for most amounts. */
  readonly tail: string;
}

/** Digits of the fraction that are read at a glance. */
const AT_A_GLANCE = 4;

/** `1234.5`: exact, no grouping, no trailing zeros. What `parseAmount` reads back. */
export function formatAmount(amount: bigint, decimals: number): string {
  const { sign, whole, fraction } = digitsOf(amount, decimals);
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The same digits with the thousands set apart by a narrow space, cut in two where the eye stops reading. */
export function amountParts(amount: bigint, decimals: number): AmountParts {
  const { sign, whole, fraction } = digitsOf(amount, decimals);
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, '\u202f');
  // Leading zeros of a small amount are not what it is about: the first digits that count belong to the head.
  const zeros = whole === '0' ? (/^0*/.exec(fraction)?.[0].length ?? 0) : 0;
  const cut = Math.max(AT_A_GLANCE, zeros + 2);
  const head = fraction.slice(0, cut);
  return { head: `${sign}${grouped}${head === '' ? '' : `.${head}`}`, tail: fraction.slice(cut) };
}

function digitsOf(amount: bigint, decimals: number) {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, '0');
  const cut = digits.length - decimals;
  return {
    sign: amount < 0n ? '-' : '',
    whole: digits.slice(0, cut),
    fraction: digits.slice(cut).replace(/0+$/, ''),
  };
}
