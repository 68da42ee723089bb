// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import { ETHER, type Hash } from '../../lib/protocol/types.ts';
import { allAlive, complaints, isAtRest, runUntil, type Run } from './model-run.ts';
import { ModelWorld, type ModelUser } from './model-world.ts';
import type { Mortality } from './mortal-store.ts';
import { seededRandom, type Random } from './random.ts';
import type { Weather } from './unreliable-line.ts';
import { VirtualClock } from './virtual-clock.ts';
import { Wishes } from './wishes.ts';

const DEPOSIT = 10_000n;
const SEEDS = Number(process.env['MODEL_SEEDS'] ?? 30);
const FIRST_SEED = Number(process.env['MODEL_FIRST_SEED'] ?? 1);
const WISHES = 24;

const STORM: Weather = { loss: 0.12, duplication: 0.15, delay: 900, echo: 20_000 };
const CALM: Weather = { loss: 0, duplication: 0, delay: 5, echo: 0 };
const DEATHS = 0.03;

function wish(run: Run, number: number): void {
  const { random, wishes, world, clock } = run;
  const pick = (): ModelUser => world.users[random.between(0, world.users.length - 1)]!;
  const by = pick();
  const to = pick();
  const amount = BigInt(random.between(1, 900));
  const paymentId = `0x${number.toString(16).padStart(64, '0')}` as string as Hash;
  const dice = random.next();
  if (dice < 0.1)
    wishes.add({ kind: 'withdraw', by, amount, deadline: clock.now() + random.between(70, 600) });
  else if (dice < 0.3) {
    const isForNobody = to === by;
    wishes.add({
      kind: 'link',
      by,
      to: isForNobody ? null : to,
      amount,
      paymentId,
      expiresIn: isForNobody ? 200 : 7_200,
    });
  } else if (by !== to) wishes.add({ kind: dice < 0.4 ? 'cancel' : 'pay', by, to, amount, paymentId });
}

async function play(
  seed: number,
): Promise<{ readonly complaints: readonly string[]; readonly deaths: number }> {
  const clock = new VirtualClock();
  const random: Random = seededRandom(seed);
  const weather: Weather = { ...CALM };
  let isStormy = false;
  let deaths = 0;
  const mortality: Mortality = {
    deathAt() {
      if (!isStormy || !random.chance(DEATHS)) return null;
      deaths += 1;
      return random.chance(0.5) ? 'before' : 'after';
    },
  };
  const world = await ModelWorld.create({ clock, random, weather, mortality });
  const run: Run = { world, clock, random, wishes: new Wishes(), deposit: DEPOSIT };
  ['alice', 'bob', 'carol'].forEach((name, index) => world.addUser(name, 11 + index));
  await runUntil(run, () => allAlive(run), 'everybody connects');
  for (const { channel } of world.users)
    if (channel !== null) world.chain.put(channel, ETHER, [DEPOSIT, DEPOSIT]);
  Object.assign(weather, STORM);
  isStormy = true;
  for (let number = 1; number <= WISHES; number++) {
    wish(run, number);
    const until = clock.ms + random.between(0, 6_000);
    await runUntil(run, () => clock.ms >= until, 'time passes');
  }
  Object.assign(weather, CALM);
  isStormy = false;
  await runUntil(run, () => run.wishes.areDone, 'wishes come true');
  await runUntil(run, () => isAtRest(run), 'everything comes to rest');
  return { complaints: await complaints(run), deaths };
}

/** In all storms together: a single one may be kind. */
let died = 0;

test.each(Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index))(
  'seed %i: loss, repetition, reordering and deaths change nothing of what is owed (invariants 1 to 8 and 12)',
  async (seed) => {
    const { complaints: found, deaths } = await play(seed);
    expect(found).toEqual([]);
    died += deaths;
  },
  60_000,
);

test('the storms killed', () => {
  expect(died).toBeGreaterThan(SEEDS);
});
