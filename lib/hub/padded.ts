// SPDX-License-Identifier: MIT
const DIGITS = 12;

/** Seconds as text that sorts in order. */
export const paddedTime = (seconds: number): string => String(seconds).padStart(DIGITS, '0');
