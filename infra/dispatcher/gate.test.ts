// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import { Gate } from './gate.ts';

test('never more at a time than allowed, every task once, in order', async () => {
  const gate = new Gate({ running: 3, waiting: 5_000 });
  let active = 0;
  let most = 0;
  const done: number[] = [];
  for (let index = 0; index < 5_000; index += 1) {
    const taken = gate.offer(async () => {
      active += 1;
      most = Math.max(most, active);
      await Promise.resolve();
      active -= 1;
      done.push(index);
    });
    expect(taken).toBe(true);
  }
  await gate.idle();
  expect(most).toBe(3);
  expect(done).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
});

test('a full line refuses, and a failing task frees its place', async () => {
  const gate = new Gate({ running: 1, waiting: 1 });
  let release = () => {};
  const first = new Promise<void>((resolve) => (release = resolve));
  expect(gate.offer(() => first)).toBe(true);
  let ran = false;
  const second = async () => {
    ran = true;
    throw new Error('the task failed');
  };
  expect(gate.offer(second)).toBe(true);
  expect(gate.offer(async () => {})).toBe(false);
  release();
  await gate.idle();
  expect(ran).toBe(true);
  expect(gate.offer(async () => {})).toBe(true);
  await gate.idle();
});
