// SPDX-License-Identifier: MIT
const DIGITS = 12;

/** Seconds as an index sorts them: as text, in order. */
export const paddedTime = (seconds: number): string => String(seconds).padStart(DIGITS, '0');
