// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import { acquireLock, browserLocks, NO_LOCK } from './writer-lock.ts';

const locks = (globalThis.navigator as unknown as { locks: Parameters<typeof acquireLock>[0] }).locks;

test('one tab holds it; the next gets it when the first lets go', async () => {
  const first = await acquireLock(locks, 'channel a');
  const second = await acquireLock(locks, 'channel a');
  expect([first.isHeld, second.isHeld]).toEqual([true, false]);
  const became = new Promise<void>((resolve) => second.whenHeld(resolve));
  first.release();
  await became;
  const third = await acquireLock(locks, 'channel a');
  expect(third.isHeld).toBe(false);
  second.release();
});

test('one that stopped waiting never gets it', async () => {
  const first = await acquireLock(locks, 'channel b');
  const second = await acquireLock(locks, 'channel b');
  second.whenHeld(() => {
    throw new Error('it was let go');
  });
  second.release();
  first.release();
  const third = await acquireLock(locks, 'channel b');
  // Letting go takes a turn of the browser's, so the third may have to wait for it; the second never stands before it.
  if (!third.isHeld) await new Promise<void>((resolve) => third.whenHeld(resolve));
  third.release();
});

test('outside a browser the store alone keeps writers apart', async () => {
  expect(browserLocks()).toBeNull();
  expect(await acquireLock(null, 'channel c')).toBe(NO_LOCK);
});
