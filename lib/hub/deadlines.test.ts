// SPDX-License-Identifier: MIT
/** What the hub takes and refuses because of whose time it is (design, section 6; invariant 7). */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createTestHub, TEST_TERMS, type TestHub } from '../../test/harness/hub-in-memory.ts';
import { TestUser, type Sent } from '../../test/harness/test-user.ts';
import { claimSpan, payeeHold } from '../protocol/deadlines.ts';
import { ok } from '../protocol/result.ts';
import { ETHER } from '../protocol/types.ts';
import { checkFresh, hubTime } from './chain-cursor.ts';
import { countersign } from './countersign.ts';
import { watch } from './timers/watch.ts';

let world: TestHub;
let alice: TestUser;
let bob: TestUser;
let sent: Sent;

beforeEach(async () => {
  world = await createTestHub();
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
