// SPDX-License-Identifier: MIT
/** The hub in disputes on a real chain: what each side holds in the end, token by token. Gas is paid in ether and left out. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startLocalChain, type LocalChain } from '../../lib/chain/testing/local-chain.ts';
import { loadChannel } from '../../lib/hub/channels.ts';
import { disputesOf } from '../../lib/hub/disputes/dispute-item.ts';
import { leaveChannel } from '../../lib/hub/disputes/leave.ts';
import type { Hub } from '../../lib/hub/hub.ts';
import { dispute } from '../../lib/hub/operations/dispute.ts';
import { loadTransfer } from '../../lib/hub/transfers.ts';
import { cancelCall } from '../../lib/chain/calls.ts';
import { encodeUnlock } from '../../lib/protocol/apps/transfer-app.ts';
import { appProof } from '../../lib/protocol/apps-root.ts';
import { cancelDigest } from '../../lib/protocol/digests.ts';
import { prepareMove, type SignedMove } from '../../lib/protocol/dispute.ts';
import {
  ETHER,
  ZERO_HASH,
  type Address,
  type AgreedState,
  type AppInstance,
} from '../../lib/protocol/types.ts';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import { mined } from '../../lib/chain/testing/mined.ts';
import { HubOnChain, valueOf, type UserOnChain } from '../harness/hub-on-chain.ts';
import type { Sent } from '../harness/test-user.ts';
import { mortalStore, type Death, type Life } from '../model/mortal-store.ts';

const PERIOD = 3_600;
const OWN = 1_000n;
const HUBS = 500n;

let local: LocalChain;
let world: HubOnChain;
let token: Address;
let hubBefore: bigint;
let keys = 0;

beforeAll(async () => {
  local = await startLocalChain();
  token = local.token;
}, 30_000);
afterAll(() => local.stop());

const newKey = (): Uint8Array => new Uint8Array(32).fill(0x51).fill((keys += 1), 0, 8);
const code = (outcome: { ok: boolean; error?: { code: string } }): string =>
  outcome.ok ? 'ok' : outcome.error!.code;

async function begin(store = new MemoryStore()): Promise<readonly [UserOnChain, UserOnChain]> {
  world = await HubOnChain.create(local, { key: local.keys[1] as Uint8Array, store });
  const [alice, bob] = [await world.user(newKey()), await world.user(newKey())];
  await alice.fund(token, OWN);
  await bob.fund(token, 0n, HUBS);
  hubBefore = await world.balance(world.hub.key.address, token);
  return [alice, bob];
}

let alice: UserOnChain;
let bob: UserOnChain;
beforeEach(async () => {
  [alice, bob] = await begin();
}, 30_000);

/** What the hub was handed on chain since the deposits were made. */
const hubGot = async () => (await world.balance(world.hub.key.address, token)) - hubBefore;
const statusOf = async (sent: Sent) => (await loadTransfer(world.hub, sent.transferId))?.transfer.status.kind;
const bodyOf = async (user: UserOnChain) => (await loadChannel(world.hub, 31337, user.channel.address))!.body;
const openDisputes = async (user: UserOnChain) =>
  (await disputesOf(world.hub, 31337, user.channel.address)).length;

const challengeWith = (user: UserOnChain, { ledger, signatures }: AgreedState) =>
  user.take({ kind: 'challenge', ledger, signatures });
const settleWith = (user: UserOnChain, { ledger }: AgreedState) =>
  user.take({ kind: 'settle', ledger, others: [] });

function openStep(
  user: UserOnChain,
  { ledger, signatures, apps }: AgreedState,
  moves: readonly SignedMove[] = [],
) {
  const { app, state, id } = apps[0]!;
  const proof = appProof(
    apps.map((instance) => instance.id),
    id,
  );
  return user.take({ kind: 'open-app', app, ledger, signatures, proof: proof!, state, moves });
}

function preimageMove(user: UserOnChain, sent: Sent): readonly SignedMove[] {
  const { id: appId, state: on, version, app } = user.state.apps[0]!;
  const action = encodeUnlock(sent.preimage);
  const acted = world.chain.catalogue.get(app.definition)!.applyAction(on, action);
  const move = { appId, on, version, action, state: valueOf(acted) };
  return prepareMove(user.channel.domain, move, (digest) => user.sign(digest)).moves;
}

async function pay(amount: bigint, isPaid: boolean): Promise<Sent> {
  const sent = alice.transfer(token, amount, bob);
  expect(code(await alice.propose(sent.operation))).toBe('ok');
  expect(code(await bob.propose(bob.claim(sent)))).toBe('ok');
  if (isPaid) expect(code(await bob.propose(...bob.unlock(sent)))).toBe('ok');
  return sent;
}

describe('a stale ledger', () => {
  test('is answered, and the channel goes on as before (invariants 10 and 13)', async () => {
    const stale = alice.state;
    await pay(100n, true);
    await challengeWith(alice, stale);
    await world.settleDown();
    const status = valueOf(await world.reader.challenge(alice.channel, await height()));
    expect(status).toMatchObject({ finalizesAt: 0, floorVersion: alice.state.ledger.version });
    expect(await openDisputes(alice)).toBe(0);
    expect(code(await alice.propose(alice.transfer(token, 1n, bob).operation))).toBe('ok');
  }, 30_000);

  test('at version 0 takes nothing from the hub', async () => {
    await bob.take({
      kind: 'challenge',
      ledger: { ...bob.state.ledger, version: 0n, assets: [] },
      signatures: null,
    });
    await world.settleDown();
    expect(valueOf(await world.reader.challenge(bob.channel, await height()))).toMatchObject({
      finalizesAt: 0,
    });
  }, 30_000);
});

const height = async () => valueOf(await world.reader.latest()).number;

describe('a payer who leaves with an open app', () => {
  test('after its payee was paid: the hub shows the preimage and gets the money (invariant 7)', async () => {
    const sent = await pay(100n, true);
    await challengeWith(alice, alice.state);
    await world.settleDown();
    await world.pass(PERIOD);
    await settleWith(alice, alice.state);
    await world.settleDown();
    expect(await hubGot()).toBe(100n);
    expect(await world.balance(alice.address, token)).toBe(OWN - 100n);
    expect(await statusOf(sent)).toBe('resolved');
    expect(await openDisputes(alice)).toBe(0);
    expect((await bodyOf(alice)).departed).toEqual([]);
    expect((await bodyOf(alice)).state.ledger.epoch).toBe(1n);
  }, 60_000);

  test('and pays nobody: the hub settles for it a period later, and the next epoch is usable', async () => {
    await pay(100n, true);
    await challengeWith(alice, alice.state);
    await world.settleDown();
    await world.pass(PERIOD + 1);
    await world.settleDown();
    expect((await bodyOf(alice)).state.ledger.epoch).toBe(0n);
    await world.pass(PERIOD);
    await world.settleDown();
    expect(await hubGot()).toBe(100n);
    expect(await world.balance(alice.address, token)).toBe(OWN - 100n);
    await alice.open();
    expect(alice.state.ledger.epoch).toBe(1n);
    await alice.fund(token, 50n);
    expect(alice.balance(token)).toBe(50n);
  }, 60_000);

  test('and settles before its payee is paid: the hub opens the app when it is, long after', async () => {
    const sent = await pay(100n, false);
    await challengeWith(alice, alice.state);
    await world.settleDown();
    await world.pass(PERIOD);
    await settleWith(alice, alice.state);
    await openStep(alice, alice.state);
    await world.settleDown();
    expect(await openDisputes(alice)).toBe(1);
    expect(code(await bob.propose(...bob.unlock(sent)))).toBe('ok');
    await world.settleDown();
    await world.pass(PERIOD);
    await world.settleDown();
    expect(await hubGot()).toBe(100n);
    expect(await openDisputes(alice)).toBe(0);
  }, 60_000);
});

describe('payer and payee together', () => {
  test('between the two deadlines: the hub’s net is not negative (invariant 7)', async () => {
    const sent = await pay(100n, false);
    const deadline = bob.state.apps[0]!.app.actionDeadline;
    for (const user of [alice, bob]) await challengeWith(user, user.state);
    await world.settleDown();
    await world.pass(PERIOD);
    for (const user of [alice, bob]) await settleWith(user, user.state);
    await openStep(alice, alice.state);
    await world.settleDown();
    // The last moment at which the registry takes the preimage from the payee.
    await world.passTo(deadline - 5);
    await openStep(bob, bob.state, preimageMove(bob, sent));
    await world.settleDown();
    expect(await statusOf(sent)).toBe('resolved');
    await world.passTo(sent.holdUntil + 1);
    await world.settleDown();
    expect(await world.balance(bob.address, token)).toBe(100n);
    expect(await world.balance(alice.address, token)).toBe(OWN - 100n);
    expect(await hubGot()).toBe(HUBS);
    for (const user of [alice, bob]) {
      expect(await openDisputes(user)).toBe(0);
      expect((await bodyOf(user)).departed).toEqual([]);
    }
  }, 60_000);

  test('who both do nothing: each gets its own back, the hub fetches its stake', async () => {
    const sent = await pay(100n, false);
    const deadline = bob.state.apps[0]!.app.actionDeadline;
    for (const user of [alice, bob]) await challengeWith(user, user.state);
    await world.settleDown();
    await world.pass(PERIOD);
    for (const user of [alice, bob]) await settleWith(user, user.state);
    await openStep(alice, alice.state);
    await world.settleDown();
    expect(await hubGot()).toBe(HUBS - 100n);
    await world.passTo(deadline + 301);
    await world.settleDown();
    await world.pass(PERIOD);
    await world.settleDown();
    expect(await hubGot()).toBe(HUBS);
    await world.passTo(sent.holdUntil + 1);
    await world.settleDown();
    expect(await statusOf(sent)).toBe('cancelled');
    // The refund is the payer's to fetch.
    const [{ app, state: data }] = alice.state.apps as [AppInstance];
    await alice.take({ kind: 'settle-app', app, previous: ZERO_HASH, data, proof: [] });
    expect(await world.balance(alice.address, token)).toBe(OWN);
    await world.pass(301);
    await world.settleDown();
    for (const user of [alice, bob]) expect(await openDisputes(user)).toBe(0);
  }, 60_000);
});

test('a payee who shows the preimage on chain is paid there, and its payer is charged off chain (invariant 6)', async () => {
  const sent = await pay(100n, false);
  await challengeWith(bob, bob.state);
  await openStep(bob, bob.state, preimageMove(bob, sent));
  await world.settleDown();
  expect(await statusOf(sent)).toBe('resolved');
  expect(code(await alice.propose({ kind: 'uninstall', appId: alice.appOf(sent) }))).toBe(
    'transfer_resolved',
  );
  expect(code(await alice.propose(...alice.unlock(sent)))).toBe('ok');
  expect(alice.balance(token)).toBe(OWN - 100n);
  await world.pass(PERIOD);
  await settleWith(bob, bob.state);
  await world.settleDown();
  expect(await world.balance(bob.address, token)).toBe(100n);
  expect(await hubGot()).toBe(HUBS - 100n);
  expect(await openDisputes(bob)).toBe(0);
}, 60_000);

test('a payee whose ledger was answered closes off chain what it unlocked on chain, after the deadline too', async () => {
  const sent = await pay(100n, false);
  const claimed = bob.state;
  const { actionDeadline } = claimed.apps[0]!.app;
  await world.door.arrive(bob.channel, token, [5n, 0n]);
  valueOf(await bob.propose({ kind: 'deposit', asset: token, deposits: [5n, HUBS] }));
  await challengeWith(bob, claimed);
  await openStep(bob, claimed, preimageMove(bob, sent));
  await world.settleDown();
  expect(await statusOf(sent)).toBe('resolved');
  expect(valueOf(await world.reader.challenge(bob.channel, await height())).finalizesAt).toBe(0);
  await world.passTo(actionDeadline + 1);
  await world.settleDown();
  expect(code(await bob.propose(...bob.unlock(sent)))).toBe('ok');
  expect(bob.balance(token)).toBe(105n);
  expect(code(await alice.propose(...alice.unlock(sent)))).toBe('ok');
  expect(alice.balance(token)).toBe(OWN - 100n);
  await world.settleDown();
  expect(await openDisputes(bob)).toBe(0);
  // What it had on chain is worth nothing next to the newer ledger (invariants 7 and 10).
  await challengeWith(bob, bob.state);
  await world.pass(PERIOD);
  await settleWith(bob, bob.state);
  await world.settleDown();
  expect(await world.balance(bob.address, token)).toBe(105n);
  expect(await hubGot()).toBe(HUBS - 100n);
}, 60_000);

test('a challenge cancelled by both leaves the channel usable (invariant 13)', async () => {
  await challengeWith(alice, alice.state);
  await world.settleDown();
  const { challengeId, finalizesAt } = valueOf(await world.reader.challenge(alice.channel, await height()));
  const cancel = {
    channel: alice.channel.address,
    epoch: 0n,
    subject: ZERO_HASH,
    challengeId,
    deadline: finalizesAt - 60,
  };
  const signature = alice.sign(cancelDigest(alice.channel.domain, cancel));
  const signed = valueOf(
    await dispute(world.hub, world.chain, alice.caller, { kind: 'cancel', cancel, signature }),
  );
  if (signed.kind !== 'cancelled') throw new Error(signed.kind);
  const signatures = [signature, signed.signature] as const;
  await mined(alice.writer, cancelCall(local.contracts, alice.channel, { cancel, signatures, app: null }));
  await world.settleDown();
  expect(code(await alice.propose(alice.transfer(token, 1n, bob).operation))).toBe('ok');
}, 30_000);

test('the operator gets idle collateral back from a user who vanished (invariant 14)', async () => {
  valueOf(await leaveChannel(world.hub, world.chain, bob.channel.address));
  await world.settleDown();
  await world.pass(PERIOD + 1);
  await world.settleDown();
  expect(await hubGot()).toBe(HUBS);
  expect(await openDisputes(bob)).toBe(0);
}, 30_000);

describe('the hub killed between any two writes (invariant 12)', () => {
  /** Alice leaves after Bob was paid; the hub dies at one write, and another process goes on. */
  async function play(death: Death, at: number): Promise<number> {
    const durable = new MemoryStore();
    [alice, bob] = await begin(durable);
    await pay(100n, true);
    await challengeWith(alice, alice.state);
    let writes = 0;
    const rounds = async (count: number): Promise<void> => {
      for (let round = 0; round < count; round++) {
        const life: Life = { isDead: false, onDeath: () => {} };
        const died = new Promise<void>((resolve) => (life.onDeath = resolve));
        const deathAt = (): Death => ((writes += 1) === at ? death : null);
        const as: Hub = { ...world.hub, store: mortalStore(durable, 'hub', life, { deathAt }) };
        await Promise.race([world.tick(as), died]);
      }
    };
    await rounds(3);
    await world.pass(PERIOD);
    await settleWith(alice, alice.state);
    await rounds(3);
    // The time of a dispute's next look, in case what would have told the hub died with it.
    await world.pass(301);
    await rounds(4);
    expect({ at, death, got: await hubGot() }).toEqual({ at, death, got: 100n });
    await world.pass(301);
    await rounds(2);
    expect(await openDisputes(alice)).toBe(0);
    expect((await bodyOf(alice)).departed).toEqual([]);
    return writes;
  }

  test.each(['before', 'after'] as const)(
    '%s it landed still gets its money, once',
    async (death) => {
      const writes = await play(null, 0);
      expect(writes).toBeGreaterThan(10);
      for (let at = 1; at <= writes; at++) await play(death, at);
    },
    600_000,
  );
});

describe('a reorganization', () => {
  const request = async (method: string, params: readonly unknown[]): Promise<unknown> => {
    const answer = await local.rpc.request(method, params);
    if (!answer.ok) throw new Error(`${method}: ${answer.error.reason}`);
    return answer.value;
  };

  test('takes a deposit away: never credited before it is deep enough, and once when it comes again', async () => {
    world = await HubOnChain.create(local, { key: local.keys[1] as Uint8Array, confirmations: 3 });
    const user = await world.user(newKey());
    const deposit = { kind: 'deposit', asset: ETHER, deposits: [70n, 0n] } as const;
    const snapshot = await request('evm_snapshot', []);
    await world.door.arrive(user.channel, ETHER, [70n, 0n]);
    expect(valueOf(await world.reader.received(user.channel, ETHER, await height()))).toEqual([70n, 0n]);
    expect(code(await user.propose(deposit))).toBe('deposit_not_found');
    await request('evm_revert', [snapshot]);
    await local.mine(5);
    await world.tick();
    expect(code(await user.propose(deposit))).toBe('deposit_not_found');
    await world.door.arrive(user.channel, ETHER, [70n, 0n]);
    await local.mine(3);
    await world.tick();
    expect(code(await user.propose(deposit))).toBe('ok');
    expect(code(await user.propose(deposit))).toBe('invalid_deposit');
    expect(user.balance(ETHER)).toBe(70n);
  }, 30_000);

  test('takes a challenge away: the channel is usable again; it comes back: it is answered', async () => {
    const stale = alice.state;
    await pay(100n, true);
    const snapshot = await request('evm_snapshot', []);
    await challengeWith(alice, stale);
    await world.tick();
    expect((await bodyOf(alice)).challenge).not.toBeNull();
    await request('evm_revert', [snapshot]);
    await local.mine(20);
    await world.pass(301);
    await world.settleDown();
    expect((await bodyOf(alice)).challenge).toBeNull();
    expect(await openDisputes(alice)).toBe(0);
    await challengeWith(alice, stale);
    await world.settleDown();
    expect(valueOf(await world.reader.challenge(alice.channel, await height()))).toMatchObject({
      finalizesAt: 0,
    });
  }, 30_000);
});
