// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { IndraClient } from '../../lib/client/client.ts';
import { ETHER, type Address, type Hash } from '../../lib/protocol/types.ts';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import { ModelWorld, type ModelUser } from './model-world.ts';
import { seededRandom } from './random.ts';
import type { Weather } from './unreliable-line.ts';
import { VirtualClock } from './virtual-clock.ts';

const DEPOSIT = 1_000n;
const PAYMENT_ID = `0x${'ab'.repeat(32)}` as const as Hash;
const OUTSIDE = `0x${'99'.repeat(20)}` as const as Address;

let clock: VirtualClock;
let world: ModelWorld;
let weather: Weather;
let users: readonly [ModelUser, ModelUser];
let alice: IndraClient;
let bob: IndraClient;

/** Lets time pass until the promise is settled. */
async function once<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = (): void => void (isSettled = true);
  promise.then(settle, settle);
  for (let steps = 0; steps < 5_000 && !isSettled; steps++) await clock.step();
  return isSettled ? promise : Promise.reject(new Error('nothing settles it'));
}

const pass = async (seconds: number): Promise<void> => {
  const until = clock.ms + seconds * 1000;
  while (clock.ms < until) await clock.step();
};

const failure = (promise: Promise<unknown>): Promise<{ code: string; outcome: string }> =>
  once(
    promise.then(
      () => ({ code: 'none', outcome: 'none' }),
      (error: unknown) => error as { code: string; outcome: string },
    ),
  );

async function start(user: ModelUser): Promise<IndraClient> {
  const client = await once(world.start(user));
  if (client === null) throw new Error('it died');
  return client;
}

beforeEach(async () => {
  clock = new VirtualClock();
  weather = { loss: 0, duplication: 0, delay: 2, echo: 0 };
  world = await ModelWorld.create({
    clock,
    random: seededRandom(3),
    weather,
    mortality: { deathAt: () => null },
  });
  users = [world.addUser('alice', 11), world.addUser('bob', 12)];
  alice = await start(users[0]);
  bob = await start(users[1]);
  for (const client of [alice, bob]) {
    world.chain.put(client.channelAddress, ETHER, [DEPOSIT, DEPOSIT]);
    await once(client.settle());
  }
});

const pay = (amount: bigint, more: { paymentId?: Hash } = {}) =>
  alice.transfer({ to: bob.identifier, asset: ETHER, amount, ...more });

describe('a payment', () => {
  test('reaches a payee who is there, and says so on both sides', async () => {
    const received = new Promise((resolve) => bob.on('payment.received', resolve));
    const completed = new Promise((resolve) => alice.on('payment.completed', resolve));
    const { transferId, paymentId } = await once(
      alice.transfer({ to: bob.identifier, asset: ETHER, amount: 10n, note: 'tea' }),
    );
    expect(await once(received)).toEqual({
      transferId,
      asset: ETHER,
      amount: 10n,
      payer: alice.address,
      sender: alice.identifier,
      note: 'tea',
    });
    expect(await once(completed)).toEqual({
      transferId,
      paymentId,
      asset: ETHER,
      amount: 10n,
      to: bob.identifier,
    });
    expect([alice, bob].map((client) => client.balance(ETHER).certain)).toEqual([990n, 1_010n]);
  });

  test('waits for a payee who is not', async () => {
    await once(bob.close());
    const { transferId } = await once(pay(10n));
    await pass(5);
    expect((await once(alice.transferStatus(transferId))).status).toBe('pending');
    users[1].life.isDead = true;
    bob = await start(users[1]);
    await pass(5);
    expect(bob.balance(ETHER).certain).toBe(1_010n);
    expect((await once(alice.history({ side: 'sent' }))).entries).toMatchObject([
      { transferId, status: 'resolved', to: bob.identifier },
    ]);
  });

  test('made twice with one id is made once, at once, later and after a new start', async () => {
    const [first, second] = await once(
      Promise.all([pay(10n, { paymentId: PAYMENT_ID }), pay(10n, { paymentId: PAYMENT_ID })]),
    );
    expect(second.transferId).toBe(first.transferId);
    await pass(5);
    expect((await once(pay(10n, { paymentId: PAYMENT_ID }))).transferId).toBe(first.transferId);
    expect((await failure(pay(11n, { paymentId: PAYMENT_ID }))).code).toBe('id_in_use');
    await once(alice.close());
    alice = await start(users[0]);
    expect((await once(pay(10n, { paymentId: PAYMENT_ID }))).transferId).toBe(first.transferId);
    expect(alice.balance(ETHER).certain).toBe(990n);
  });

  test('many at once share proposals', async () => {
    const before = world.book.proposals;
    await once(Promise.all(Array.from({ length: 40 }, () => pay(1n))));
    await pass(5);
    expect(bob.balance(ETHER).certain).toBe(1_040n);
    expect(world.book.proposals - before).toBeLessThan(20);
  });

  test.each([
    ['to nobody', { to: 'indra1' }, 'invalid_argument'],
    ['to oneself', { to: 'self' }, 'invalid_transfer'],
    ['of nothing', { amount: 0n }, 'invalid_argument'],
    ['of more than there is', { amount: 1_001n }, 'insufficient_balance'],
    ['of an unknown asset', { asset: OUTSIDE }, 'unknown_asset'],
    ['for longer than the hub holds', { expiresIn: 40 * 86_400 }, 'invalid_transfer'],
  ])('%s is refused, and nothing is changed', async (_, wrong, code) => {
    const request = { to: bob.identifier, asset: ETHER, amount: 10n, ...wrong };
    const to = request.to === 'self' ? alice.identifier : request.to;
    expect(await failure(alice.transfer({ ...request, to }))).toMatchObject({ code, outcome: 'unchanged' });
    expect(alice.balance(ETHER).certain).toBe(DEPOSIT);
  });

  test('nobody answers: unknown to the caller, and made all the same once the line is back', async () => {
    weather.loss = 1;
    expect(await failure(pay(10n, { paymentId: PAYMENT_ID }))).toMatchObject({
      code: 'timeout',
      outcome: 'unknown',
    });
    expect(alice.balance(ETHER)).toMatchObject({ available: 990n, certain: 990n });
    weather.loss = 0;
    await pass(30);
    expect(bob.balance(ETHER).certain).toBe(1_010n);
  });

  test('is taken back while nobody has claimed it, and not after', async () => {
    await once(bob.close());
    const { transferId } = await once(pay(10n));
    await once(alice.cancel(transferId));
    expect(alice.balance(ETHER)).toMatchObject({ certain: DEPOSIT, locked: 0n });
    users[1].life.isDead = true;
    bob = await start(users[1]);
    const second = await once(pay(10n));
    await pass(5);
    expect((await failure(alice.cancel(second.transferId))).code).toBe('transfer_resolved');
  });
});

describe('a link', () => {
  test('pays whoever opens it first, once', async () => {
    const { link } = await once(alice.createLink({ asset: ETHER, amount: 10n }));
    expect(await once(bob.redeem(link))).toMatchObject({ asset: ETHER, amount: 10n });
    expect(bob.balance(ETHER).certain).toBe(1_010n);
    expect((await failure(bob.redeem(link))).code).toBe('transfer_resolved');
    await pass(5);
    expect(alice.balance(ETHER)).toMatchObject({ certain: 990n, locked: 0n });
  });

  test('can be shown again while it is open, also after a new start', async () => {
    const { link, transferId } = await once(alice.createLink({ asset: ETHER, amount: 10n }));
    await once(alice.close());
    alice = await start(users[0]);
    expect(alice.linkOf(transferId)).toBe(link);
  });

  test('nobody opens: the money comes back by itself after it expired', async () => {
    await once(alice.createLink({ asset: ETHER, amount: 10n, expiresIn: 60 }));
    expect(alice.balance(ETHER)).toMatchObject({ certain: 990n, locked: 10n });
    await pass(120);
    expect(alice.balance(ETHER)).toMatchObject({ certain: DEPOSIT, locked: 0n });
  });
});

describe('a withdrawal', () => {
  test('is sent by the hub and seen executed', async () => {
    const { digest, withdrawal } = await once(
      alice.withdraw({ asset: ETHER, amount: 100n, recipient: OUTSIDE }),
    );
    expect(alice.balance(ETHER).certain).toBe(900n);
    world.executeWithdrawal(digest, withdrawal.amount);
    expect(await once(alice.withdrawalExecuted(digest))).toMatchObject({
      digest,
      amount: 100n,
      recipient: OUTSIDE,
    });
    await pass(10);
    expect(alice.balance(ETHER).certain).toBe(900n);
  });

  test('that nobody executes comes back after its deadline', async () => {
    const returned = new Promise((resolve) => alice.on('withdrawal.returned', resolve));
    const { digest } = await once(
      alice.withdraw({
        asset: ETHER,
        amount: 100n,
        recipient: OUTSIDE,
        deadline: clock.now() + 90,
        sendBy: 'caller',
      }),
    );
    expect(await once(returned)).toMatchObject({ digest, amount: 100n });
    expect(alice.balance(ETHER).certain).toBe(DEPOSIT);
  });
});

describe('one writer', () => {
  test('a second device over a copy of the store only reads once the first has gone on', async () => {
    const copy: ModelUser = { ...users[0], store: new MemoryStore() };
    for (const item of (await users[0].store.scan()).items) await copy.store.put(item, 'absent');
    await once(pay(10n));
    await pass(5);
    const second = await start(copy);
    expect(second.isReadOnly).toBe(true);
    expect((await failure(second.transfer({ to: bob.identifier, asset: ETHER, amount: 1n }))).code).toBe(
      'another_writer',
    );
    expect(alice.isReadOnly).toBe(false);
  });

  test('a second process over the same store makes the first read-only, and no version is signed twice (invariant 2)', async () => {
    const second = await start({ ...users[0] });
    await once(second.transfer({ to: bob.identifier, asset: ETHER, amount: 1n }));
    expect((await failure(pay(10n))).code).toBe('another_writer');
    expect(alice.isReadOnly).toBe(true);
    expect(world.book.violations).toEqual([]);
  });
});

test('a lost store is restored from the seed and the hub: money, open payments and their links', async () => {
  const { transferId, link } = await once(alice.createLink({ asset: ETHER, amount: 10n }));
  await once(alice.close());
  const again = await start({ ...users[0], store: new MemoryStore() });
  expect(again.balance(ETHER)).toMatchObject({ available: 990n, certain: 0n, locked: 10n });
  expect(again.restoredVersion).toBeGreaterThan(0n);
  expect(alice.restoredVersion).toBeNull();
  await pass(5);
  expect(again.linkOf(transferId)).toBe(link);
  await once(again.transfer({ to: bob.identifier, asset: ETHER, amount: 5n }));
  expect(again.balance(ETHER).certain).toBe(985n);
  await once(bob.redeem(link));
  await pass(25);
  expect(again.balance(ETHER)).toMatchObject({ certain: 985n, locked: 0n });
  expect(world.book.violations).toEqual([]);
});

test('W-D7 a wallet restored from its seed knows whom it paid, under which id and with which note', async () => {
  const sent = await once(
    alice.transfer({ to: bob.identifier, asset: ETHER, amount: 7n, note: 'for the tea\nand cake' }),
  );
  const { transferId, paymentId } = await once(alice.createLink({ asset: ETHER, amount: 3n }));
  await pass(25);
  await once(alice.close());
  const again = await start({ ...users[0], store: new MemoryStore() });
  await pass(5);
  expect(await once(again.transferStatus(sent.transferId))).toMatchObject({
    to: bob.identifier,
    paymentId: sent.paymentId,
    note: 'for the tea\nand cake',
    status: 'resolved',
  });
  expect(await once(again.transferStatus(transferId))).toMatchObject({ to: null, paymentId, note: null });
  const opened: unknown[] = [];
  again.on('payment.completed', (event) => void opened.push(event));
  const link = again.linkOf(transferId);
  await once(bob.redeem(link ?? ''));
  await pass(25);
  expect(opened).toEqual([expect.objectContaining({ transferId, paymentId })]);
});
