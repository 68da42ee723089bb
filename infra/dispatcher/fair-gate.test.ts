// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, test } from '@jest/globals';
import { FairGate, type FairGateOptions } from './fair-gate.ts';

const WIDE: FairGateOptions = {
  running: 3,
  perLine: { running: 3, waiting: 5_000 },
  waiting: 5_000,
  patience: 1_000,
};

let now: number;
let order: string[];
let release: Map<string, () => void>;

beforeEach(() => {
  now = 0;
  order = [];
  release = new Map();
});

const gateWith = (options: Partial<FairGateOptions>): FairGate =>
  new FairGate({ ...WIDE, now: () => now, ...options });

/** Runs until it is released. */
const held = (name: string) => (): Promise<void> => {
  order.push(name);
  return new Promise((resolve) => release.set(name, resolve));
};
const quick = (name: string) => async (): Promise<void> => void order.push(name);

test('never more at a time than allowed, every task once, those of one line in order', async () => {
  const gate = new FairGate(WIDE);
  let active = 0;
  let most = 0;
  const done: number[] = [];
  for (let index = 0; index < 5_000; index += 1) {
    const taken = gate.offer('line', async () => {
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
  const gate = gateWith({ running: 1, perLine: { running: 1, waiting: 1 } });
  expect(gate.offer('a', held('first'))).toBe(true);
  let ran = false;
  const second = async () => {
    ran = true;
    throw new Error('the task failed');
  };
  expect(gate.offer('a', second)).toBe(true);
  expect(gate.offer('a', quick('third'))).toBe(false);
  release.get('first')?.();
  await gate.idle();
  expect(ran).toBe(true);
  expect(gate.offer('a', quick('fourth'))).toBe(true);
  await gate.idle();
});

describe('W-C1 one who sends without end', () => {
  test('is one line among others: whoever sends once has the next turn', async () => {
    const gate = gateWith({ running: 1 });
    gate.offer('mallory', held('m0'));
    for (let index = 1; index <= 1_000; index++) gate.offer('mallory', quick(`m${index}`));
    gate.offer('alice', quick('a'));
    gate.offer('bob', quick('b'));
    release.get('m0')?.();
    await gate.idle();
    expect(order.slice(0, 5)).toEqual(['m0', 'm1', 'a', 'b', 'm2']);
  });

  test('runs no more at once than the share of a line, so that others begin at once', async () => {
    const gate = gateWith({ running: 3, perLine: { running: 2, waiting: 10 } });
    for (const name of ['m1', 'm2', 'm3']) gate.offer('mallory', held(name));
    gate.offer('alice', held('a'));
    expect(order).toEqual(['m1', 'm2', 'a']);
    release.get('m1')?.();
    await Promise.resolve();
    await Promise.resolve();
    expect(order).toEqual(['m1', 'm2', 'a', 'm3']);
  });

  test('gives up a waiting place for a line that has none', () => {
    const gate = gateWith({ running: 1, waiting: 4 });
    let given = 0;
    gate.offer('mallory', held('m0'));
    for (let index = 1; index <= 4; index++)
      gate.offer('mallory', quick(`m${index}`), () => void (given += 1));
    expect(gate.offer('mallory', quick('m5'))).toBe(false);
    expect(gate.offer('alice', quick('a'))).toBe(true);
    expect(given).toBe(1);
  });

  test('makes nobody late with what its sender does not wait for any more', async () => {
    const gate = gateWith({ running: 1 });
    gate.offer('mallory', held('m0'));
    for (let index = 1; index <= 10; index++) gate.offer('mallory', quick(`m${index}`));
    now = 1_001;
    gate.offer('mallory', quick('m11'));
    release.get('m0')?.();
    await gate.idle();
    expect(order).toEqual(['m0', 'm11']);
  });
});
