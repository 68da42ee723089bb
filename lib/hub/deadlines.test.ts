// SPDX-License-Identifier: MIT
/** What the hub takes and refuses because of whose time it is (design, section 6; invariant 7). */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createTestHub, TEST_CHAIN, TEST_TERMS, type TestHub } from '../../test/harness/hub-in-memory.ts';
import { ScriptedChainWriter } from '../../test/harness/scripted-chain-writer.ts';
import { TestUser, type Sent } from '../../test/harness/test-user.ts';
import { claimSpan, payeeHold } from '../protocol/deadlines.ts';
import { ok } from '../protocol/result.ts';
import { ETHER, ZERO_HASH } from '../protocol/types.ts';
import { checkFresh, cursorItem, hubTime } from './chain-cursor.ts';
import { countersign } from './countersign.ts';
import { watch } from './timers/watch.ts';
import { loadTransfer, releaseClaim, writeResolved } from './transfers.ts';

let world: TestHub;
let alice: TestUser;
let bob: TestUser;
let sent: Sent;

beforeEach(async () => {
  world = await createTestHub({ writer: new ScriptedChainWriter() });
  alice = await new TestUser(world.door, 11).open();
  bob = await new TestUser(world.door, 12).open();
  await alice.fund(ETHER, 1000n);
  await bob.fund(ETHER, 0n, 500n);
  sent = alice.transfer(ETHER, 10n, bob);
  expect(code(await alice.propose(sent.operation))).toBe('ok');
});

const code = (outcome: { ok: boolean; error?: { code: string } }): string =>
  outcome.ok ? 'ok' : outcome.error!.code;
const now = () => world.hub.clock.now();

describe('a claim', () => {
  test.each([
    ['not held at all', () => 0],
    ['held to its deadline only', (deadline: number) => payeeHold(deadline) - 1],
    ['held longer than it must be', (deadline: number) => payeeHold(deadline) + 1],
  ])('W-B5 %s is refused', async (_name, hold) => {
    const { actionDeadline } = bob.claim(sent).app;
    const holdUntil = hold(actionDeadline);
    expect(code(await bob.propose(bob.claim(sent, { holdUntil })))).toBe('invalid_transfer');
    expect(code(await bob.propose(bob.claim(sent)))).toBe('ok');
  });

  test('is taken while there is time to show and to enforce, and not a second later', async () => {
    const claim = (actionDeadline: number) => bob.propose(bob.claim(sent, { actionDeadline }));
    const earliest = now() + claimSpan(TEST_TERMS);
    expect(code(await claim(earliest - 1))).toBe('invalid_transfer');
    expect(code(await claim(earliest))).toBe('ok');
  });

  test('is too late by the chain’s time too, whatever the hub’s clock says', async () => {
    const { actionDeadline } = bob.claim(sent).app;
    const behind = { ...world.hub, clock: { now: clockThatStays() } };
    // T_a was set so that the last claim comes at the payment's expiry.
    await world.pass(actionDeadline - now() - claimSpan(TEST_TERMS) + 1);
    const claim = bob.proposal([bob.claim(sent)]);
    expect(code(await countersign(behind, bob.caller, claim, null))).toBe('transfer_expired');
  });
});

describe('an unlock', () => {
  test('past the deadline by the chain’s time is refused, whatever the hub’s clock says', async () => {
    expect(code(await bob.propose(bob.claim(sent)))).toBe('ok');
    const { actionDeadline } = bob.state.apps[0]!.app;
    const behind = { ...world.hub, clock: { now: clockThatStays() } };
    await world.pass(actionDeadline + 1 - now());
    expect(await hubTime(behind, world.chain)).toBe(actionDeadline + 1);
    const late = bob.proposal(bob.unlock(sent));
    expect(code(await countersign(behind, bob.caller, late, null))).toBe('transfer_expired');
  });
});

describe('W-A7 functions whose clocks are far apart', () => {
  test('pay one transfer to one payee: an app that was given up is unlocked by nobody (invariant 6)', async () => {
    const { hub, chain } = world;
    expect(code(await bob.propose(bob.claim(sent)))).toBe('ok');
    const { actionDeadline } = bob.state.apps[0]!.app;
    const inTime = actionDeadline - 60;
    const { number: block, hash } = world.world.block;
    const cursor = cursorItem(TEST_CHAIN.chainId, { block, hash, timestamp: inTime, answers: null });
    await world.pass(actionDeadline + hub.config.limits.margin + 2 - now());
    const released = await releaseClaim(hub, sent.transferId);
    expect(released).toMatchObject({ ok: true, value: { status: { kind: 'pending' } } });
    // A function that was frozen: its clock and what it read of the chain are from before the deadline.
    const store = new Proxy(hub.store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        if (name !== 'get') return member.bind(target) as unknown;
        return async (key: string) => (key === cursor.key ? { ...cursor, etag: 'old' } : target.get(key));
      },
    });
    const frozen = {
      ...hub,
      store,
      clock: { now: () => inTime },
      chains: new Map([[TEST_CHAIN.chainId, { ...chain }]]),
    };
    const unlock = bob.proposal(bob.unlock(sent));
    expect(code(await countersign(frozen, bob.caller, unlock, null))).toBe('transfer_expired');
    expect((await loadTransfer(hub, sent.transferId))?.transfer.status.kind).toBe('pending');
  });

  test('take what resolved it for another app as no proof for theirs', async () => {
    expect(code(await bob.propose(bob.claim(sent)))).toBe('ok');
    expect(code(await bob.propose(...bob.unlock(sent)))).toBe('ok');
    const { status } = (await loadTransfer(world.hub, sent.transferId))!.transfer;
    if (status.kind !== 'resolved') throw new Error(status.kind);
    const paid = { preimage: status.preimage, claimerSignature: null };
    expect(code(await writeResolved(world.hub, sent.transferId, { ...paid, appId: status.appId }))).toBe(
      'ok',
    );
    const other = await writeResolved(world.hub, sent.transferId, { ...paid, appId: ZERO_HASH });
    expect(code(other)).toBe('internal');
  });
});

describe('a hub that could not pay for its answers', () => {
  test('signs nothing until it can, and says so', async () => {
    const claim = () => bob.propose(bob.claim(sent));
    // Ten answers of 300,000 gas at the fee of this chain.
    world.world.ether = 10n * 300_000n * 100n - 1n;
    await world.pass(2);
    await watch(world.hub, world.chain);
    expect(await claim()).toMatchObject({ error: { code: 'hub_unfunded', details: { answers: 9 } } });
    world.world.ether += 1n;
    await world.pass(2);
    await watch(world.hub, world.chain);
    expect(code(await claim())).toBe('ok');
  });
});

describe('a node that is stuck (invariant 18)', () => {
  test('is behind though it is asked again and again', async () => {
    const stuck = world.world.block;
    const reader = { ...world.world.reader, latest: async () => ok(stuck), block: async () => ok(stuck) };
    const chain = { ...world.chain, reader };
    let ahead = 0;
    const hub = { ...world.hub, clock: { now: () => stuck.timestamp + ahead } };
    for (ahead = 0; ahead <= 3_000; ahead += 100) expect((await watch(hub, chain)).ok).toBe(true);
    expect(code(await checkFresh(hub, chain))).toBe('hub_behind');
    expect(code(await countersign(hub, bob.caller, bob.proposal([bob.claim(sent)]), null))).not.toBe('ok');
  });
});

/** Two seconds on, so that nothing read before is reused, and then still. */
function clockThatStays(): () => number {
  const at = now() + 2;
  return () => at;
}
