// SPDX-License-Identifier: MIT
/** A hub that says what suits it of payments: the real client and the real hub, and an operator with a hand in its store. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { IndraClient } from '../../lib/client/client.ts';
import { transferKey } from '../../lib/hub/transfer-item.ts';
import { ETHER, type Hash } from '../../lib/protocol/types.ts';
import { TOKEN } from '../harness/hub-in-memory.ts';
import { TwoUsers } from './two-users.ts';

const DEPOSIT = 1_000n;
const ID = `0x${'ab'.repeat(32)}` as const as Hash;

let two: TwoUsers;
let alice: IndraClient;
let bob: IndraClient;

beforeEach(async () => {
  two = await TwoUsers.create(DEPOSIT);
  ({ alice, bob } = two);
});

const certain = (client: IndraClient): bigint => client.balance(ETHER).certain;

/** The operator has never heard of it. */
async function deny(transferId: Hash): Promise<void> {
  const { hubStore } = two.world;
  const held = await hubStore.get(transferKey(transferId));
  expect(await hubStore.remove(held!.key, held!.etag)).toEqual({ ok: true });
}

describe('W-D4 a hub that denies a payment', () => {
  const pay = () => alice.transfer({ to: bob.identifier, asset: ETHER, amount: 10n, paymentId: ID });

  test('that its payee has is not paid again by whoever asks with its id', async () => {
    const { transferId } = await two.once(pay());
    await two.pass(5);
    expect([certain(alice), certain(bob)]).toEqual([990n, 1_010n]);
    await deny(transferId);
    expect(await two.once(pay())).toMatchObject({ paymentId: ID, transferId });
    await two.pass(60);
    expect(certain(alice)).toBe(990n);
    alice = await two.restart(two.users[0]);
    expect(await two.once(pay())).toMatchObject({ paymentId: ID, transferId });
    await two.pass(60);
    expect(certain(alice)).toBe(990n);
  });

  test('is not paid again by whoever asks once more after a timeout, without an id', async () => {
    const request = { to: bob.identifier, asset: ETHER, amount: 10n };
    two.weather.loss = 1;
    const { details } = await two.failure(alice.transfer(request));
    two.weather.loss = 0;
    await two.pass(30);
    expect([certain(alice), certain(bob)]).toEqual([990n, 1_010n]);
    const { transferId } = details as { transferId: Hash };
    await deny(transferId);
    expect(await two.once(alice.transfer(request))).toMatchObject({ transferId });
    await two.pass(60);
    expect(certain(alice)).toBe(990n);
  });

  test('that was taken back is not made after all', async () => {
    const { transferId } = await two.once(
      alice.createLink({ asset: ETHER, amount: 10n, paymentId: ID, expiresIn: 3_600 }),
    );
    await two.once(alice.cancel(transferId));
    expect(certain(alice)).toBe(DEPOSIT);
    await deny(transferId);
    const again = alice.createLink({ asset: ETHER, amount: 10n, paymentId: ID, expiresIn: 3_600 });
    expect(await two.failure(again)).toMatchObject({ code: 'duplicate_payment' });
    await two.pass(60);
    expect(certain(alice)).toBe(DEPOSIT);
  });
});

describe('a claim that came too late', () => {
  test('is never told as received, whoever asks for it once more', async () => {
    const { link, transferId } = await two.once(
      alice.createLink({ asset: ETHER, amount: 10n, expiresIn: 3_600 }),
    );
    // The claim is signed and its countersignature lost.
    const { life } = two.users[1];
    void bob.redeem(link).catch(() => {});
    const isClaimed = async (): Promise<boolean> =>
      JSON.stringify((await two.world.hubStore.get(transferKey(transferId)))?.body).includes('"claimed"');
    while (!(await isClaimed())) await two.clock.step();
    life.isDead = true;
    await two.pass(3_600 + 4_000);
    const received: unknown[] = [];
    two.weather.delay = 2_000;
    bob = await two.start(two.users[1]);
    bob.on('payment.received', (event) => received.push(event));
    const answers: string[] = [];
    for (let times = 0; times < 400; times++) {
      if (times % 7 === 0)
        void bob.redeem(link).then(
          () => answers.push('received'),
          ({ code }: { code: string }) => answers.push(code),
        );
      if (times % 20 === 0) void bob.settle().catch(() => {});
      await two.clock.step();
    }
    await two.pass(60);
    expect(bob.balance(ETHER).incoming).toBe(0n);
    expect(new Set(answers)).toEqual(new Set(['transfer_expired']));
    expect(received).toEqual([]);
    expect(certain(bob)).toBe(DEPOSIT);
  });
});

test('W-B4 a hub that says a token has more decimals than it has does not raise what it may keep of it', async () => {
  for (const client of [alice, bob]) {
    two.world.chain.put(client.channelAddress, TOKEN, [10n ** 9n, 10n ** 9n]);
    await two.once(client.settle());
  }
  // The hub says 18, and nobody has ether to enforce anything with.
  two.world.chain.tokenDecimals = 6;
  const held = () => [bob.balance(TOKEN).certain, bob.balance(TOKEN).incoming];
  alice = await two.restart(two.users[0]);
  bob = await two.restart(two.users[1]);
  await two.once(alice.transfer({ to: bob.identifier, asset: TOKEN, amount: 10_000_001n }));
  await two.pass(30);
  expect(held()).toEqual([10n ** 9n, 0n]);
  expect(bob.atRisk(TOKEN)).toEqual({ amount: 0n, limit: 10_000_000n });
  await two.once(alice.transfer({ to: bob.identifier, asset: TOKEN, amount: 9_000_000n }));
  await two.pass(30);
  expect(held()).toEqual([10n ** 9n + 9_000_000n, 0n]);
});
