// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import { ETHER, type Hash } from '../../lib/protocol/types.ts';
import { allAlive, complaints, isAtRest, runUntil, type Run } from './model-run.ts';
import { ModelWorld } from './model-world.ts';
import type { Death, Mortality } from './mortal-store.ts';
import { seededRandom } from './random.ts';
import { VirtualClock } from './virtual-clock.ts';
import { Wishes } from './wishes.ts';

const DEPOSIT = 1_000n;
const CALM = { loss: 0, duplication: 0, delay: 3, echo: 0 };

const idOf = (n: number): Hash => `0x${n.toString(16).padStart(64, '0')}` as string as Hash;

/** One of everything, between two users, with one death. Returns how many writes there were, and what was wrong. */
async function play(
  mortality: Mortality,
): Promise<{ readonly writes: number; readonly complaints: readonly string[] }> {
  const clock = new VirtualClock();
  const random = seededRandom(7);
  let writes = 0;
  const counting: Mortality = {
    deathAt(write) {
      writes += 1;
      return mortality.deathAt(write);
    },
  };
  const world = await ModelWorld.create({ clock, random, weather: CALM, mortality: counting });
  const run: Run = { world, clock, random, wishes: new Wishes(), deposit: DEPOSIT };
  const alice = world.addUser('alice', 11);
  const bob = world.addUser('bob', 12);
  await runUntil(run, () => allAlive(run), 'everybody connects');
  for (const { channel } of world.users)
    if (channel !== null) world.chain.put(channel, ETHER, [DEPOSIT, DEPOSIT]);
  await runUntil(
    run,
    () => world.users.every((user) => user.client?.balance(ETHER).certain === DEPOSIT),
    'deposits count',
  );
  const { wishes } = run;
  wishes.add({ kind: 'pay', by: alice, to: bob, amount: 10n, paymentId: idOf(1) });
  wishes.add({ kind: 'pay', by: bob, to: alice, amount: 20n, paymentId: idOf(2) });
  wishes.add({ kind: 'link', by: alice, to: bob, amount: 40n, paymentId: idOf(3), expiresIn: 3_600 });
  wishes.add({ kind: 'link', by: bob, to: null, amount: 80n, paymentId: idOf(4), expiresIn: 200 });
  wishes.add({ kind: 'withdraw', by: bob, amount: 160n, deadline: clock.now() + 120 });
  await runUntil(run, () => wishes.areDone, 'wishes come true');
  await runUntil(run, () => isAtRest(run), 'everything comes to rest');
  return { writes, complaints: await complaints(run) };
}

const NOBODY_DIES: Mortality = { deathAt: () => null };

function dieAt(number: number, death: Death): Mortality {
  let count = 0;
  return { deathAt: () => ((count += 1) === number ? death : null) };
}

test('nobody dies: everything asked for happens', async () => {
  const { writes, complaints: found } = await play(NOBODY_DIES);
  expect(found).toEqual([]);
  expect(writes).toBeGreaterThan(40);
});

describe.each(['before', 'after'] as const)('a process dies %s one of its writes', (death) => {
  test('money and payments are as if it had not, whichever write it was (invariants 1 to 6, 8 and 12)', async () => {
    const { writes } = await play(NOBODY_DIES);
    const wrong: string[] = [];
    for (let number = 1; number <= writes; number++) {
      const { complaints: found } = await play(dieAt(number, death));
      wrong.push(...found.map((complaint) => `write ${number}: ${complaint}`));
    }
    expect(wrong).toEqual([]);
  }, 300_000);
});
