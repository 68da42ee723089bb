// SPDX-License-Identifier: MIT
import { describe, expect, test, beforeEach } from '@jest/globals';
import { createTestHub, TEST_TERMS, TOKEN, type TestHub } from '../../test/harness/hub-in-memory.ts';
import { TestUser } from '../../test/harness/test-user.ts';
import { settleSpan } from '../protocol/deadlines.ts';
import { ETHER, type Hash } from '../protocol/types.ts';
import { loadChannel } from './channels.ts';
import { transfer } from './operations/transfer.ts';
import { sweep } from './timers/sweep.ts';
import { watch } from './timers/watch.ts';
import { claimTransfer, transferItem, transferKey, type Claim } from './transfer-item.ts';
import { loadTransfer, releaseClaim } from './transfers.ts';

let world: TestHub;
let alice: TestUser;
let bob: TestUser;
let carol: TestUser;

beforeEach(async () => {
  world = await createTestHub();
  [alice, bob, carol] = (await Promise.all(
    [11, 12, 13].map((seed) => new TestUser(world.door, seed).open()),
  )) as [TestUser, TestUser, TestUser];
  await alice.fund(ETHER, 1000n);
  await bob.fund(ETHER, 0n, 500n);
  await carol.fund(ETHER, 5n, 500n);
});

const code = (outcome: { ok: boolean; error?: { code: string } }): string =>
  outcome.ok ? 'ok' : outcome.error!.code;

const hubBalances = async (): Promise<bigint> => {
  let total = 0n;
  for (const user of [alice, bob, carol]) {
    const loaded = await loadChannel(world.hub, 31337, user.channel.address);
    for (const entry of loaded!.body.state.ledger.assets) total += entry.balances[1];
  }
  return total;
};

/** What a handler leaves that died between its claim and its commit. */
async function claimOnly(transferId: Hash, claim: Claim): Promise<void> {
  const { transfer: held, etag } = (await loadTransfer(world.hub, transferId))!;
  const claimed = claimTransfer(held, claim, world.hub.clock.now() + world.hub.config.limits.handlerLife);
  if (!claimed.ok) throw new Error(claimed.error.code);
  expect(await world.hub.store.put(transferItem(claimed.value), etag)).toMatchObject({ ok: true });
}

describe('a routed payment', () => {
  test('moves the money when the payee shows the preimage, and the payer settles with it', async () => {
    const before = await hubBalances();
    const sent = alice.transfer(ETHER, 100n, bob);
    expect(code(await alice.propose(sent.operation))).toBe('ok');
    expect(world.told.at(-1)).toMatchObject({
      user: bob.address,
      event: {
        type: 'transfer.pending',
        transferId: sent.transferId,
        transfer: { role: 'payee', amount: 100n },
      },
    });
    expect(code(await bob.propose(bob.claim(sent)))).toBe('ok');
    expect(code(await bob.propose(...bob.unlock(sent)))).toBe('ok');
    expect(bob.balance(ETHER)).toBe(100n);
    expect((await loadTransfer(world.hub, sent.transferId))?.transfer.status.kind).toBe('resolved');
    expect(world.told.at(-1)).toMatchObject({ user: alice.address, event: { type: 'transfer.resolved' } });
    expect(code(await alice.propose(...alice.unlock(sent)))).toBe('ok');
    expect(alice.balance(ETHER)).toBe(900n);
    expect(await hubBalances()).toBe(before);
  });

  test('leaves nothing behind: outbox and routes are empty one proposal later', async () => {
    const sent = alice.transfer(ETHER, 100n, bob);
    await alice.propose(sent.operation);
    await bob.propose(bob.claim(sent));
    await bob.propose(...bob.unlock(sent));
    await alice.propose(...alice.unlock(sent));
    const next = bob.transfer(ETHER, 1n, alice);
    await bob.propose(next.operation);
    for (const user of [alice, bob]) {
      const { body } = (await loadChannel(world.hub, 31337, user.channel.address))!;
      expect(body.outbox.filter((effect) => effect.kind !== 'create')).toEqual([]);
      expect(body.routes.map((route) => route.transferId)).not.toContain(sent.transferId);
    }
  });

  test('by link: the bearer proves the secret without showing it, bound to its own channel (invariant 9)', async () => {
    const sent = alice.transfer(ETHER, 7n, null);
    await alice.propose(sent.operation);
    const stolen = { ...carol.claim(sent), route: bob.claim(sent).route };
    expect(code(await carol.propose(stolen))).toBe('not_recipient');
    expect(code(await bob.propose(bob.claim(sent)))).toBe('ok');
    expect(code(await bob.propose(...bob.unlock(sent)))).toBe('ok');
    expect(bob.balance(ETHER)).toBe(7n);
  });
});

describe('idempotency (invariant 5)', () => {
  test('the same proposal gets the same reply, however often and whatever came after it in the store', async () => {
    const sent = alice.transfer(ETHER, 100n, bob);
    const proposal = alice.proposal([sent.operation]);
    const first = await alice.send(proposal);
    expect(code(first)).toBe('ok');
    await world.pass(5);
    expect(await alice.send(proposal)).toEqual(first);
    expect(await alice.send(proposal)).toEqual(first);
  });

  test('a reply given again stands for its effects too, whatever its first handler lived to do (invariant 12)', async () => {
    const sent = alice.transfer(ETHER, 100n, null);
    const proposal = alice.proposal([sent.operation]);
    const first = await alice.send(proposal);
    const made = (await loadTransfer(world.hub, sent.transferId))!;
    await world.hub.store.remove(transferKey(sent.transferId), made.etag);
    expect(await alice.send(proposal)).toEqual(first);
    expect((await loadTransfer(world.hub, sent.transferId))?.transfer).toEqual(made.transfer);
  });

  test('a payment id is used once, whether its first transfer is open, refunded or paid', async () => {
    const sent = alice.transfer(ETHER, 10n, bob);
    await alice.propose(sent.operation);
    const { route } = sent.operation;
    if (route?.kind !== 'send') throw new Error('not a payment');
    const again = alice.transfer(ETHER, 10n, bob, { paymentId: route.paymentId });
    expect(code(await alice.propose(again.operation))).toBe('duplicate_payment');
    await bob.propose(bob.claim(sent));
    await bob.propose(...bob.unlock(sent));
    await alice.propose(...alice.unlock(sent));
    expect(code(await alice.propose(again.operation))).toBe('duplicate_payment');
  });

  test('two different proposals at one version: one is agreed, the other learns the state', async () => {
    const one = alice.proposal([alice.transfer(ETHER, 10n, bob).operation]);
    const two = alice.proposal([alice.transfer(ETHER, 20n, bob).operation]);
    const replies = await Promise.all([alice.send(one), alice.send(two)]);
    expect(replies.map(code).sort()).toEqual(['ok', 'stale_version']);
  });
});

describe('one transfer, one payee (invariant 6)', () => {
  test('a link raced by two channels is claimed by one; the other is told to wait, then that it is paid', async () => {
    const sent = alice.transfer(ETHER, 50n, null);
    await alice.propose(sent.operation);
    const claims = [bob, carol].map((user) => user.propose(user.claim(sent)));
    const replies = (await Promise.all(claims)).map(code);
    expect(replies.sort()).toEqual(['ok', 'transfer_claimed']);
    const winner = bob.state.apps.length === 1 ? bob : carol;
    const loser = winner === bob ? carol : bob;
    await winner.propose(...winner.unlock(sent));
    expect(code(await loser.propose(loser.claim(sent)))).toBe('transfer_resolved');
  });

  test('a claim whose channel never committed is released, and an old attempt can no longer commit it (rule 5)', async () => {
    const sent = alice.transfer(ETHER, 50n, null);
    await alice.propose(sent.operation);
    const dead = { channel: bob.channel.address, appId: `0x${'99'.repeat(32)}` as never, user: bob.address };
    await claimOnly(sent.transferId, dead);
    const before = await loadChannel(world.hub, 31337, bob.channel.address);
    expect(code(await carol.propose(carol.claim(sent)))).toBe('transfer_claimed');
    await world.pass(31);
    await sweep(world.hub, world.chain);
    const after = await loadChannel(world.hub, 31337, bob.channel.address);
    expect(after?.etag).not.toBe(before?.etag);
    expect(after?.body).toEqual(before?.body);
    expect(code(await carol.propose(carol.claim(sent)))).toBe('ok');
  });

  test("a channel's own superseded claim does not stand in its way", async () => {
    const sent = alice.transfer(ETHER, 50n, bob);
    await alice.propose(sent.operation);
    const lost = { channel: bob.channel.address, appId: `0x${'98'.repeat(32)}` as never, user: bob.address };
    await claimOnly(sent.transferId, lost);
    expect(code(await bob.propose(bob.claim(sent)))).toBe('ok');
  });

  test('an open claim is not released', async () => {
    const sent = alice.transfer(ETHER, 50n, bob);
    await alice.propose(sent.operation);
    await bob.propose(bob.claim(sent));
    const released = await releaseClaim(world.hub, sent.transferId);
    expect(released.ok && released.value.status.kind).toBe('claimed');
  });
});

describe('refund', () => {
  test('needs the transfer cancelled, which the payer can do while nobody claims', async () => {
    const sent = alice.transfer(ETHER, 100n, bob);
    await alice.propose(sent.operation);
    const refund = { kind: 'uninstall', appId: alice.appOf(sent) } as const;
    expect(code(await alice.propose(refund))).toBe('transfer_pending');
    const cancelled = await transfer(world.hub, world.chain, alice.caller, {
      kind: 'cancel',
      transferId: sent.transferId,
    });
    expect(code(cancelled)).toBe('ok');
    expect(code(await bob.propose(bob.claim(sent)))).toBe('transfer_cancelled');
    expect(code(await alice.propose(refund))).toBe('ok');
    expect(alice.balance(ETHER)).toBe(1000n);
  });

  test('comes by itself after expiry, and excludes a later claim (invariant 6)', async () => {
    const sent = alice.transfer(ETHER, 100n, bob, { expiresAt: world.hub.clock.now() + 60 });
    await alice.propose(sent.operation);
    await world.pass(61);
    expect(code(await alice.propose({ kind: 'uninstall', appId: alice.appOf(sent) }))).toBe('ok');
    expect(code(await bob.propose(bob.claim(sent)))).toBe('transfer_expired');
  });

  test('is refused once the payee was paid: the payer can only settle', async () => {
    const sent = alice.transfer(ETHER, 100n, bob);
    await alice.propose(sent.operation);
    await bob.propose(bob.claim(sent));
    const refund = { kind: 'uninstall', appId: alice.appOf(sent) } as const;
    expect(code(await alice.propose(refund))).toBe('transfer_claimed');
    await bob.propose(...bob.unlock(sent));
    expect(code(await alice.propose(refund))).toBe('transfer_resolved');
  });
});

describe('a payee who claims and then does nothing', () => {
  const claimedAndLeft = async () => {
    const sent = alice.transfer(ETHER, 100n, bob);
    await alice.propose(sent.operation);
    await bob.propose(bob.claim(sent));
    const deadline = bob.state.apps[0]!.app.actionDeadline;
    return { sent, late: deadline - world.hub.clock.now() };
  };

  test('keeps the payer waiting until its action deadline, and no longer', async () => {
    const { sent, late } = await claimedAndLeft();
    const refund = { kind: 'uninstall', appId: alice.appOf(sent) } as const;
    await world.pass(late);
    await sweep(world.hub, world.chain);
    expect(code(await alice.propose(refund))).toBe('transfer_claimed');
    await world.pass(901);
    await sweep(world.hub, world.chain);
    expect(code(await alice.propose(refund))).toBe('ok');
    expect(alice.balance(ETHER)).toBe(1000n);
  });

  test('cannot be paid after it, so the hub never pays on one side only (invariants 6 and 7)', async () => {
    const { sent, late } = await claimedAndLeft();
    await world.pass(late + 1);
    expect(code(await bob.propose(...bob.unlock(sent)))).toBe('transfer_expired');
    expect(code(await bob.propose({ kind: 'uninstall', appId: bob.appOf(sent) }))).toBe('ok');
  });

  test('and then goes to the chain: the preimage shown there settles the payer, also after the epoch ended', async () => {
    const { sent, late } = await claimedAndLeft();
    const appId = bob.appOf(sent);
    world.world.challenges.set(bob.channel.address, { epoch: 1n, floorVersion: 0n, finalizesAt: 0 });
    await watch(world.hub, world.chain);
    expect((await loadChannel(world.hub, 31337, bob.channel.address))?.body.state.ledger.epoch).toBe(1n);
    await world.pass(31);
    await sweep(world.hub, world.chain);
    expect((await loadTransfer(world.hub, sent.transferId))?.transfer.status.kind).toBe('claimed');
    world.world.moves.push({ channel: bob.channel.address, appId, action: sent.preimage });
    await watch(world.hub, world.chain);
    expect((await loadTransfer(world.hub, sent.transferId))?.transfer.status.kind).toBe('resolved');
    await world.pass(late + 2000);
    await sweep(world.hub, world.chain);
    expect(code(await alice.propose({ kind: 'uninstall', appId: alice.appOf(sent) }))).toBe(
      'transfer_resolved',
    );
    expect(code(await alice.propose(...alice.unlock(sent)))).toBe('ok');
  });
});

describe('deadlines leave the hub no gap (invariant 7)', () => {
  test.each([
    ['too late for the payer’s hold', 1],
    ['too soon to act', -1_000_000],
  ])('a claim whose action deadline is %s is refused', async (_name, shift) => {
    const sent = alice.transfer(ETHER, 10n, bob);
    await alice.propose(sent.operation);
    const latest = sent.holdUntil - settleSpan(TEST_TERMS);
    expect(code(await bob.propose(bob.claim(sent, { actionDeadline: latest + shift })))).toBe(
      'invalid_transfer',
    );
  });

  test('a payer who could take the stake back too soon is refused', async () => {
    const sent = alice.transfer(ETHER, 10n, bob);
    const early = { ...sent.operation, app: { ...sent.operation.app, holdUntil: sent.holdUntil - 1 } };
    expect(code(await alice.propose(early))).toBe('invalid_transfer');
  });
});

describe('what the hub refuses', () => {
  test('more than the payer has, more than the hub holds, what nobody knows', async () => {
    expect(code(await alice.propose(alice.transfer(ETHER, 1001n, bob).operation))).toBe(
      'insufficient_balance',
    );
    expect(code(await alice.propose(alice.transfer(TOKEN, 1n, bob).operation))).toBe('insufficient_balance');
    const large = alice.transfer(ETHER, 600n, bob);
    await alice.propose(large.operation);
    expect(code(await bob.propose(bob.claim(large)))).toBe('insufficient_collateral');
    expect(
      code(await bob.propose(bob.claim({ ...large, transferId: `0x${'aa'.repeat(32)}` as never }))),
    ).not.toBe('ok');
  });

  test("another's channel, a wrong signature, a state it does not hold", async () => {
    const proposal = alice.proposal([alice.transfer(ETHER, 1n, bob).operation]);
    expect(code(await bob.send(proposal))).toBe('not_yours');
    expect(code(await alice.send({ ...proposal, signature: bob.sign(new Uint8Array(32).fill(1)) }))).toBe(
      'bad_signature',
    );
    const elsewhere = { ...proposal, previous: { ...proposal.previous, version: 7n } };
    const reply = await alice.send(elsewhere);
    expect(reply.ok ? null : reply.error).toMatchObject({
      code: 'out_of_sync',
      details: { state: { ledger: { version: '1' } } },
    });
  });

  test('everything while a challenge is open, or the watcher is behind', async () => {
    await world.pass(60);
    world.world.block = { ...world.world.block, timestamp: world.world.block.timestamp + 400 };
    expect(code(await alice.propose(alice.transfer(ETHER, 1n, bob).operation))).toBe('hub_behind');
  });
});

describe('several operations in one proposal', () => {
  test('a settlement rides with the next payment; two claims are batched (rule 7)', async () => {
    const first = alice.transfer(ETHER, 10n, bob);
    const second = alice.transfer(ETHER, 20n, bob);
    expect(code(await alice.propose(first.operation, second.operation))).toBe('ok');
    expect(code(await bob.propose(bob.claim(first), bob.claim(second)))).toBe('ok');
    expect(code(await bob.propose(...bob.unlock(first), ...bob.unlock(second)))).toBe('ok');
    expect(bob.balance(ETHER)).toBe(30n);
    const third = alice.transfer(ETHER, 1n, carol);
    expect(code(await alice.propose(...alice.unlock(first), ...alice.unlock(second), third.operation))).toBe(
      'ok',
    );
    expect(alice.balance(ETHER)).toBe(969n);
  });

  test('one failing member fails the whole and is named', async () => {
    const good = alice.transfer(ETHER, 10n, bob);
    const bad = alice.transfer(ETHER, 10n, bob, { expiresAt: 1 });
    const reply = await alice.propose(good.operation, bad.operation);
    expect(reply.ok ? null : reply.error).toMatchObject({ code: 'invalid_transfer', details: { index: 1 } });
    expect(await loadTransfer(world.hub, good.transferId)).toBeNull();
  });
});
