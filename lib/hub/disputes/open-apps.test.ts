// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, test } from '@jest/globals';
import { TEST_CHAIN, TEST_TERMS } from '../../../test/harness/hub-in-memory.ts';
import { type Sent, type TestUser } from '../../../test/harness/test-user.ts';
import { encodeTransferState, encodeUnlock } from '../../protocol/apps/transfer-app.ts';
import { appStateDigest, stateHash } from '../../protocol/digests.ts';
import { extendPath } from '../../protocol/dispute/path.ts';
import { lockHashOf } from '../../protocol/secrets.ts';
import { ETHER, ZERO_HASH, type Bytes, type Hash } from '../../protocol/types.ts';
import { update } from '../operations/update.ts';
import { claimSpan } from '../../protocol/deadlines.ts';
import { sweep } from '../timers/sweep.ts';
import { watchChannel } from '../timers/watch.ts';
import {
  PERIOD,
  alice,
  begin,
  bob,
  bodyOf,
  challenge,
  claimed,
  code,
  disputeOf,
  now,
  onChain,
  settle,
  showPreimage,
  statusOf,
  tick,
  waiting,
  world,
  writer,
} from './testing/disputed-pair.ts';

beforeEach(() => begin());

describe('a payer who leaves with an open app (invariant 7)', () => {
  test('after its payee was paid: the hub shows the preimage on the app', async () => {
    const sent = await claimed();
    await bob.propose(...bob.unlock(sent));
    challenge(alice);
    await tick();
    expect(writer.steps).toMatchObject([{ kind: 'open-app', moves: [{ action: sent.preimage }] }]);
  });

  test('before its payee is paid: the hub is told when it is, and looks at once', async () => {
    const sent = await claimed();
    challenge(alice);
    await tick();
    expect(await waiting()).toEqual([]);
    await world.pass(10);
    await bob.propose(...bob.unlock(sent));
    expect(world.triggered.at(-1)).toMatchObject({
      functionName: 'watch',
      body: { channel: alice.channel.address },
    });
    await watchChannel(world.hub, world.chain, alice.channel.address);
    expect(await waiting()).toEqual(['open-app']);
  });

  test('and the hint is lost: the time of its dispute comes well within any period', async () => {
    const sent = await claimed();
    challenge(alice);
    await tick();
    await world.pass(10);
    await bob.propose(...bob.unlock(sent));
    world.world.challenges.delete(bob.channel.address);
    await world.pass(300);
    await tick();
    expect(await waiting()).toEqual(['open-app']);
  });

  test('and opens the app itself while the ledger is no longer disputed: the hub moves it on', async () => {
    const sent = await claimed();
    const appId = alice.appOf(sent);
    const { state } = alice.state.apps[0]!;
    onChain(appId, {
      turnEndsAt: sent.holdUntil,
      finalizesAt: sent.holdUntil,
      path: extendPath(ZERO_HASH, stateHash(state)),
    });
    await watchChannel(world.hub, world.chain, alice.channel.address);
    expect(await disputeOf(alice)).toBeDefined();
    expect((await bodyOf(alice)).challenge).toBeNull();
    await bob.propose(...bob.unlock(sent));
    await watchChannel(world.hub, world.chain, alice.channel.address);
    expect(await waiting()).toEqual(['progress-app']);
  });

  test('and is gone: the settled epoch is seen through, then forgotten', async () => {
    const sent = await claimed();
    const appId = alice.appOf(sent);
    settle(alice);
    await tick();
    expect((await bodyOf(alice)).state.ledger).toMatchObject({ epoch: 1n, version: 0n });
    expect(await disputeOf(alice)).toMatchObject({ kept: { routes: [{ appId }] } });
    expect((await bodyOf(alice)).departed).toMatchObject([{ appId }]);
    await bob.propose(...bob.unlock(sent));
    await watchChannel(world.hub, world.chain, alice.channel.address);
    expect(writer.steps.at(-1)).toMatchObject({
      kind: 'open-app',
      moves: [{ action: sent.preimage }],
    });
    onChain(appId, { version: 1n, steps: 1n, stage: 'settled', finalizesAt: now() });
    await watchChannel(world.hub, world.chain, alice.channel.address);
    expect(await disputeOf(alice)).toBeUndefined();
    expect((await bodyOf(alice)).departed).toEqual([]);
  });

  test('with an older ledger than the stake: nobody can claim a payment that has nothing behind it', async () => {
    const sent = alice.transfer(ETHER, 100n, bob);
    await alice.propose(sent.operation);
    world.world.finalRoots.set(`${alice.channel.address}#0`, ZERO_HASH);
    settle(alice);
    await tick();
    expect(await statusOf(sent)).toBe('cancelled');
    expect(code(await bob.propose(bob.claim(sent)))).toBe('transfer_cancelled');
    expect(await disputeOf(alice)).toBeUndefined();
  });
});

describe('a payee who leaves with an open app', () => {
  const deadlineOf = (user: TestUser) => user.state.apps[0]!.app.actionDeadline;

  test('and shows the preimage on chain is paid there: the transfer is resolved and its payer told', async () => {
    const sent = await claimed();
    const appId = bob.appOf(sent);
    challenge(bob);
    await tick();
    world.world.moves.push({ channel: bob.channel.address, appId, action: sent.preimage });
    await tick();
    expect(await statusOf(sent)).toBe('resolved');
    expect(world.told.filter(({ event }) => event.type === 'transfer.resolved')).toHaveLength(1);
  });

  test('is paid by the state the chain was shown too, if the move itself was missed', async () => {
    const sent = await claimed();
    challenge(bob);
    showPreimage(sent, bob.appOf(sent));
    await watchChannel(world.hub, world.chain, bob.channel.address);
    expect(await statusOf(sent)).toBe('resolved');
  });

  test('and lets its time pass: the hub fetches its stake, and the payer gets its own back', async () => {
    const sent = await claimed();
    const appId = bob.appOf(sent);
    const deadline = deadlineOf(bob);
    settle(bob);
    await tick();
    expect(await waiting()).toEqual([]);
    await world.pass(deadline - now());
    await tick();
    await sweep(world.hub, world.chain);
    expect(await statusOf(sent)).toBe('claimed');
    expect(await waiting()).toEqual([]);
    await world.pass(301);
    await tick();
    expect(await waiting()).toEqual(['open-app']);
    onChain(appId, { finalizesAt: now(), stage: 'settled' });
    await tick();
    // The claim is judged by the deadline of an app that is over: it may be forgotten only after that.
    expect((await bodyOf(bob)).departed).toHaveLength(1);
    await world.pass(901);
    await sweep(world.hub, world.chain);
    expect(await statusOf(sent)).toBe('cancelled');
    await world.pass(300);
    await tick();
    expect((await bodyOf(bob)).departed).toEqual([]);
    expect(await disputeOf(bob)).toBeUndefined();
    await sweep(world.hub, world.chain);
    expect(code(await alice.propose({ kind: 'uninstall', appId: alice.appOf(sent) }))).toBe('ok');
    expect(alice.balance(ETHER)).toBe(1000n);
  });

  test('keeps its claim while the chain itself has not reached the deadline, whatever the hub’s clock says', async () => {
    const sent = await claimed();
    const deadline = deadlineOf(bob);
    await world.pass(deadline - now() + 901);
    const { block } = world.world.reader;
    const slow = {
      ...world.chain,
      reader: {
        ...world.world.reader,
        block: async (height: number) => {
          const found = await block(height);
          return found.ok ? { ...found, value: { ...found.value, timestamp: deadline } } : found;
        },
      },
    };
    await sweep({ ...world.hub, chains: new Map([[TEST_CHAIN.chainId, slow]]) }, slow);
    expect(await statusOf(sent)).toBe('claimed');
    await world.pass(601);
    await sweep(world.hub, world.chain);
    expect(await statusOf(sent)).toBe('cancelled');
  });

  test('and shows the preimage in time may close off chain after the deadline too', async () => {
    const sent = await claimed();
    const appId = bob.appOf(sent);
    showPreimage(sent, appId, deadlineOf(bob) + PERIOD);
    world.world.moves.push({ channel: bob.channel.address, appId, action: sent.preimage });
    await tick();
    await world.pass(deadlineOf(bob) - now() + 1);
    expect(code(await bob.propose(...bob.unlock(sent)))).toBe('ok');
    expect(bob.balance(ETHER)).toBe(100n);
    expect(code(await alice.propose(...alice.unlock(sent)))).toBe('ok');
    expect(alice.balance(ETHER)).toBe(900n);
    expect(await statusOf(sent)).toBe('resolved');
    await tick();
    expect(await waiting()).toEqual([]);
  });

  test('closes with the preimage in time or not at all, as long as nobody was paid (invariant 6)', async () => {
    const sent = await claimed();
    await world.pass(deadlineOf(bob) - now() + 1);
    expect(code(await bob.propose(...bob.unlock(sent)))).toBe('transfer_expired');
    expect(await statusOf(sent)).toBe('claimed');
    expect(bob.balance(ETHER)).toBe(0n);
  });

  test('is paid in one app of a transfer only, though an older one is open still (invariants 6 and 7)', async () => {
    const sent = alice.transfer(ETHER, 100n, bob, { expiresAt: now() + 10 * 86_400 });
    await alice.propose(sent.operation);
    await bob.propose(bob.claim(sent, { actionDeadline: now() + claimSpan(TEST_TERMS) }));
    const [older] = bob.state.apps;
    await world.pass(claimSpan(TEST_TERMS) + 902);
    await sweep(world.hub, world.chain);
    expect(await statusOf(sent)).toBe('pending');
    expect(code(await bob.propose(bob.claim(sent)))).toBe('ok');
    const newer = bob.state.apps.find(({ id }) => id !== older!.id)!;
    const close = (appId: Hash) =>
      bob.propose(
        {
          kind: 'update',
          appId,
          action: encodeUnlock(sent.preimage),
          claimerSignature: bob.sign(sent.digest),
        },
        { kind: 'uninstall', appId },
      );
    expect(code(await close(newer.id))).toBe('ok');
    expect(await statusOf(sent)).toBe('resolved');
    expect(code(await close(older!.id))).toBe('transfer_expired');
    expect(bob.balance(ETHER)).toBe(100n);
    expect(code(await bob.propose({ kind: 'uninstall', appId: older!.id }))).toBe('ok');
    expect(bob.balance(ETHER)).toBe(100n);
  });

  test('what could not be handed to the hub is claimed once', async () => {
    settle(bob);
    world.world.claimable.set(`${bob.channel.address}#${ETHER}`, 7n);
    await tick();
    await tick();
    expect(await waiting()).toEqual(['claim']);
  });
});

describe('W-A5 a preimage planted on chain resolves nothing', () => {
  const pathTo = (state: Bytes) => [{ version: 1n, stateHash: stateHash(state), before: ZERO_HASH, state }];
  const locked = (sent: Sent) => lockHashOf(sent.preimage);
  const forged = (sent: Sent, preimage: Hash) =>
    encodeTransferState({ amount: 100n, lockHash: locked(sent), preimage });
  const FALSE_PREIMAGE = `0x${'bd'.repeat(32)}` as Hash;
  const FOREIGN_APP = `0x${'fa'.repeat(32)}` as Hash;

  async function watched(): Promise<void> {
    await tick();
    await watchChannel(world.hub, world.chain, bob.channel.address);
  }

  test('in an app of somebody else, with the same lock and amount', async () => {
    const sent = await claimed();
    challenge(bob);
    const state = forged(sent, FALSE_PREIMAGE);
    world.world.paths.set(FOREIGN_APP, pathTo(state));
    onChain(FOREIGN_APP, { version: 1n, steps: 1n, turnEndsAt: now() + PERIOD, finalizesAt: now() + PERIOD });
    world.world.moves.push({ channel: bob.channel.address, appId: FOREIGN_APP, action: FALSE_PREIMAGE });
    await watched();
    expect(await statusOf(sent)).toBe('claimed');
  });

  test('in an app of somebody else, though it is the true one', async () => {
    const sent = await claimed();
    challenge(bob);
    const preimage = sent.preimage;
    world.world.paths.set(FOREIGN_APP, pathTo(forged(sent, preimage)));
    onChain(FOREIGN_APP, { version: 1n, steps: 1n, turnEndsAt: now() + PERIOD, finalizesAt: now() + PERIOD });
    world.world.moves.push({ channel: bob.channel.address, appId: FOREIGN_APP, action: preimage });
    world.world.moves.push({ channel: alice.channel.address, appId: bob.appOf(sent), action: preimage });
    await watched();
    expect(await statusOf(sent)).toBe('claimed');
  });

  test('in the very app, where it opens no lock', async () => {
    const sent = await claimed();
    const appId = bob.appOf(sent);
    challenge(bob);
    world.world.paths.set(appId, pathTo(forged(sent, FALSE_PREIMAGE)));
    onChain(appId, { version: 1n, steps: 1n, turnEndsAt: now() + PERIOD, finalizesAt: now() + PERIOD });
    world.world.moves.push({ channel: bob.channel.address, appId, action: FALSE_PREIMAGE });
    await watched();
    expect(await statusOf(sent)).toBe('claimed');
    showPreimage(sent, appId);
    await watched();
    expect(await statusOf(sent)).toBe('resolved');
  });
});

describe('an unlocked app that stays open', () => {
  /** The payee's action outside a ledger: a state both signed, enforceable on chain at any later time. */
  const unlockOnly = async (sent: Sent) => {
    const instance = bob.state.apps.find(({ id }) => id === bob.appOf(sent))!;
    const preimage = sent.preimage;
    const state = encodeTransferState({ amount: 100n, lockHash: lockHashOf(preimage), preimage });
    const next = { appId: instance.id, version: 1n, stateHash: stateHash(state) };
    const signature = bob.sign(appStateDigest(bob.channel.domain, next));
    return update(world.hub, world.chain, bob.caller, {
      channel: bob.channel.address,
      appId: instance.id,
      version: 1n,
      action: preimage,
      claimerSignature: bob.sign(sent.digest),
      signature,
    });
  };

  test('decides the transfer at once: its payee can have the money on chain from then on (invariant 7)', async () => {
    const sent = await claimed();
    expect(code(await unlockOnly(sent))).toBe('ok');
    expect(await statusOf(sent)).toBe('resolved');
  });

  test('is refused after its deadline, when the transfer may be given back', async () => {
    const sent = await claimed();
    await world.pass(bob.state.apps[0]!.app.actionDeadline - now() + 1);
    expect(code(await unlockOnly(sent))).toBe('transfer_expired');
  });
});
