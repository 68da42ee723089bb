// SPDX-License-Identifier: MIT
/** A hub that changes what a payer said: the real client and the real hub, and an operator with a hand in the hub's store. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { IndraClient } from '../../lib/client/client.ts';
import type { ClientEvents } from '../../lib/client/events.ts';
import { loadTransfer } from '../../lib/hub/transfers.ts';
import { transferItem, type Transfer } from '../../lib/hub/transfer-item.ts';
import { toHash, toHex } from '../../lib/protocol/bytes.ts';
import { viewOf } from '../../lib/hub/transfer-view.ts';
import { parseLink } from '../../lib/protocol/link.ts';
import { paymentOf, verifyReceipt, type PaymentReceipt } from '../../lib/protocol/payment.ts';
import { appSecretKey, boundPreimage, lockHashOf, transferSecret } from '../../lib/protocol/secrets.ts';
import { paymentDigest } from '../../lib/protocol/statement-digests.ts';
import { ETHER, ZERO_HASH, type Address, type Bytes, type Hash } from '../../lib/protocol/types.ts';
import { toJson } from '../../lib/protocol/wire/primitives.ts';
import { addressOfPrivateKey, recoverAddress, sign } from '../../lib/signing/native.ts';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import { TEST_CHAIN, TOKEN } from '../harness/hub-in-memory.ts';
import { ModelWorld, type ModelUser } from './model-world.ts';
import { seededRandom } from './random.ts';
import { VirtualClock } from './virtual-clock.ts';

const DEPOSIT = 10_000n;
const PAYMENT_ID = `0x${'ab'.repeat(32)}` as const as Hash;
const ELSEWHERE = `0x${'99'.repeat(20)}` as const as Address;
const DOMAIN = { chainId: TEST_CHAIN.chainId, registry: TEST_CHAIN.registry as string as Address };
/** A payer of the operator's own. */
const MALLORY = new Uint8Array(32).fill(0x66);
const MALLORYS = addressOfPrivateKey(MALLORY) as Address;

let clock: VirtualClock;
let world: ModelWorld;
let users: readonly [ModelUser, ModelUser];
let alice: IndraClient;
let bob: IndraClient;
let refused: ClientEvents['payment.refused'][];
let received: ClientEvents['payment.received'][];

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

const failure = (promise: Promise<unknown>): Promise<{ code: string; details?: { field?: string } }> =>
  once(
    promise.then(
      () => ({ code: 'none' }),
      (error: unknown) => error as { code: string },
    ),
  );

async function start(user: ModelUser): Promise<IndraClient> {
  const client = await once(world.start(user));
  if (client === null) throw new Error('it died');
  client.on('payment.refused', (event) => refused.push(event));
  client.on('payment.received', (event) => received.push(event));
  return client;
}

async function stop(user: ModelUser): Promise<void> {
  await once(user.client!.close());
  user.life.isDead = true;
}

beforeEach(async () => {
  clock = new VirtualClock();
  world = await ModelWorld.create({
    clock,
    random: seededRandom(3),
    weather: { loss: 0, duplication: 0, delay: 2, echo: 0 },
    mortality: { deathAt: () => null },
  });
  users = [world.addUser('alice', 11), world.addUser('bob', 12)];
  [refused, received] = [[], []];
  alice = await start(users[0]);
  bob = await start(users[1]);
  for (const client of [alice, bob])
    for (const asset of [ETHER, TOKEN]) {
      world.chain.put(client.channelAddress, asset, [DEPOSIT, DEPOSIT]);
      await once(client.settle());
    }
});

const held = async (transferId: Hash): Promise<Transfer> =>
  (await loadTransfer(world.hub, transferId))!.transfer;

/** The operator edits what the hub stores. */
async function edit(transferId: Hash, change: (transfer: Transfer) => Transfer): Promise<Transfer> {
  const { transfer, etag } = (await loadTransfer(world.hub, transferId))!;
  expect(await world.hubStore.put(transferItem(change(transfer)), etag)).toMatchObject({ ok: true });
  return transfer;
}

/** A statement of the operator's own, well signed, over the payer's lock. */
function forged(transfer: Transfer, change: Partial<Transfer>): Transfer {
  const stated = { ...transfer, ...change, payer: MALLORYS };
  return { ...stated, signature: toHex(sign(paymentDigest(DOMAIN, paymentOf(stated)), MALLORY)) };
}

/** With a lock that the operator can open. */
function relocked(transfer: Transfer): Transfer {
  const stated = forged(transfer, { amount: 1n });
  const digest = paymentDigest(DOMAIN, paymentOf(stated));
  return { ...stated, lockHash: lockHashOf(boundPreimage(toHash(digest), digest)) };
}

const flipped = (metadata: Bytes | null): Bytes =>
  `${metadata!.slice(0, -1)}${metadata!.endsWith('0') ? '1' : '0'}` as Bytes;

const EDITS: readonly (readonly [string, (transfer: Transfer) => Transfer, string])[] = [
  ['1 in place of 1000', (transfer) => ({ ...transfer, amount: 1n }), 'signature'],
  ['another asset', (transfer) => ({ ...transfer, asset: TOKEN }), 'signature'],
  ['another payer', (transfer) => ({ ...transfer, payer: MALLORYS }), 'signature'],
  ['another chain', (transfer) => ({ ...transfer, toChainId: 1 }), 'toChainId'],
  ['a later expiry', (transfer) => ({ ...transfer, expiresAt: transfer.expiresAt + 1 }), 'signature'],
  ['no note', (transfer) => ({ ...transfer, metadata: null }), 'signature'],
  ['another note', (transfer) => ({ ...transfer, metadata: flipped(transfer.metadata) }), 'signature'],
  ['a statement of the hub’s own', (transfer) => forged(transfer, { amount: 1n }), 'lockHash'],
  ['a statement and a lock of the hub’s own', relocked, 'lockHash'],
];

/** Bob is away while Alice pays him, so that the operator is first. */
async function paidMeanwhile(): Promise<Hash> {
  await stop(users[1]);
  const payment = { to: users[1].identifier, asset: ETHER, amount: 1_000n, note: 'the rent' };
  const { transferId } = await once(alice.transfer(payment));
  return transferId;
}

const nothingLeft = async (transferId: Hash): Promise<void> => {
  expect((await held(transferId)).status).toEqual({ kind: 'pending' });
  expect(bob.balance(ETHER)).toMatchObject({ certain: DEPOSIT, locked: 0n });
  expect(received).toEqual([]);
};

describe('a hub that changes a payment to somebody', () => {
  test.each(EDITS)('W-B1 %s is refused before anything is shown', async (_, change, field) => {
    const transferId = await paidMeanwhile();
    const before = await edit(transferId, change);
    bob = await start(users[1]);
    await pass(30);
    expect(refused).toMatchObject([{ transferId, error: { code: 'terms_differ', details: { field } } }]);
    await nothingLeft(transferId);
    expect((await once(bob.history({ side: 'received' }))).entries).toEqual([]);
    expect(await failure(bob.transferStatus(transferId))).toMatchObject({ code: 'terms_differ' });
    // What was paid is still there for its payee.
    await edit(transferId, (transfer) => ({ ...before, seq: transfer.seq }));
    await once(bob.settle());
    await pass(5);
    expect(received).toMatchObject([
      { transferId, amount: 1_000n, payer: alice.address, sender: alice.identifier, note: 'the rent' },
    ]);
    expect(bob.balance(ETHER).certain).toBe(DEPOSIT + 1_000n);
  });

  test('W-B1 a changed event is believed no more than a changed item, and the payer can take the money back', async () => {
    const transferId = await paidMeanwhile();
    const before = await edit(transferId, (transfer) => ({ ...transfer, recipient: ELSEWHERE }));
    bob = await start(users[1]);
    const { chainId } = TEST_CHAIN;
    const transfer = toJson(viewOf({ ...before, amount: 1n }, { chainId, user: users[1].address }));
    users[1].line!.hear({ v: 2, id: 'event', type: 'transfer.pending', transferId, transfer } as never);
    await pass(30);
    expect(refused).toMatchObject([{ transferId, error: { details: { field: 'signature' } } }]);
    await nothingLeft(transferId);
    await edit(transferId, () => before);
    await stop(users[1]);
    await once(alice.cancel(transferId));
    expect(alice.balance(ETHER)).toMatchObject({ certain: DEPOSIT, locked: 0n });
  });

  test('W-B1 afterwards too: neither side’s history believes what the hub says of a payment', async () => {
    const payment = { to: bob.identifier, asset: ETHER, amount: 1_000n, note: 'the rent' };
    const { transferId } = await once(alice.transfer(payment));
    await pass(5);
    await edit(transferId, (transfer) => ({ ...transfer, amount: 7n, metadata: null, expiresAt: 1 }));
    expect((await once(bob.history({ side: 'received' }))).entries).toEqual([]);
    const [sent] = (await once(alice.history({ side: 'sent' }))).entries;
    expect(sent).toMatchObject({ amount: 1_000n, note: 'the rent', to: bob.identifier, status: 'resolved' });
    expect(await once(alice.transferStatus(transferId))).toMatchObject({ amount: 1_000n });
  });
});

describe('a hub that changes what a link brings', () => {
  test.each(EDITS)(
    'W-B1 %s: the link says so before it is opened, and cannot be',
    async (_, change, field) => {
      const { link, transferId } = await once(
        alice.createLink({ asset: ETHER, amount: 1_000n, note: 'hello' }),
      );
      const before = await edit(transferId, change);
      const differs = { code: 'terms_differ', details: { field } };
      expect(await failure(bob.linkStatus(link))).toMatchObject(differs);
      expect(await failure(bob.redeem(link))).toMatchObject(differs);
      await nothingLeft(transferId);
      await edit(transferId, (transfer) => ({ ...before, seq: transfer.seq }));
      expect(await once(bob.redeem(link))).toMatchObject({ asset: ETHER, amount: 1_000n });
      expect(bob.balance(ETHER).certain).toBe(DEPOSIT + 1_000n);
    },
  );

  test('W-B1 a link is not turned into somebody’s, nor opened with another secret', async () => {
    const { link, transferId } = await once(alice.createLink({ asset: ETHER, amount: 1_000n }));
    const before = await edit(transferId, (transfer) => ({ ...transfer, recipient: bob.address }));
    expect(await failure(bob.redeem(link))).toMatchObject({ code: 'terms_differ' });
    await edit(transferId, () => before);
    const other = await once(alice.createLink({ asset: ETHER, amount: 1_000n }));
    const mixed = link.split('.').toSpliced(3, 1, other.link.split('.')[3]!).join('.');
    expect(parseLink(mixed).ok).toBe(true);
    expect(await failure(bob.redeem(mixed))).toMatchObject({ code: 'not_recipient' });
    await nothingLeft(transferId);
  });

  test('an honest one shows amount, sender and note as they were signed, before and after', async () => {
    const { link, transferId } = await once(
      alice.createLink({ asset: ETHER, amount: 1_000n, note: 'hello' }),
    );
    const facts = { amount: 1_000n, payer: alice.address, from: alice.identifier, note: 'hello' };
    expect(await once(bob.linkStatus(link))).toMatchObject({
      ...facts,
      direction: 'link',
      status: 'pending',
    });
    expect(await failure(bob.transferStatus(transferId))).toMatchObject({ code: 'not_recipient' });
    await once(bob.redeem(link));
    expect(received).toMatchObject([{ transferId, sender: alice.identifier, note: 'hello' }]);
    await stop(users[1]);
    bob = await start(users[1]);
    expect((await once(bob.history({ side: 'received' }))).entries).toMatchObject([
      { ...facts, transferId, direction: 'received', status: 'resolved' },
    ]);
  });
});

test('the hub cannot read a note', async () => {
  const payment = { to: bob.identifier, asset: ETHER, amount: 5n, note: 'nobody else’s business' };
  const { transferId } = await once(alice.transfer(payment));
  await pass(5);
  const { metadata } = await held(transferId);
  expect(received).toMatchObject([{ note: payment.note }]);
  expect(Buffer.from(metadata!.slice(2), 'hex').toString()).not.toContain('business');
});

describe('the other chain’s coin', () => {
  test('W-B6 a payment for this chain is taken for no other, whatever the hub serves', async () => {
    const transferId = await paidMeanwhile();
    await edit(transferId, (transfer) => ({ ...transfer, toChainId: 137 }));
    bob = await start(users[1]);
    await pass(30);
    expect(refused).toMatchObject([{ error: { code: 'terms_differ', details: { field: 'toChainId' } } }]);
    await nothingLeft(transferId);
  });

  test('W-B6 what its payer truly signed for another chain is not claimed on this one', async () => {
    const transferId = await paidMeanwhile();
    const secret = transferSecret(appSecretKey(users[0].key), transferId);
    await edit(transferId, (transfer) => {
      const stated = { ...transfer, toChainId: 137 };
      const digest = paymentDigest(DOMAIN, paymentOf(stated));
      const lockHash = lockHashOf(boundPreimage(secret, digest));
      return { ...stated, lockHash, signature: toHex(sign(digest, users[0].key)) };
    });
    bob = await start(users[1]);
    await pass(30);
    expect(refused).toMatchObject([{ error: { code: 'terms_differ', details: { field: 'toChainId' } } }]);
    await nothingLeft(transferId);
    await edit(transferId, (transfer) => ({ ...transfer, toChainId: 31337 }));
    expect(await failure(bob.transferStatus(transferId))).toMatchObject({ details: { field: 'signature' } });
    await nothingLeft(transferId);
  });
});

describe('a receipt', () => {
  const paid = async (): Promise<PaymentReceipt> => {
    const { transferId } = await once(alice.transfer({ to: bob.identifier, asset: ETHER, amount: 40n }));
    await pass(5);
    return once(alice.receipt(transferId));
  };

  test('proves who received what, to anybody, and fails with any field changed', async () => {
    const receipt = await paid();
    expect(verifyReceipt(DOMAIN, receipt, recoverAddress)).toEqual({
      ok: true,
      value: { claimer: bob.address },
    });
    const { payment } = receipt;
    const word = `0x${'12'.repeat(32)}` as Hash;
    const changes: Partial<PaymentReceipt>[] = [
      ...Object.entries({
        transferId: word,
        payer: bob.address,
        payee: ELSEWHERE,
        toChainId: 1,
        asset: TOKEN,
        amount: 41n,
        expiresAt: payment.expiresAt + 1,
        metadataHash: ZERO_HASH,
      }).map(([field, value]) => ({ payment: { ...payment, [field]: value } })),
      { payerSignature: receipt.claimerSignature! },
      { claimerSignature: receipt.payerSignature },
      { claimerSignature: null },
      { preimage: word },
      { lockHash: word },
    ];
    for (const change of changes)
      expect(verifyReceipt(DOMAIN, { ...receipt, ...change }, recoverAddress)).toMatchObject({
        error: { code: 'invalid_receipt' },
      });
    const elsewhere = { ...DOMAIN, chainId: 1 };
    expect(verifyReceipt(elsewhere, receipt, recoverAddress).ok).toBe(false);
  });

  test('is kept: the hub is not asked again, nor after a new start', async () => {
    const receipt = await paid();
    const { transferId } = receipt.payment;
    await edit(transferId, (transfer) => ({ ...transfer, amount: 1n, status: { kind: 'pending' } }));
    expect(await once(alice.receipt(transferId))).toEqual(receipt);
    await stop(users[0]);
    alice = await start(users[0]);
    expect(await once(alice.receipt(transferId))).toEqual(receipt);
  });

  test('of a link names who opened it; a signature that does not hold is left out', async () => {
    const { link, transferId } = await once(alice.createLink({ asset: ETHER, amount: 40n }));
    expect(await failure(alice.receipt(transferId))).toMatchObject({ code: 'transfer_pending' });
    await stop(users[0]);
    await once(bob.redeem(link));
    await edit(transferId, (transfer) => ({
      ...transfer,
      status: { ...transfer.status, claimerSignature: `0x${'00'.repeat(65)}` } as Transfer['status'],
    }));
    alice = await start(users[0]);
    await pass(5);
    expect(alice.balance(ETHER)).toMatchObject({ certain: DEPOSIT - 40n, locked: 0n });
    const receipt = await once(alice.receipt(transferId));
    expect(receipt.claimerSignature).toBeNull();
    expect(verifyReceipt(DOMAIN, receipt, recoverAddress).ok).toBe(false);
    const signature = toHex(sign(paymentDigest(DOMAIN, receipt.payment), users[1].key));
    await edit(transferId, (transfer) => ({
      ...transfer,
      status: { ...transfer.status, claimerSignature: signature } as Transfer['status'],
    }));
    const whole = await once(alice.receipt(transferId));
    expect(verifyReceipt(DOMAIN, whole, recoverAddress)).toMatchObject({ value: { claimer: bob.address } });
  });

  test('is had by the seed alone, and of nobody else’s payment', async () => {
    const { payment } = await paid();
    expect(await failure(bob.receipt(payment.transferId))).toMatchObject({ code: 'unknown_transfer' });
    await stop(users[0]);
    Object.assign(users[0], { store: new MemoryStore() });
    alice = await start(users[0]);
    const receipt = await once(alice.receipt(payment.transferId));
    expect(verifyReceipt(DOMAIN, receipt, recoverAddress).ok).toBe(true);
  });
});

describe('one id, one payment', () => {
  const request = { to: '', asset: ETHER, amount: 10n, note: 'tea', paymentId: PAYMENT_ID, expiresIn: 3_600 };

  test('W-D5 the same id with anything else changed is refused, agreed or not', async () => {
    const carol = world.addUser('carol', 13);
    const first = { ...request, to: bob.identifier };
    const agreed = await once(alice.transfer(first));
    for (const change of [
      { to: carol.identifier },
      { asset: TOKEN },
      { amount: 11n },
      { note: 'coffee' },
      { expiresIn: 3_601 },
    ]) {
      const { code } = await failure(alice.transfer({ ...first, ...change }));
      expect([Object.keys(change)[0], code]).toEqual([Object.keys(change)[0], 'duplicate_payment']);
    }
    const { to: _, ...link } = first;
    expect(await failure(alice.createLink(link))).toMatchObject({ code: 'duplicate_payment' });
    await pass(60);
    expect(await once(alice.transfer(first))).toMatchObject({ expiresAt: agreed.expiresAt });
    expect(alice.balance(ETHER).certain).toBe(DEPOSIT - 10n);
  });

  test('W-D5 its terms are fixed before it is signed: a later try is the same payment, with one lock', async () => {
    const first = { ...request, to: bob.identifier, amount: DEPOSIT + 1n };
    expect(await failure(alice.transfer(first))).toMatchObject({ code: 'insufficient_balance' });
    const began = clock.now();
    await pass(100);
    expect(await failure(alice.transfer({ ...first, amount: 10n }))).toMatchObject({
      code: 'duplicate_payment',
    });
    world.chain.put(alice.channelAddress, ETHER, [DEPOSIT + 5n, DEPOSIT]);
    await once(alice.settle());
    const made = await once(alice.transfer(first));
    expect(made.expiresAt).toBeLessThanOrEqual(began + 3_600);
  });

  test('W-D5 a store that was lost does not make a second payment of it, and knows it again', async () => {
    const first = { ...request, to: bob.identifier };
    const made = await once(alice.transfer(first));
    await pass(20);
    await stop(users[0]);
    Object.assign(users[0], { store: new MemoryStore() });
    alice = await start(users[0]);
    await pass(20);
    expect(await once(alice.transfer(first))).toMatchObject({ expiresAt: made.expiresAt });
    const receipt = await once(alice.receipt(made.transferId));
    expect(verifyReceipt(DOMAIN, receipt, recoverAddress).ok).toBe(true);
    expect((await once(alice.history({ side: 'sent' }))).entries).toMatchObject([
      { status: 'resolved', amount: 10n, note: 'tea' },
    ]);
    expect(bob.balance(ETHER).certain).toBe(DEPOSIT + 10n);
  });

  test('W-D5 a store that was lost takes the id for no other payment', async () => {
    const made = await once(alice.transfer({ ...request, to: bob.identifier }));
    await pass(20);
    await stop(users[0]);
    Object.assign(users[0], { store: new MemoryStore() });
    alice = await start(users[0]);
    await pass(20);
    const other = { ...request, to: bob.identifier, amount: 11n };
    expect(await failure(alice.transfer(other))).toMatchObject({ code: 'duplicate_payment' });
    expect((await once(alice.history({ side: 'sent' }))).entries).toMatchObject([
      { transferId: made.transferId, amount: 10n, note: 'tea' },
    ]);
  });
});
