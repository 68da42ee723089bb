// SPDX-License-Identifier: MIT
/**
 * kill -9 of every process there is, with payments under way (invariant 12): the functions, NATS, the store, a client.
 * Payments finish, or are reported unknown and then finish; balances add up; nobody is asked to do anything.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startProcess } from '../../infra/local/managed-process.ts';
import { waitUntil } from '../../infra/local/wait-until.ts';
import { startWorld, type StoreKind, type World } from '../../infra/local/world.ts';
import { openClientStore } from '../../lib/client/store-node.ts';
import { channelKey } from '../../lib/hub/channel-item.ts';
import { parseTransfer, transferKey } from '../../lib/hub/transfer-item.ts';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import { openStore } from '../../lib/store/open-store.ts';
import { seededRandom, type Random } from '../model/random.ts';
import { DeadHandler } from './dead-handler.ts';
import type { PayerOrder } from './payer-process.ts';
import { PayingUser, welcome } from './paying-user.ts';
import { PaymentBook, requestOf, type BookedPayment } from './payment-book.ts';
import { seeded } from './seeded.ts';

const SEED = 9_012;
const DEPOSIT = 10n ** 15n;
const IN_FLIGHT = 6;

interface Stage {
  readonly world: World;
  readonly users: PayingUser[];
  readonly book: PaymentBook;
  readonly random: Random;
  end(): Promise<void>;
}

async function setStage(store: StoreKind, names: readonly string[]): Promise<Stage> {
  const world = await startWorld({ store, env: { INDRA_LIMITS: JSON.stringify({ handlerLife: 3 }) } });
  const random = seededRandom(SEED);
  const users = names.map(
    (name, index) => new PayingUser(name, world, new Uint8Array(32).fill(71 + index), new MemoryStore()),
  );
  const end = async () => {
    await Promise.all(users.map((user) => user.end()));
    await world.stop();
  };
  try {
    await welcome(users, DEPOSIT);
  } catch (error) {
    await end();
    throw error;
  }
  return { world, users, book: new PaymentBook(world, users, random), random, end };
}

/** Kills a part at a moment the seed chooses and starts it again, while callers go on asking. */
async function killWhilePaying({ world, book, random }: Stage, part: string): Promise<void> {
  await book.flow(IN_FLIGHT, async () => {
    await book.advances(random.between(3, 10));
    await world.part(part).kill();
    await world.part(part).start();
    await book.advances(10);
  });
}

describe('with the store in a file', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage('sqlite', ['alice', 'bob', 'carol']);
  }, 120_000);
  afterAll(() => stage?.end(), 30_000);
  afterEach(() => seeded(SEED, () => stage.book.addsUp()), 60_000);

  test(
    'the functions die',
    () =>
      seeded(SEED, async () => {
        const { world, users, book } = stage;
        const [alice, bob] = users as [PayingUser, PayingUser];
        await book.flow(IN_FLIGHT, async () => {
          await book.advances(stage.random.between(3, 10));
          await world.part('functions-1').kill();
          const late = book.enter(alice, bob, alice.client.channelAddress);
          const asked = alice.client.transfer(requestOf(late), { timeoutMs: 300 });
          await expect(asked).rejects.toMatchObject({ code: 'timeout', outcome: 'unknown' });
          await world.part('functions-1').start();
          await book.send(late);
          await book.isOver(late);
          await book.advances(10);
        });
      }),
    150_000,
  );

  test('NATS dies', () => seeded(SEED, () => killWhilePaying(stage, 'nats')), 150_000);

  test(
    'the client dies, at moments before and after each of its writes',
    () => seeded(SEED, () => clientDies(stage)),
    150_000,
  );

  test(
    'what dead handlers left is finished by the sweep',
    () => seeded(SEED, () => handlersDie(stage)),
    150_000,
  );
});

describe('with the store in a process', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage('dynamodb', ['erin', 'frank', 'grace']);
  }, 120_000);
  afterAll(() => stage?.end(), 30_000);

  test(
    'the store dies',
    () =>
      seeded(SEED, async () => {
        await killWhilePaying(stage, 'store');
        await stage.book.addsUp();
      }),
    150_000,
  );
});

const LIVES = 5;

async function clientDies({ world, users, book, random }: Stage): Promise<void> {
  const key = randomBytes(32);
  const storePath = join(world.folder, 'dora.sqlite');
  const store = await openClientStore(storePath);
  const dora = new PayingUser('dora', world, key, store);
  await welcome([dora], DEPOSIT);
  const { channelAddress } = dora.client;
  await dora.end();
  const [alice, bob] = users as [PayingUser, PayingUser];
  const payments = Array.from({ length: 24 }, (_, number) =>
    book.enter(dora, number % 2 === 0 ? alice : bob, channelAddress, {
      asset: book.assets[number % 3 === 0 ? 1 : 0]!,
      amount: BigInt(random.between(1, 1_000)),
    }),
  );
  const order: PayerOrder = {
    hubUrl: world.hubUrl,
    rpcUrl: world.chain.rpcUrl,
    key: `0x${key.toString('hex')}`,
    storePath,
    inFlight: 4,
    payments: payments.map(({ to, asset, amount, paymentId }) => ({
      ...{ to: to.identifier, asset, paymentId },
      amount: amount.toString(),
    })),
    death: null,
  };

  // Paid while it is dead or about to die: it finds this when it is back.
  const incoming = book.enter(alice, dora, alice.client.channelAddress, { amount: 7n });
  await alice.client.transfer(requestOf(incoming));
  for (let life = 0; life < LIVES; life++) {
    const death = {
      write: random.between(1, 6),
      when: random.chance(0.5) ? ('before' as const) : ('after' as const),
    };
    expect(await runPayer({ ...order, death })).toMatchObject({ signal: 'SIGKILL' });
  }
  const last = await runPayer(order);
  expect(last.said.at(-1)).toBe('done');
  expect(last.said.filter((what) => what === 'paid')).toHaveLength(payments.length);

  dora.wasAlwaysHere = false;
  users.push(await dora.come(await openClientStore(storePath)));
  await book.flow(IN_FLIGHT, () => book.advances(5));
}

/**
 * Three handlers that died between two writes: one had committed a payment and not told of it, one had paid the payee and
 * not written so, one had claimed a payment and not committed it. Nobody who could repeat the request is left.
 */
async function handlersDie({ world, users, book }: Stage): Promise<void> {
  if (world.store.kind !== 'sqlite') throw new Error('needs the store in a file');
  const [alice, bob, carol] = users as [PayingUser, PayingUser, PayingUser];
  const enter = (to: PayingUser) => book.enter(alice, to, alice.client.channelAddress, { amount: 5n });
  const [untold, unresolved, uncommitted] = [enter(bob), enter(bob), enter(carol)] as const;
  const store = await openStore(world.store);
  const statusOf = async ({ transferId }: BookedPayment): Promise<string> => {
    const item = await store.get(transferKey(transferId));
    return item === null ? 'absent' : parseTransfer(item).transfer.status.kind;
  };
  const becomes = (payment: BookedPayment, status: string) =>
    waitUntil(`a transfer to be ${status}`, async () => (await statusOf(payment)) === status);

  const handler = new DeadHandler(world.store.path);
  handler.standsAt({ key: transferKey(untold.transferId) });
  handler.standsAt({ key: transferKey(unresolved.transferId), saying: '"kind":"resolved"' });
  handler.standsAt({ key: channelKey(world.chain.chainId, carol.client.channelAddress) });
  await Promise.all([unresolved, uncommitted].map((payment) => book.send(payment)));
  await waitUntil('bob to be paid', () => bob.received.has(unresolved.transferId));
  await becomes(uncommitted, 'claimed');
  await book.send(untold);
  await Promise.all([bob.leave(), carol.leave()]);
  expect([await statusOf(untold), await statusOf(unresolved)]).toEqual(['absent', 'claimed']);
  await expect(alice.client.cancel(uncommitted.transferId)).rejects.toMatchObject({
    code: 'transfer_claimed',
  });
  // The hub does not know yet what it signed. Whoever asks hears that this is so, not that there is no such payment.
  const askAgain = alice.client.transfer(requestOf(untold), { timeoutMs: 1_000 });
  await expect(askAgain).rejects.toMatchObject({ code: 'timeout', outcome: 'unknown' });

  await world.part('functions-1').kill();
  handler.isGone();
  await world.part('functions-1').start();
  await becomes(untold, 'pending');
  await becomes(unresolved, 'resolved');
  await becomes(uncommitted, 'pending');
  await store.close();
  await book.send(untold);

  // The claim is free again: the payer takes the money back, and the payee's own resend comes too late.
  await alice.client.cancel(uncommitted.transferId);
  await Promise.all([bob.come(), carol.come()]);
  await Promise.all([untold, unresolved].map((payment) => book.isOver(payment)));
  const next = enter(carol);
  await book.send(next);
  await book.isOver(next);
  expect(alice.refunded.get(uncommitted.transferId)).toBe(1);
}

async function runPayer(order: PayerOrder): Promise<{ signal: string | undefined; said: string[] }> {
  const said: string[] = [];
  const child = startProcess({
    name: 'payer',
    command: process.execPath,
    args: ['--no-warnings', join(import.meta.dirname, 'payer-process.ts'), JSON.stringify(order)],
    onLine: (line) => {
      if (line.startsWith('{"what"')) said.push((JSON.parse(line) as { what: string }).what);
    },
  });
  const { signal, code } = await child.exited;
  if (signal === undefined && code !== 0) throw new Error(`the payer failed:\n${child.tail()}`);
  return { signal, said };
}
