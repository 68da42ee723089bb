// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import { versionAfterRestore } from './restore-jump.ts';

const MOST = 1n << 40n;

test('W-A11 two restores from one served state go on at different versions', () => {
  const versions = Array.from({ length: 2_000 }, () => versionAfterRestore(7n, 0n));
  expect(new Set(versions).size).toBe(versions.length);
  const inOrder = versions.toSorted((a, b) => (a < b ? -1 : 1));
  expect(inOrder[0]! - 7n).toBeGreaterThanOrEqual(1n << 31n);
  expect(inOrder.at(-1)! - 7n).toBeLessThan(1n << 39n);
  // Spread over the whole of it, so that what each signs from there does not meet either.
  expect(inOrder.at(-1)! - inOrder[0]!).toBeGreaterThan(1n << 38n);
});

test('W-A11 a device that takes over again and again, and never gets an answer, stays within what the protocol takes', () => {
  let signed = 7n;
  for (let times = 0; times < 50; times++) {
    const next = versionAfterRestore(7n, signed);
    expect(next).toBeGreaterThan(signed);
    signed = next;
  }
  expect(signed).toBeLessThan(7n + MOST);
});
