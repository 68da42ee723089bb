// SPDX-License-Identifier: MIT
/** Two function processes share one store and one queue group; either dies at any time, and nobody's money notices. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startWorld, type World } from '../../infra/local/world.ts';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import { seededRandom } from '../model/random.ts';
import { PayingUser, welcome } from './paying-user.ts';
import { PaymentBook } from './payment-book.ts';
import { seeded } from './seeded.ts';

const SEED = 20_261;
const DEPOSIT = 10n ** 15n;
const WORKERS = ['functions-1', 'functions-2'] as const;
const DEATHS = 3;
const IN_FLIGHT = 8;

let world: World;
let users: PayingUser[] = [];
/** Countersignatures each worker gave. */
const served = new Map<string, number>();

beforeAll(async () => {
  world = await startWorld({
    store: 'sqlite',
    functions: 2,
    env: { INDRA_LIMITS: JSON.stringify({ handlerLife: 3 }) },
    onLine(part, line) {
      if (/"code":"ok".*"msg":"(install|uninstall|propose)"/.test(line))
        served.set(part, (served.get(part) ?? 0) + 1);
    },
  });
  users = ['alice', 'bob', 'carol', 'dave'].map(
    (name, index) => new PayingUser(name, world, new Uint8Array(32).fill(61 + index), new MemoryStore()),
  );
  await welcome(users, DEPOSIT);
}, 120_000);

afterAll(async () => {
  await Promise.all(users.map((user) => user.end()));
  await world?.stop();
}, 30_000);

test(
  'payments spread over two workers, either is killed and started again, and balances add up',
  () =>
    seeded(SEED, async () => {
      const random = seededRandom(SEED);
      const book = new PaymentBook(world, users, random);
      const first = random.between(0, 1);
      await book.flow(IN_FLIGHT, () => book.advances(20));
      expect([...served.keys()].toSorted()).toEqual(WORKERS);

      await book.flow(IN_FLIGHT, async () => {
        for (let death = 0; death < DEATHS; death++) {
          // Each once at least, in an order and at moments the seed chooses.
          const worker = WORKERS[death < 2 ? (death + first) % 2 : random.between(0, 1)]!;
          const other = WORKERS.find((name) => name !== worker)!;
          await book.advances(random.between(3, 10));
          await world.part(worker).kill();
          const before = served.get(other) ?? 0;
          await book.advances(3);
          expect(served.get(other)).toBeGreaterThan(before);
          await world.part(worker).start();
        }
      });
      served.clear();
      await book.flow(IN_FLIGHT, () => book.advances(20));
      expect([...served.keys()].toSorted()).toEqual(WORKERS);
      await book.addsUp();
    }),
  240_000,
);
