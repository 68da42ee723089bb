// SPDX-License-Identifier: MIT
/** A caller who passes anything, gives up at any moment and asks again: it harms neither its money nor its client. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { IndraClient } from '../../lib/client/client.ts';
import { ETHER, type Address, type Hash } from '../../lib/protocol/types.ts';
import type { Store } from '../../lib/store/store.ts';
import { TOKEN } from '../harness/hub-in-memory.ts';
import { TwoUsers } from './two-users.ts';

const DEPOSIT = 1_000n;
const ID = `0x${'ab'.repeat(32)}` as const as Hash;
const OUTSIDE = `0x${'99'.repeat(20)}` as const as Address;
const CHECKSUMMED = '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359' as Address;

let two: TwoUsers;
let alice: IndraClient;
let bob: IndraClient;

beforeEach(async () => {
  two = await TwoUsers.create(DEPOSIT);
  ({ alice, bob } = two);
});

const certain = (client: IndraClient): bigint => client.balance(ETHER).certain;
const payment = (amount = 10n) => ({ to: bob.identifier, asset: ETHER, amount });
const withdrawal = (amount = 100n) => ({ asset: ETHER, amount, recipient: OUTSIDE });
const pay = (amount = 10n, paymentId?: Hash) =>
  alice.transfer({ ...payment(amount), ...(paymentId === undefined ? {} : { paymentId }) });

describe('W-D2 what a caller passes', () => {
  const wrong: readonly [string, () => Promise<unknown>][] = [
    ['a number to pay', () => alice.transfer({ ...payment(), amount: 1000 as never })],
    ['a decimal to link', () => alice.createLink({ asset: ETHER, amount: '0.1' as never })],
    ['a number to withdraw', () => alice.withdraw({ ...withdrawal(), amount: 1000 as never })],
    ['a number to deposit', () => alice.deposit({ asset: ETHER, amount: 1000 as never })],
    ['no recipient', () => alice.withdraw({ ...withdrawal(), recipient: undefined as never })],
    ['no link', () => alice.redeem(7 as never)],
    ['no id', () => alice.cancel('latest' as never)],
    ['no options', () => alice.transfer(payment(), 7 as never)],
    ['no action', () => alice.progress(ID, {} as never)],
    ['a passed deadline', () => alice.withdraw({ ...withdrawal(), deadline: 1 })],
  ];

  test('never stops the writer, and is told by field', async () => {
    for (const [, call] of wrong)
      expect(await two.failure(call())).toMatchObject({
        code: 'invalid_argument',
        outcome: 'unchanged',
        details: { field: expect.any(String), reason: expect.any(String) },
      });
    expect(alice.isReadOnly).toBe(false);
    expect(two.world.failures).toEqual([]);
    await two.once(pay());
    await two.pass(5);
    expect([certain(alice), certain(bob)]).toEqual([990n, 1_010n]);
  });

  test('a listener of the app that throws, at once or later, disturbs nobody', async () => {
    const troubles: string[] = [];
    bob.on('trouble', ({ part }) => troubles.push(part));
    bob.on('payment.received', () => {
      throw new Error('the app is broken');
    });
    bob.on('channel.updated', (async () => Promise.reject(new Error('and so is this'))) as never);
    await two.once(pay());
    await two.pass(5);
    await two.once(pay());
    await two.pass(5);
    expect(certain(bob)).toBe(1_020n);
    expect(new Set(troubles)).toEqual(new Set(['listener']));
  });
});

describe('W-D3 a signal that is aborted already', () => {
  const signal = AbortSignal.abort();
  test.each<[string, () => Promise<unknown>]>([
    ['transfer', () => alice.transfer(payment(), { signal })],
    ['transfer with an id', () => alice.transfer({ ...payment(), paymentId: ID }, { signal })],
    ['createLink', () => alice.createLink({ asset: ETHER, amount: 10n }, { signal })],
    ['withdraw', () => alice.withdraw(withdrawal(), { signal })],
    ['deposit', () => alice.deposit({ asset: ETHER, amount: 10n, signer: neverAsked }, { signal })],
    ['cancel', () => alice.cancel(ID, { signal })],
    ['dispute', () => alice.dispute({ signal })],
    ['cancelDispute', () => alice.cancelDispute({ signal })],
    ['settle', () => alice.settle({ signal })],
    ['progress', () => alice.progress(ID, '0x', { signal })],
    ['claim', () => alice.claim(ETHER, OUTSIDE, { signal })],
    ['sendWithdrawal', () => alice.sendWithdrawal(ID, { signal })],
  ])('%s rejects at once and changes nothing', async (_, call) => {
    const before = two.world.book.proposals;
    await expect(call()).rejects.toMatchObject({ code: 'aborted', outcome: 'unchanged' });
    await two.pass(10);
    expect(two.world.book.proposals).toBe(before);
    expect([certain(alice), certain(bob)]).toEqual([DEPOSIT, DEPOSIT]);
  });

  test('redeem leaves the link as it was', async () => {
    const { link } = await two.once(alice.createLink({ asset: ETHER, amount: 10n }));
    await expect(bob.redeem(link, { signal })).rejects.toMatchObject({
      code: 'aborted',
      outcome: 'unchanged',
    });
    await two.pass(10);
    expect(certain(bob)).toBe(DEPOSIT);
    await two.once(bob.redeem(link));
    expect(certain(bob)).toBe(1_010n);
  });

  test('one that is aborted before anything is signed takes the payment back, for its own caller only', async () => {
    const giveUp = new AbortController();
    const first = alice.transfer({ ...payment(), paymentId: ID }, { signal: giveUp.signal });
    const other = alice.transfer({ ...payment(), paymentId: ID });
    giveUp.abort();
    await expect(first).rejects.toMatchObject({ code: 'aborted', details: { paymentId: ID } });
    await two.once(other);
    await two.pass(5);
    expect(certain(alice)).toBe(990n);
  });
});

const neverAsked = {
  estimateGas: () => Promise.reject(new Error('asked')),
  sendTransaction: () => Promise.reject(new Error('asked')),
};

describe('W-D4 a retry after timeout', () => {
  test('of a payment without an id pays once, whether it is pending or was made meanwhile', async () => {
    two.weather.loss = 1;
    const unknown = await two.failure(pay());
    expect(unknown).toMatchObject({
      code: 'timeout',
      outcome: 'unknown',
      details: { paymentId: expect.any(String) },
    });
    const again = await two.failure(pay());
    expect(again.details?.['paymentId']).toBe(unknown.details?.['paymentId']);
    two.weather.loss = 0;
    await two.pass(30);
    expect(certain(bob)).toBe(1_010n);
    expect((await two.once(pay())).paymentId).toBe(unknown.details?.['paymentId']);
    await two.pass(5);
    expect([certain(alice), certain(bob)]).toEqual([990n, 1_010n]);
    // Everybody was told: the same terms are a new payment now.
    await two.once(pay());
    await two.pass(5);
    expect([certain(alice), certain(bob)]).toEqual([980n, 1_020n]);
  });

  test('is the same payment however often the retry fails too', async () => {
    two.weather.loss = 1;
    const { details } = await two.failure(pay());
    for (const options of [{ timeoutMs: 1 }, { timeoutMs: 50 }, { timeoutMs: 7_000 }]) {
      const again = await two.failure(alice.transfer(payment(), options));
      expect(again.details?.['paymentId']).toBe(details?.['paymentId']);
    }
    const giveUp = new AbortController();
    const aborted = alice.transfer(payment(), { signal: giveUp.signal });
    giveUp.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
    two.weather.loss = 0;
    expect((await two.once(pay())).paymentId).toBe(details?.['paymentId']);
    await two.pass(30);
    expect([certain(alice), certain(bob)]).toEqual([990n, 1_010n]);
  });

  test('with the id that the error names pays once, also after a restart', async () => {
    two.weather.loss = 1;
    const { details } = await two.failure(pay());
    two.weather.loss = 0;
    alice = await two.restart(two.users[0]);
    const paid = await two.once(pay(10n, details?.['paymentId'] as Hash));
    expect(paid.paymentId).toBe(details?.['paymentId']);
    await two.pass(30);
    expect([certain(alice), certain(bob)]).toEqual([990n, 1_010n]);
  });

  test('with the id that the error names, while its terms are being stored, is that payment and no other', async () => {
    two.users[0].life.isDead = true;
    const { store } = two.users[0];
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    Object.assign(two.users[0], {
      store: new Proxy(store, {
        get(target, name) {
          const value = Reflect.get(target, name) as unknown;
          if (typeof value !== 'function') return value;
          if (name !== 'put') return value.bind(target);
          return async (...put: Parameters<Store['put']>) => {
            if (put[0].key.startsWith('payment#')) await released;
            return target.put(...put);
          };
        },
      }),
    });
    alice = await two.start(two.users[0]);
    const { code, details } = await two.failure(alice.transfer(payment(), { timeoutMs: 50 }));
    expect(code).toBe('timeout');
    const id = details?.['paymentId'] as Hash;
    expect((await two.failure(pay(11n, id))).code).toBe('id_in_use');
    const again = pay(10n, id);
    release();
    expect((await two.once(again)).paymentId).toBe(id);
    await two.pass(30);
    expect([certain(alice), certain(bob)]).toEqual([990n, 1_010n]);
    expect((await two.failure(pay(11n, id))).code).toBe('id_in_use');
  });

  test('without the id after a restart is what is still in flight', async () => {
    two.weather.loss = 1;
    const { details } = await two.failure(pay());
    two.users[0].life.isDead = true;
    two.weather.loss = 0;
    alice = await two.start(two.users[0]);
    expect((await two.once(pay())).paymentId).toBe(details?.['paymentId']);
    await two.pass(30);
    expect(certain(bob)).toBe(1_010n);
  });

  test('equal payments whose callers all wait are as many payments', async () => {
    await two.once(Promise.all(Array.from({ length: 5 }, () => pay())));
    await two.pass(5);
    expect(certain(bob)).toBe(1_050n);
  });

  test('equal payments that all timed out are each asked for once more', async () => {
    two.weather.loss = 1;
    const unknown = await Promise.all(Array.from({ length: 3 }, () => two.failure(pay())));
    two.weather.loss = 0;
    const paid = await two.once(Promise.all(Array.from({ length: 3 }, () => pay())));
    const idsOf = (ids: readonly unknown[]) => new Set(ids);
    expect(idsOf(paid.map(({ paymentId }) => paymentId))).toEqual(
      idsOf(unknown.map(({ details }) => details?.['paymentId'])),
    );
    await two.pass(30);
    expect(certain(bob)).toBe(1_030n);
  });

  test('of a withdrawal withdraws once, with its id and without', async () => {
    two.weather.loss = 1;
    const unknown = await two.failure(alice.withdraw(withdrawal()));
    expect(unknown).toMatchObject({ code: 'timeout', details: { withdrawalId: expect.any(String) } });
    const withdrawalId = unknown.details?.['withdrawalId'] as Hash;
    two.weather.loss = 0;
    const first = await two.once(alice.withdraw(withdrawal()));
    const second = await two.once(alice.withdraw({ ...withdrawal(), withdrawalId }));
    expect(second).toEqual(first);
    expect(certain(alice)).toBe(900n);
    two.world.executeWithdrawal(first.digest, 100n);
    await two.once(alice.withdrawalExecuted(first.digest));
    await two.pass(40);
    // The record has forgotten it by now; the id has not.
    expect(await two.once(alice.withdraw({ ...withdrawal(), withdrawalId }))).toEqual(first);
    alice = await two.restart(two.users[0]);
    expect(await two.once(alice.withdraw({ ...withdrawal(), withdrawalId }))).toEqual(first);
    await two.pass(5);
    expect(certain(alice)).toBe(900n);
  });

  test('of a withdrawal that came back is told so, and withdraws nothing', async () => {
    const request = {
      ...withdrawal(),
      withdrawalId: ID,
      deadline: two.clock.now() + 90,
      sendBy: 'caller' as const,
    };
    await two.once(alice.withdraw(request));
    await two.pass(200);
    expect(certain(alice)).toBe(DEPOSIT);
    expect(await two.failure(alice.withdraw({ ...withdrawal(), withdrawalId: ID }))).toMatchObject({
      code: 'unknown_withdrawal',
      details: { withdrawalId: ID },
    });
    expect(certain(alice)).toBe(DEPOSIT);
  });

  test('of a deposit that was sent sends nothing again', async () => {
    let sent = 0;
    let confirm = (): void => {};
    const signer = {
      estimateGas: async () => 21_000n,
      async sendTransaction() {
        sent += 1;
        return { hash: '0xfeed', wait: () => new Promise<void>((resolve) => (confirm = resolve)) };
      },
    };
    const request = { asset: ETHER, amount: 50n, signer };
    expect(await two.failure(alice.deposit(request, { timeoutMs: 100 }))).toMatchObject({
      code: 'timeout',
      outcome: 'unknown',
      details: { transactionHash: '0xfeed' },
    });
    const again = alice.deposit(request);
    two.world.chain.put(alice.channelAddress, ETHER, [DEPOSIT + 50n, DEPOSIT]);
    confirm();
    expect(await two.once(again)).toMatchObject({ amount: 50n, transactionHash: '0xfeed' });
    expect([sent, certain(alice)]).toEqual([1, 1_050n]);
  });
});

describe('W-D5 one id with other terms', () => {
  const others: readonly [string, () => Promise<unknown>][] = [
    ['another amount', () => alice.transfer({ ...payment(11n), paymentId: ID })],
    ['another note', () => alice.transfer({ ...payment(), note: 'no', paymentId: ID })],
    ['a link', () => alice.createLink({ asset: ETHER, amount: 10n, paymentId: ID })],
  ];

  test.each(others)('%s is refused, pending and made', async (_, call) => {
    const first = pay(10n, ID);
    expect(await two.failure(call())).toMatchObject({ code: 'id_in_use', details: { paymentId: ID } });
    await two.once(first);
    await two.pass(5);
    expect((await two.failure(call())).code).toBe('id_in_use');
    alice = await two.restart(two.users[0]);
    expect((await two.failure(call())).code).toBe('id_in_use');
    expect(certain(alice)).toBe(990n);
  });

  test('another payee is refused, pending, made, and after a restart', async () => {
    const carol = two.world.addUser('carol', 13);
    const call = () => alice.transfer({ ...payment(), to: carol.identifier, paymentId: ID });
    const first = pay(10n, ID);
    expect((await two.failure(call())).code).toBe('id_in_use');
    await two.once(first);
    await two.pass(5);
    expect((await two.failure(call())).code).toBe('id_in_use');
    expect((await two.once(pay(10n, ID))).paymentId).toBe(ID);
    alice = await two.restart(two.users[0]);
    expect((await two.failure(call())).code).toBe('id_in_use');
  });

  test('of a withdrawal is refused', async () => {
    await two.once(alice.withdraw({ ...withdrawal(), withdrawalId: ID }));
    const other = (change: object) => alice.withdraw({ ...withdrawal(), withdrawalId: ID, ...change });
    for (const change of [{ amount: 101n }, { recipient: alice.address }])
      expect(await two.failure(other(change))).toMatchObject({
        code: 'id_in_use',
        details: { withdrawalId: ID },
      });
    expect(certain(alice)).toBe(900n);
  });
});

test('W-A8 a withdrawal that the hub would not send is refused before anything is signed', async () => {
  const before = two.world.book.proposals;
  const small = { ...withdrawal(2n), asset: TOKEN };
  expect(await two.failure(alice.withdraw(small))).toMatchObject({
    code: 'amount_out_of_range',
    details: { amount: '2', min: '3', sendBy: 'hub' },
  });
  expect((await two.failure(alice.withdraw({ ...small, sendBy: 'caller' }))).code).toBe(
    'insufficient_balance',
  );
  expect(two.world.book.proposals).toBe(before);
});

describe('W-D6 names', () => {
  test('another hub is not paid here, and this one is by its full name', async () => {
    const at = (hub: string) => alice.transfer({ ...payment(), to: `${bob.identifier}@${hub}` });
    expect((await two.failure(at('other.hub'))).code).toBe('other_hub');
    await two.once(at('hub.test'));
    await two.pass(5);
    expect(certain(bob)).toBe(1_010n);
  });

  test('addresses with a checksum are what they are in lower case', async () => {
    const { withdrawal: signed } = await two.once(
      alice.withdraw({ ...withdrawal(), recipient: CHECKSUMMED }),
    );
    expect(signed.recipient).toBe(CHECKSUMMED.toLowerCase());
    const token = `0x${'70'.repeat(20)}`;
    expect(alice.balance(token as Address).asset).toBe(token);
  });

  test('the balance of an asset that nobody knows is an error and not zero', () => {
    expect(() => alice.balance(CHECKSUMMED)).toThrow(expect.objectContaining({ code: 'unknown_asset' }));
    expect(() => alice.balance('ETH' as never)).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    );
  });
});
