// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createTestHub, TEST_CHAIN, type TestHub } from '../../../test/harness/hub-in-memory.ts';
import { ScriptedChainWriter } from '../../../test/harness/scripted-chain-writer.ts';
import { TestUser, type Sent } from '../../../test/harness/test-user.ts';
import { mortalStore, type Death, type Life } from '../../../test/model/mortal-store.ts';
import { loadLane } from '../../lane/lane.ts';
import { submit } from '../../lane/submit.ts';
import { encodeTransferState } from '../../protocol/apps/transfer-app.ts';
import { toHash } from '../../protocol/bytes.ts';
import { cancelDigest, ledgerDigest, stateHash } from '../../protocol/digests.ts';
import { UNDISPUTED, type AppOnChain } from '../../protocol/dispute.ts';
import { lockHashOf, preimageOf } from '../../protocol/secrets.ts';
import { ETHER, ZERO_HASH, type Cancel, type Hash } from '../../protocol/types.ts';
import { MemoryStore } from '../../store/memory-store.ts';
import type { Store } from '../../store/store.ts';
import { loadChannel } from '../channels.ts';
import { hubLane } from '../hub-lane.ts';
import type { Hub } from '../hub.ts';
import { dispute } from '../operations/dispute.ts';
import { sweep } from '../timers/sweep.ts';
import { watch, watchChannel } from '../timers/watch.ts';
import { loadTransfer } from '../transfers.ts';
import { loadDispute } from './dispute-item.ts';
import { leaveChannel } from './leave.ts';

const PERIOD = TEST_CHAIN.challengePeriod;

let world: TestHub;
let writer: ScriptedChainWriter;
let alice: TestUser;
let bob: TestUser;

async function begin(options: { confirmations?: number; store?: Store } = {}): Promise<void> {
  writer = new ScriptedChainWriter();
  const { confirmations = 0, store } = options;
  world = await createTestHub({
    writer,
    config: { confirmations },
    ...(store === undefined ? {} : { store }),
  });
  alice = await new TestUser(world.door, 11).open();
  bob = await new TestUser(world.door, 12).open();
  await alice.fund(ETHER, 1000n);
  await bob.fund(ETHER, 0n, 500n);
}

beforeEach(() => begin());

const code = (outcome: { ok: boolean; error?: { code: string } }): string =>
  outcome.ok ? 'ok' : outcome.error!.code;
const now = (): number => world.hub.clock.now();
const bodyOf = async (user: TestUser) =>
  (await loadChannel(world.hub, TEST_CHAIN.chainId, user.channel.address))!.body;
const disputeOf = async (user: TestUser, epoch = 0n) =>
  (await loadDispute(world.hub, TEST_CHAIN.chainId, user.channel.address, epoch))?.dispute;
const statusOf = async (sent: Sent) => (await loadTransfer(world.hub, sent.transferId))?.transfer.status.kind;
const tick = () => watch(world.hub, world.chain);
const waiting = async () =>
  (await loadLane(hubLane(world.hub, world.chain))).lane.entries.map(({ key }) => key.split(' ')[0]);

/** What the chain shows of a user's ledger: challenged at its version, unless it is said otherwise. */
function challenge(user: TestUser, version = user.state.ledger.version, finalizesAt = now() + PERIOD): void {
  world.world.challenges.set(user.channel.address, { epoch: 0n, floorVersion: version, finalizesAt });
}

const settle = (user: TestUser, epoch = 1n): void =>
  void world.world.challenges.set(user.channel.address, { epoch, floorVersion: 0n, finalizesAt: 0 });

const onChain = (appId: Hash, change: Partial<AppOnChain>): void =>
  void world.world.apps.set(appId, { ...UNDISPUTED, challengeId: 1n, ...change });

/** Alice pays Bob, who has claimed and not yet shown the preimage. */
async function claimed(amount = 100n): Promise<Sent> {
  const sent = alice.transfer(ETHER, amount, bob);
  expect(code(await alice.propose(sent.operation))).toBe('ok');
  expect(code(await bob.propose(bob.claim(sent)))).toBe('ok');
  return sent;
}

/** The payee's app as the chain shows it after the preimage was shown there. */
function showPreimage(sent: Sent, appId: Hash, finalizesAt = now() + PERIOD): void {
  const preimage = preimageOf(sent.secret);
  const amount = sent.operation.app.stakes[0]!.amounts[0];
  const state = encodeTransferState({ amount, lockHash: lockHashOf(preimage), preimage });
  world.world.shown.set(stateHash(state), state);
  onChain(appId, { version: 1n, steps: 1n, finalizesAt, stateHash: stateHash(state) });
}

describe('a stale ledger on chain', () => {
  test('is answered once with the latest one, and nothing is agreed meanwhile (invariant 10)', async () => {
    await alice.propose(alice.transfer(ETHER, 10n, bob).operation);
    challenge(alice, 1n);
    await tick();
    await tick();
    expect(await waiting()).toEqual(['answer']);
    expect(writer.steps[0]).toMatchObject({
      kind: 'answer',
      ledger: { version: 2n },
      signatures: alice.state.signatures,
    });
    expect(world.told.at(-1)).toMatchObject({ user: alice.address, event: { type: 'channel.disputed' } });
    expect(code(await alice.propose(alice.transfer(ETHER, 10n, bob).operation))).toBe('channel_disputed');
  });

  test('answered leaves the channel usable, and nothing behind (invariant 13)', async () => {
    challenge(alice, 0n);
    await tick();
    expect(await disputeOf(alice)).toMatchObject({ kept: null, leave: false });
    world.world.challenges.set(alice.channel.address, { epoch: 0n, floorVersion: 1n, finalizesAt: 0 });
    await tick();
    expect(await disputeOf(alice)).toBeUndefined();
    expect(code(await alice.propose(alice.transfer(ETHER, 10n, bob).operation))).toBe('ok');
  });

  test('answered and then reorganized away is answered again', async () => {
    challenge(alice, 0n);
    await tick();
    const lane = hubLane(world.hub, world.chain);
    await submit(lane);
    writer.mine(world.world.block.number);
    await submit(lane);
    expect(await waiting()).toEqual([]);
    expect(world.triggered.at(-1)).toMatchObject({
      functionName: 'watch',
      body: { channel: alice.channel.address },
    });
    await watchChannel(world.hub, world.chain, alice.channel.address);
    const { entries } = (await loadLane(lane)).lane;
    expect(entries.map(({ key }) => key)).toEqual([expect.stringMatching(/^answer .*~1$/)]);
  });

  test('that was reorganized away is forgotten when its time comes, without any event', async () => {
    await begin({ confirmations: 2 });
    challenge(alice);
    await tick();
    world.world.challenges.clear();
    for (let looks = 0; looks < 4; looks++) {
      await world.pass(300);
      await tick();
    }
    expect(await disputeOf(alice)).toBeUndefined();
    expect((await bodyOf(alice)).challenge).toBeNull();
  });

  test('that cannot be looked at is written down and looked at when the chain is back', async () => {
    challenge(alice, 0n);
    const { dispute: readDispute } = world.world.reader;
    const broken = {
      ...world.chain,
      reader: { ...world.world.reader, dispute: () => Promise.reject(new Error('no')) },
    };
    expect((await watch(world.hub, broken)).ok).toBe(true);
    expect(await disputeOf(alice)).toBeDefined();
    expect(await waiting()).toEqual([]);
    await world.pass(60);
    const silent = {
      ...world.chain,
      reader: {
        ...world.world.reader,
        dispute: readDispute,
        channelsDisputedIn: async () => ({ ok: true as const, value: [] }),
      },
    };
    await watch(world.hub, silent);
    expect(await waiting()).toEqual(['answer']);
  });
});

describe('a payer who leaves with an open app (invariant 7)', () => {
  test('after its payee was paid: the hub shows the preimage on the app', async () => {
    const sent = await claimed();
    await bob.propose(...bob.unlock(sent));
    challenge(alice);
    await tick();
    expect(writer.steps).toMatchObject([{ kind: 'open-app', moves: [{ action: preimageOf(sent.secret) }] }]);
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
    onChain(appId, { finalizesAt: sent.holdUntil, stateHash: stateHash(state) });
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
      moves: [{ action: preimageOf(sent.secret) }],
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
    world.world.moves.push({ channel: bob.channel.address, appId, action: preimageOf(sent.secret) });
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
    expect(await statusOf(sent)).toBe('pending');
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
    expect(await statusOf(sent)).toBe('pending');
  });

  test('what could not be handed to the hub is claimed once', async () => {
    settle(bob);
    world.world.claimable.set(`${bob.channel.address}#${ETHER}`, 7n);
    await tick();
    await tick();
    expect(await waiting()).toEqual(['claim']);
  });
});

describe('an unlocked app that stays open', () => {
  /** The payee's action outside a ledger: a state both signed, enforceable on chain at any later time. */
  const unlockOnly = async (sent: Sent) => {
    const { update } = await import('../operations/update.ts');
    const { appStateDigest } = await import('../../protocol/digests.ts');
    const instance = bob.state.apps.find(({ id }) => id === bob.appOf(sent))!;
    const preimage = preimageOf(sent.secret);
    const state = encodeTransferState({ amount: 100n, lockHash: lockHashOf(preimage), preimage });
    const next = { appId: instance.id, version: 1n, stateHash: stateHash(state) };
    const signature = bob.sign(appStateDigest(bob.channel.domain, next));
    return update(world.hub, world.chain, bob.caller, {
      channel: bob.channel.address,
      appId: instance.id,
      version: 1n,
      action: preimage,
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

describe('the epoch of a channel', () => {
  test('is left only when the settlement is deep enough; until then nothing is agreed', async () => {
    await begin({ confirmations: 3 });
    settle(alice);
    world.world.since.set(alice.channel.address, world.world.block.number);
    await tick();
    expect((await bodyOf(alice)).state.ledger.epoch).toBe(0n);
    expect(code(await alice.propose(alice.transfer(ETHER, 1n, bob).operation))).toBe('channel_disputed');
    for (let blocks = 0; blocks < 3; blocks++) await world.pass(1);
    await tick();
    expect((await bodyOf(alice)).state.ledger.epoch).toBe(1n);
  });

  test('brought back by a reorganization goes on where it stood: no version is signed twice (invariant 2)', async () => {
    await alice.propose(alice.transfer(ETHER, 10n, bob).operation);
    const before = await bodyOf(alice);
    settle(alice);
    await tick();
    world.world.challenges.set(alice.channel.address, { epoch: 0n, floorVersion: 0n, finalizesAt: 0 });
    await tick();
    expect(await bodyOf(alice)).toEqual(before);
    settle(alice);
    await tick();
    expect((await bodyOf(alice)).state.ledger).toMatchObject({ epoch: 1n, version: 0n });
  });

  test('takes withdrawals with it that were signed and not mined: the settlement pays them', async () => {
    const { withdraw } = await import('../operations/withdraw.ts');
    const proposal = alice.proposal([
      {
        kind: 'withdraw',
        party: 0,
        asset: ETHER,
        amount: 5n,
        recipient: alice.address,
        nonce: `0x${'01'.repeat(32)}` as Hash,
        deadline: now() + 3600,
        handler: ETHER,
        data: '0x',
      },
    ]);
    const signed = await withdraw(world.hub, world.chain, alice.caller, { kind: 'propose', proposal });
    if (!signed.ok || signed.value.kind !== 'countersigned') throw new Error(code(signed));
    const { digest } = signed.value.withdrawals[0]!;
    const signature = alice.sign(Uint8Array.from(Buffer.from(digest.slice(2), 'hex')));
    const submitted = { kind: 'submit', channel: alice.channel.address, digest, signature } as const;
    settle(alice);
    await tick();
    expect(code(await withdraw(world.hub, world.chain, alice.caller, submitted))).toBe('unknown_withdrawal');
    expect(await waiting()).toEqual([]);
    expect((await bodyOf(alice)).outbox).toEqual([]);
  });
});

describe('a process killed at any write (invariant 12)', () => {
  /** Alice is gone with an open app while Bob is paid; one process dies at one write, and another goes on. */
  async function play(deathAt: (write: number) => Death): Promise<number> {
    const durable = new MemoryStore();
    await begin({ store: durable });
    const sent = await claimed();
    const appId = alice.appOf(sent);
    let writes = 0;
    const asProcess = async (run: (hub: Hub) => Promise<unknown>): Promise<void> => {
      const life: Life = { isDead: false, onDeath: () => {} };
      const died = new Promise<void>((resolve) => (life.onDeath = resolve));
      const store = mortalStore(durable, 'hub', life, { deathAt: () => deathAt((writes += 1)) });
      await Promise.race([run({ ...world.hub, store }), died]);
    };
    settle(alice);
    for (let ticks = 0; ticks < 3; ticks++) await asProcess((hub) => watch(hub, world.chain));
    await bob.propose(...bob.unlock(sent));
    for (let ticks = 0; ticks < 3; ticks++) {
      await world.pass(300);
      await asProcess((hub) => watch(hub, world.chain));
    }
    expect(new Set(await waiting())).toEqual(new Set(['open-app']));
    expect(await waiting()).toHaveLength(1);
    onChain(appId, { version: 1n, steps: 1n, stage: 'settled', finalizesAt: now() });
    for (let ticks = 0; ticks < 3; ticks++) {
      await world.pass(300);
      await asProcess((hub) => watch(hub, world.chain));
    }
    expect(await disputeOf(alice)).toBeUndefined();
    expect((await bodyOf(alice)).departed).toEqual([]);
    return writes;
  }

  test.each(['before', 'after'] as const)('%s it landed', async (death) => {
    const writes = await play(() => null);
    expect(writes).toBeGreaterThan(8);
    for (let number = 1; number <= writes; number++) await play((write) => (write === number ? death : null));
  });
});

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

  test('is refused while the operator wants to leave', async () => {
    await leaveChannel(world.hub, world.chain, alice.channel.address);
    challenge(alice);
    expect(code(await ask(alice, cancelOf(alice)))).toBe('channel_disputed');
  });
});

describe('the operator leaves a channel (invariant 14)', () => {
  test('with the latest ledger, and pays for the settlement as soon as it can', async () => {
    expect(code(await leaveChannel(world.hub, world.chain, bob.channel.address))).toBe('ok');
    expect(writer.steps).toMatchObject([{ kind: 'challenge', ledger: { version: 1n } }]);
    challenge(bob);
    const digest = toHash(ledgerDigest(bob.channel.domain, bob.state.ledger));
    expect(world.world.challenges.get(bob.channel.address)).toBeDefined();
    await world.pass(PERIOD);
    await tick();
    expect(await waiting()).toEqual(['challenge', 'settle']);
    expect(digest).toHaveLength(66);
    settle(bob);
    await world.pass(1);
    await tick();
    expect(await disputeOf(bob)).toBeUndefined();
    expect((await bodyOf(bob)).state.ledger.epoch).toBe(1n);
  });

  test('and what is no channel of the hub’s cannot be left', async () => {
    expect(code(await leaveChannel(world.hub, world.chain, alice.address))).toBe('unknown_channel');
  });
});
