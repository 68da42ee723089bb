// SPDX-License-Identifier: MIT
/** A hub that takes the preimage and keeps its countersignature, against a real chain with the real contracts. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { startLocalChain, type LocalChain } from '../chain/testing/local-chain.ts';
import { claimSpan, payerHold, settleSpan } from '../protocol/deadlines.ts';
import type { DisputeStep } from '../protocol/dispute.ts';
import { ETHER } from '../protocol/types.ts';
import type { TransferView } from '../protocol/wire/requests.ts';
import { parseRecord, recordKey, type ChannelRecord } from './channel-record.ts';
import type { IndraClient } from './client.ts';
import type { ClientEvents } from './events.ts';
import { runningHolding } from './holding.ts';
import { CHALLENGE_PERIOD, ChainClock, DisputedWorld, MARGIN, PACE } from './testing/disputed-world.ts';
import { offeredTransfer } from './testing/offered-transfer.ts';

const TERMS = { ...PACE, challengePeriod: CHALLENGE_PERIOD, margin: MARGIN };
const OWN = 10n ** 17n;
const OWED = 2n * 10n ** 17n;

let chain: LocalChain;
let clock: ChainClock;
let world: DisputedWorld;
let client: IndraClient;
let told: { readonly type: string; readonly event: unknown }[];

beforeAll(async () => {
  chain = await startLocalChain();
  clock = new ChainClock(chain);
}, 30_000);
afterAll(() => chain.stop());
jest.setTimeout(60_000);

beforeEach(async () => {
  world = new DisputedWorld(chain, clock);
  told = [];
  await world.giveGas();
  await world.fund(OWN, 3n * OWED);
  await connect();
  await world.until('the deposit counts', () => client.balance(ETHER).certain === OWN);
});
afterEach(() => world.close());

const NAMES = [
  'enforcement.due',
  'enforcement.started',
  'enforcement.done',
  'enforcement.impossible',
  'risk.changed',
] as const;

async function connect(): Promise<void> {
  client = await world.connect();
  for (const name of NAMES) client.on(name, (event) => void told.push({ type: name, event }));
}

const toldOf = <Name extends (typeof NAMES)[number]>(name: Name): readonly ClientEvents[Name][] =>
  told.filter(({ type }) => type === name).map(({ event }) => event as ClientEvents[Name]);

async function record(): Promise<ChannelRecord> {
  const item = await world.store.get(recordKey(chain.contracts.chainId, world.channel.address));
  if (item === null) throw new Error('nothing is stored');
  return parseRecord(item, world.catalogue);
}

/** A payment to this user that the hub holds ready. */
const offered = (amount: bigint, seed = 1, holdUntil?: number): TransferView =>
  offeredTransfer(world, {
    amount,
    seed,
    createdAt: clock.now(),
    holdUntil: (expiresAt) => holdUntil ?? payerHold(TERMS, expiresAt),
  });

/** The preimage has left, and the hub swallows the closing for ever. */
async function shownAndSwallowed(amount = OWED): Promise<void> {
  world.door.ignored.add('uninstall');
  world.door.pending = [offered(amount)];
  void client.settle().catch(() => {});
  await world.until('the preimage is shown', async () => (await record()).shown.length === 1);
}

/** The chain takes its transactions within D, and then time may pass. */
async function settledInTime() {
  const { agreed } = await record();
  const [instance] = agreed.apps;
  if (instance === undefined) throw new Error('no app is open');
  const holding = runningHolding(await record(), []);
  await world.until('the preimage is on chain', async () => {
    const view = await world.reader.dispute(holding, { now: clock.now(), fromBlock: 0 });
    return view.ok && view.value.apps.get(instance.id)?.version === 1n;
  });
  expect(clock.now()).toBeLessThan(instance.app.actionDeadline);
  return world.passUntil(client.settled());
}

const passTo = async (time: number): Promise<void> => clock.pass(Math.max(0, time - clock.now()));

describe('a hub that swallows the closing for ever', () => {
  test('W-B3 is left in time without being asked, after a restart too, and the payee has its money', async () => {
    await shownAndSwallowed();
    const { shown, agreed } = await record();
    const { actionDeadline } = agreed.apps[0]!.app;
    const leaveAt = shown[0]?.leaveAt ?? 0;
    expect(leaveAt).toBeGreaterThanOrEqual(actionDeadline - 2 * PACE.reaction);
    expect(leaveAt).toBeLessThanOrEqual(actionDeadline - PACE.reaction);
    expect(toldOf('enforcement.due')).toEqual([]);

    await clock.pass(PACE.patience + 1);
    await world.until('it is told before', () => toldOf('enforcement.due').length === 1);
    expect(toldOf('enforcement.due')[0]).toMatchObject({ amount: OWED, at: leaveAt });

    await client.close();
    world.door.isThere = false;
    await passTo(leaveAt - 60);
    await connect();
    await clock.pass(1);
    expect((await world.challenge()).finalizesAt).toBe(0);
    expect(toldOf('enforcement.started')).toEqual([]);

    await passTo(leaveAt);
    await world.until('it is told meanwhile', () => toldOf('enforcement.started').length === 1);
    await world.until('the channel is left', async () => (await world.challenge()).finalizesAt !== 0);
    const paid = (await settledInTime()).paid;
    expect(paid).toEqual([{ asset: ETHER, amount: OWN + OWED }]);
    await world.until('it is told after', () => toldOf('enforcement.done').length === 1);
    expect(toldOf('enforcement.done')[0]).toMatchObject({ amount: OWED, isPaid: true });
    expect((await record()).shown).toEqual([]);
  });

  test('W-B3 and dies between the wish to leave and the end: the next process goes on', async () => {
    await shownAndSwallowed();
    await passTo((await record()).shown[0]?.leaveAt ?? 0);
    await world.until('it has begun', () => toldOf('enforcement.started').length === 1);
    await client.close();
    world.door.isThere = false;
    await connect();
    const { paid } = await settledInTime();
    expect(paid).toEqual([{ asset: ETHER, amount: OWN + OWED }]);
    await world.until('it is told after', () => toldOf('enforcement.done').length === 1);
    expect(toldOf('enforcement.done')[0]).toMatchObject({ isPaid: true });
  });

  test('W-B3 is left at once when a challenge appears', async () => {
    await shownAndSwallowed();
    const { ledger, signatures } = world.door.state;
    await world.giveGas(world.door.address);
    await world.send(
      world.hubWriter,
      world.hubWriter.disputeCall(world.channel, { kind: 'challenge', ledger, signatures }),
    );
    await world.until('it has begun', () => toldOf('enforcement.started').length === 1);
    const { paid } = await settledInTime();
    expect(paid).toEqual([{ asset: ETHER, amount: OWN + OWED }]);
  });

  test('says so before it is too late where gas is missing, and leaves once it is there', async () => {
    await shownAndSwallowed();
    await world.giveGas(world.key.address, 1n);
    await clock.pass(PACE.patience + 1);
    const hindered = () => toldOf('enforcement.impossible').filter(({ reason }) => reason === 'no_gas');
    await world.until('it is told', () => hindered().length === 1);
    const { actionDeadline } = (await record()).agreed.apps[0]!.app;
    expect(hindered()[0]).toMatchObject({
      amount: OWED,
      needed: { address: world.key.address },
      until: actionDeadline,
    });
    await world.giveGas();
    await passTo((await record()).shown[0]?.leaveAt ?? 0);
    const { paid } = await settledInTime();
    expect(paid).toEqual([{ asset: ETHER, amount: OWN + OWED }]);
  });

  test('leaves nobody for an amount that is not worth it: that is at risk, and counted after a restart', async () => {
    const small = 10n ** 6n;
    await shownAndSwallowed(small);
    expect((await record()).shown[0]?.leaveAt).toBeNull();
    expect(client.atRisk(ETHER)).toEqual({ amount: small, limit: 10n ** 16n });
    expect(toldOf('risk.changed').at(-1)).toMatchObject({ asset: ETHER, amount: small });
    await client.close();
    await connect();
    expect(client.atRisk(ETHER).amount).toBe(small);
    await passTo((await record()).agreed.apps[0]!.app.actionDeadline - PACE.reaction - 60);
    await client.disputeStatus();
    expect(await client.disputeStatus()).toMatchObject({ stage: 'none', wantsToLeave: false });
    world.door.ignored.clear();
    await world.until('it is countersigned', () => client.atRisk(ETHER).amount === 0n);
    expect(client.balance(ETHER).certain).toBe(OWN + small);
  });
});

test('who has no gas is paid more than may be at risk at a time, a little at a time', async () => {
  await world.giveGas(world.key.address, 0n);
  const part = 4n * 10n ** 15n;
  world.door.pending = [1, 2, 3, 4, 5].map((seed) => offered(part, seed));
  await client.settle();
  await world.until('all are paid', () => client.balance(ETHER).certain === OWN + 5n * part);
  const sums = toldOf('risk.changed').map(({ amount, limit }) => amount <= limit);
  expect(sums).not.toContain(false);
  expect(client.atRisk(ETHER).amount).toBe(0n);
});

test('W-B5 a hub that opens the app unmoved does not have it final while the payee may still claim it', async () => {
  await shownAndSwallowed();
  await client.close();
  const [instance] = (await record()).agreed.apps;
  if (instance === undefined) throw new Error('no app is open');
  const { ledger, signatures } = world.door.state;
  const { app, state } = instance;
  await world.giveGas(world.door.address);
  const hub = (step: DisputeStep) =>
    world.send(world.hubWriter, world.hubWriter.disputeCall(world.channel, step));
  await hub({ kind: 'challenge', ledger, signatures });
  await hub({ kind: 'open-app', app, ledger, signatures, proof: [], state, moves: [] });
  const holding = runningHolding(await record(), []);
  const view = await world.reader.dispute(holding, { now: clock.now(), fromBlock: 0 });
  expect(view.ok && view.value.apps.get(instance.id)?.finalizesAt).toBeGreaterThan(app.actionDeadline);
  // The app's own periods are long over, and its owner comes back within its deadline.
  await passTo(app.actionDeadline - 2 * PACE.reaction);
  await connect();
  expect((await settledInTime()).paid).toEqual([{ asset: ETHER, amount: OWN + OWED }]);
});

test('W-B2 a deadline forged by the hub claims nothing and shows nothing; an honest one beside it is paid', async () => {
  const forged = offered(OWED, 1, clock.now() + settleSpan(TERMS) + 2);
  world.door.pending = [forged, offered(OWED / 2n, 2)];
  await client.settle();
  await world.until('the honest one is paid', () => client.balance(ETHER).certain === OWN + OWED / 2n);
  const held = await record();
  expect(held.agreed.apps).toEqual([]);
  expect(held.signed).toEqual([]);
  expect(client.balance(ETHER).incoming).toBe(0n);
});

test('W-B2 a deadline the hub puts off puts off no enforcement: it follows what the payer signed', async () => {
  const century = clock.now() + 100 * 365 * 86_400;
  world.door.ignored.add('uninstall');
  world.door.pending = [offered(OWED, 1, century)];
  void client.settle().catch(() => {});
  await world.until('the preimage is shown', async () => (await record()).shown.length === 1);
  const [instance] = (await record()).agreed.apps;
  const { expiresAt } = world.door.pending[0]!;
  expect(instance?.app.actionDeadline).toBe(expiresAt + claimSpan(TERMS));
  await passTo((await record()).shown[0]?.leaveAt ?? 0);
  expect((await settledInTime()).paid).toEqual([{ asset: ETHER, amount: OWN + OWED }]);
});
