// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type TestUser } from '../../../test/harness/test-user.ts';
import { cancelDigest } from '../../protocol/digests.ts';
import { ETHER, ZERO_HASH, type Cancel } from '../../protocol/types.ts';
import { dispute } from '../operations/dispute.ts';
import { leaveChannel } from './leave.ts';
import {
  PERIOD,
  alice,
  begin,
  bob,
  challenge,
  claimed,
  code,
  now,
  onChain,
  world,
} from './testing/disputed-pair.ts';

beforeEach(() => begin());

describe('the hub’s signature on a Cancel', () => {
  const cancelOf = (user: TestUser, change: Partial<Cancel> = {}): Cancel => ({
    channel: user.channel.address,
    epoch: 0n,
    subject: ZERO_HASH,
    challengeId: 1n,
    deadline: now() + 60,
    ...change,
  });
  const ask = (user: TestUser, cancel: Cancel, signer = user) =>
    dispute(world.hub, world.chain, user.caller, {
      kind: 'cancel',
      cancel,
      signature: signer.sign(cancelDigest(user.channel.domain, cancel)),
    });

  test('is given for a challenge that nobody needs, and the same again', async () => {
    challenge(alice);
    const cancel = cancelOf(alice);
    const signed = await ask(alice, cancel);
    const digest = cancelDigest(alice.channel.domain, cancel);
    expect(signed).toEqual({ ok: true, value: { kind: 'cancelled', signature: world.hub.key.sign(digest) } });
    expect(await ask(alice, cancel)).toEqual(signed);
  });

  test.each<[string, () => void, () => Partial<Cancel>, string]>([
    ['no challenge', () => {}, () => ({}), 'no_dispute'],
    ['another challenge', () => challenge(alice), () => ({ challengeId: 2n }), 'no_dispute'],
    ['another epoch', () => challenge(alice), () => ({ epoch: 1n }), 'wrong_epoch'],
    ['a final one', () => challenge(alice, 1n, now()), () => ({}), 'dispute_final'],
    ['a deadline after finality', () => challenge(alice), () => ({ deadline: now() + PERIOD }), 'malformed'],
    ['a deadline that is over', () => challenge(alice), () => ({ deadline: now() }), 'malformed'],
    ['a ledger the hub does not hold', () => challenge(alice, 9n), () => ({}), 'out_of_sync'],
  ])('is refused for %s', async (_name, arrange, change, expected) => {
    arrange();
    expect(code(await ask(alice, cancelOf(alice, change())))).toBe(expected);
  });

  test('is refused to another, or with another’s signature (invariant 9)', async () => {
    challenge(alice);
    const cancel = cancelOf(alice);
    expect(code(await ask(alice, cancel, bob))).toBe('bad_signature');
    const signature = bob.sign(cancelDigest(bob.channel.domain, cancel));
    expect(
      code(await dispute(world.hub, world.chain, bob.caller, { kind: 'cancel', cancel, signature })),
    ).toBe('not_yours');
  });

  test('of a ledger is refused while one of its apps is disputed; of an app, once it moved or its transfer is paid', async () => {
    const sent = await claimed();
    challenge(alice);
    const subject = alice.appOf(sent);
    onChain(subject, { finalizesAt: sent.holdUntil });
    expect(code(await ask(alice, cancelOf(alice)))).toBe('channel_disputed');
    expect(code(await ask(alice, cancelOf(alice, { subject })))).toBe('ok');
    onChain(subject, { finalizesAt: sent.holdUntil, steps: 1n, version: 1n });
    expect(code(await ask(alice, cancelOf(alice, { subject })))).toBe('dispute_final');
    onChain(subject, { finalizesAt: sent.holdUntil });
    await bob.propose(...bob.unlock(sent));
    expect(code(await ask(alice, cancelOf(alice, { subject })))).toBe('transfer_resolved');
  });

  test('W-D7 is given shortly after a payment: just made, claimed, or paid and not closed yet', async () => {
    const made = alice.transfer(ETHER, 1n, bob);
    expect(code(await alice.propose(made.operation))).toBe('ok');
    challenge(alice);
    expect(code(await ask(alice, cancelOf(alice)))).toBe('ok');
    expect(code(await bob.propose(bob.claim(made)))).toBe('ok');
    expect(code(await ask(alice, cancelOf(alice)))).toBe('ok');
    expect(code(await bob.propose(...bob.unlock(made)))).toBe('ok');
    expect(alice.state.apps).toHaveLength(1);
    expect(code(await ask(alice, cancelOf(alice)))).toBe('ok');
    // The payee's too, whose challenge shows an older ledger than was agreed.
    challenge(bob, 1n);
    expect(code(await ask(bob, cancelOf(bob)))).toBe('ok');
  });

  test('W-A10 names a number that every move and every new base raises: one that was kept, or would erase a move, is not signed', async () => {
    const sent = await claimed();
    challenge(alice);
    const subject = alice.appOf(sent);
    const kept = cancelOf(alice, { subject });
    const running = { turnEndsAt: sent.holdUntil, finalizesAt: sent.holdUntil };
    onChain(subject, { ...running, challengeId: kept.challengeId });
    expect(code(await ask(alice, kept))).toBe('ok');
    const raised = kept.challengeId + 1n;
    onChain(subject, { ...running, challengeId: raised });
    expect(code(await ask(alice, kept))).toBe('no_dispute');
    onChain(subject, { ...running, challengeId: raised, version: 1n, steps: 1n });
    expect(code(await ask(alice, kept))).toBe('no_dispute');
    expect(code(await ask(alice, { ...kept, challengeId: raised }))).toBe('dispute_final');
  });

  test('is refused while the operator wants to leave', async () => {
    await leaveChannel(world.hub, world.chain, alice.channel.address);
    challenge(alice);
    expect(code(await ask(alice, cancelOf(alice)))).toBe('channel_disputed');
  });
});
