// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createTestHub, TEST_CHAIN, TOKEN, type TestHub } from '../../../test/harness/hub-in-memory.ts';
import { TestUser } from '../../../test/harness/test-user.ts';
import type { InstallOperation, SendRoute } from '../../protocol/operations.ts';
import { ETHER, type Bytes } from '../../protocol/types.ts';
import { loadTransfer } from '../transfers.ts';
import { admitPayment } from './payment-policy.ts';

let world: TestHub;
let alice: TestUser;
let bob: TestUser;

beforeEach(async () => {
  world = await createTestHub();
  [alice, bob] = (await Promise.all([11, 12].map((seed) => new TestUser(world.door, seed).open()))) as [
    TestUser,
    TestUser,
  ];
  await alice.fund(ETHER, 1_000n);
  await bob.fund(ETHER, 0n, 500n);
});

const code = (outcome: { ok: boolean; error?: { code: string } }): string =>
  outcome.ok ? 'ok' : outcome.error!.code;

const routed = (operation: InstallOperation, change: Partial<SendRoute>): InstallOperation => ({
  ...operation,
  route: { ...(operation.route as SendRoute), ...change },
});

describe('what a payer states is taken on only if it signed that (invariants 9 and 16)', () => {
  test.each<[string, Partial<SendRoute>, string]>([
    ['another amount, which the stake contradicts', { amount: 99n }, 'wrong_fee'],
    ['more than the stake', { amount: 101n }, 'wrong_fee'],
    ['another asset', { asset: TOKEN }, 'unsupported_route'],
    ['a chain that is not the hub’s', { toChainId: 137 }, 'unknown_chain'],
    ['another expiry', { expiresAt: 1_800_000_100 }, 'bad_signature'],
    ['other metadata', { metadata: '0x00' }, 'bad_signature'],
    ['another id', { paymentId: `0x${'77'.repeat(32)}` as never }, 'bad_signature'],
    ['no signature to speak of', { signature: `0x${'00'.repeat(65)}` }, 'bad_signature'],
  ])('%s', async (_, change, expected) => {
    const sent = alice.transfer(ETHER, 100n, bob);
    expect(code(await alice.propose(routed(sent.operation, change)))).toBe(expected);
    expect(await loadTransfer(world.hub, sent.transferId)).toBeNull();
    expect(alice.balance(ETHER)).toBe(1_000n);
  });

  test('another’s signature, and another payee than was signed', async () => {
    const sent = alice.transfer(ETHER, 100n, bob);
    const signature = bob.sign(sent.digest);
    expect(code(await alice.propose(routed(sent.operation, { signature })))).toBe('bad_signature');
    const recipient = alice.address;
    expect(code(await alice.propose(routed(sent.operation, { recipient })))).toBe('bad_signature');
  });

  test('W-B6 another chain of the same hub is refused by name: it pays on the payer’s own', () => {
    const route = alice.transfer(ETHER, 100n, bob, { toChainId: 10 }).operation.route as SendRoute;
    const chains = new Map([
      [TEST_CHAIN.chainId, world.chain],
      [10, world.chain],
    ]);
    const { transferId } = alice.transfer(ETHER, 1n, bob);
    const admitted = admitPayment({ recover: world.hub.recover, chains }, alice.channel, {
      transferId,
      staked: { asset: ETHER, amount: 100n },
      route,
    });
    expect(admitted).toMatchObject({ error: { code: 'unsupported_route', details: { toChainId: 10 } } });
  });

  test('what is stored is what was signed, and goes to the payee with the signature', async () => {
    const metadata: Bytes = '0xfeed';
    const sent = alice.transfer(ETHER, 100n, bob, { metadata });
    expect(code(await alice.propose(sent.operation))).toBe('ok');
    const stated = { payer: alice.address, toChainId: 31337, asset: ETHER, amount: 100n, metadata };
    const signature = alice.sign(sent.digest);
    expect((await loadTransfer(world.hub, sent.transferId))!.transfer).toMatchObject({
      ...stated,
      signature,
    });
    expect(world.told.at(-1)!.event).toMatchObject({ transfer: { ...stated, signature } });
  });
});

describe('the claimer’s signature travels with the preimage', () => {
  test.each<[string, (payee: TestUser, payer: TestUser, digest: Uint8Array) => Bytes | undefined]>([
    ['none', () => undefined],
    ['the payer’s own', (_, payer, digest) => payer.sign(digest)],
    ['on something else', (payee, _, digest) => payee.sign(digest.map((byte) => byte ^ 1))],
    ['nothing', () => `0x${'00'.repeat(65)}`],
  ])('%s is refused, and the preimage with it', async (_, signed) => {
    const sent = alice.transfer(ETHER, 100n, bob);
    await alice.propose(sent.operation);
    await bob.propose(bob.claim(sent));
    const [shown, close] = bob.unlock(sent);
    const claimerSignature = signed(bob, alice, sent.digest);
    expect(code(await bob.propose({ ...shown!, claimerSignature } as never, close!))).toBe('unsigned_claim');
    expect((await loadTransfer(world.hub, sent.transferId))!.transfer.status.kind).toBe('claimed');
    expect(code(await bob.propose(...bob.unlock(sent)))).toBe('ok');
  });

  test('it is kept with the transfer and told to the payer', async () => {
    const sent = alice.transfer(ETHER, 100n, bob);
    await alice.propose(sent.operation);
    await bob.propose(bob.claim(sent));
    await bob.propose(...bob.unlock(sent));
    const claimerSignature = bob.sign(sent.digest);
    const { status } = (await loadTransfer(world.hub, sent.transferId))!.transfer;
    expect(status).toMatchObject({ kind: 'resolved', claimerSignature });
    expect(world.told.at(-1)).toMatchObject({
      user: alice.address,
      event: { type: 'transfer.resolved', preimage: sent.preimage, claimerSignature },
    });
  });
});
