// SPDX-License-Identifier: MIT
import 'fake-indexeddb/auto';
import type { IndraClient } from '../../lib/client/client.ts';
import { IndraError } from '../../lib/client/indra-error.ts';
import { ETHER, type Address, type Hash } from '../../lib/protocol/types.ts';
import { Journal } from '../history/journal.ts';
import { Outbox } from './outbox.ts';

type Asked = { readonly paymentId?: Hash | undefined };

let count = 0;

async function setUp(answer: () => Promise<unknown>) {
  const channelAddress = `0x${(++count).toString(16).padStart(40, '0')}` as Address;
  const asked: Asked[] = [];
  const ask = (request: Asked): Promise<never> => {
    asked.push(request);
    return answer() as Promise<never>;
  };
  let known = false;
  const client = {
    chainId: 31337,
    channelAddress,
    transfer: ask,
    createLink: ask,
    transferStatus: () =>
      known ? (Promise.resolve({}) as Promise<never>) : Promise.reject(IndraError.from('unknown_transfer')),
  } satisfies Partial<IndraClient>;
  const journal = await Journal.open(channelAddress);
  const outbox = new Outbox(client, journal, 20);
  const statusOf = (id: Hash) => journal.find('payment', id)?.status;
  const until = async (id: Hash, status: string) => {
    while (statusOf(id) !== status) await new Promise((resolve) => journal.subscribe(() => resolve(null)));
  };
  return { client, journal, outbox, asked, statusOf, until, arrive: () => (known = true) };
}

const draft = { to: 'indra…', asset: ETHER, amount: 5n, note: null, expiresIn: null };

test('an answer makes it sent, a refusal refused', async () => {
  const good = await setUp(async () => ({}));
  await good.until(await good.outbox.pay(draft), 'sent');
  const bad = await setUp(() => Promise.reject(IndraError.from('insufficient_balance')));
  const id = await bad.outbox.pay(draft);
  await bad.until(id, 'refused');
  expect(bad.journal.find('payment', id)?.code).toBe('insufficient_balance');
});

test('silence is unknown, never refused; the late answer still counts', async () => {
  let answer = (): void => {};
  const world = await setUp(() => new Promise((resolve) => (answer = () => resolve({}))));
  const id = await world.outbox.pay(draft);
  await world.until(id, 'unknown');
  answer();
  await world.until(id, 'sent');
});

test('every try is the same payment', async () => {
  let tries = 0;
  const world = await setUp(() =>
    ++tries === 1 ? Promise.reject(IndraError.from('timeout')) : Promise.resolve({}),
  );
  const id = await world.outbox.pay(draft);
  await world.until(id, 'unknown');
  await new Promise((resolve) => setTimeout(resolve, 5));
  world.outbox.retry(id);
  await world.until(id, 'sent');
  expect(world.asked.map((request) => request.paymentId)).toEqual([id, id]);
  world.outbox.retry(id);
  expect(world.asked).toHaveLength(2);
});

test('a retry that finds the payment made is no failure', async () => {
  const world = await setUp(() => Promise.reject(IndraError.from('duplicate_payment')));
  await world.until(await world.outbox.pay(draft), 'sent');
});

test('after a restart it is unknown under its old id, and found by looking', async () => {
  const world = await setUp(() => new Promise(() => {}));
  const id = await world.outbox.pay(draft);
  const journal = await Journal.open(world.client.channelAddress);
  const outbox = new Outbox(world.client, journal, 20);
  expect(journal.find('payment', id)?.status).toBe('sending');
  await outbox.recover();
  await outbox.check();
  expect(journal.find('payment', id)?.status).toBe('unknown');
  world.arrive();
  await outbox.check();
  expect(journal.find('payment', id)?.status).toBe('sent');
});
