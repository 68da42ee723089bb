// SPDX-License-Identifier: MIT
/** Drives a world until everybody has what they wanted and nothing is open, then adds up. */
import { treasuryLane } from '../../lib/hub/lanes.ts';
import { firstOpen } from '../../lib/lane/lane.ts';
import { channelKey, parseChannel, type ChannelBody } from '../../lib/hub/channel-item.ts';
import { parseTransfer, type Transfer } from '../../lib/hub/transfer-item.ts';
import { assetOf } from '../../lib/protocol/ledger.ts';
import { digestOf, verifyAgreed } from '../../lib/protocol/transition.ts';
import { ETHER } from '../../lib/protocol/types.ts';
import { toHex } from '../../lib/protocol/bytes.ts';
import { recoverAddress } from '../../lib/signing/native.ts';
import { TEST_CHAIN } from '../harness/hub-in-memory.ts';
import type { ModelUser, ModelWorld } from './model-world.ts';
import type { Random } from './random.ts';
import type { VirtualClock } from './virtual-clock.ts';
import type { Wishes } from './wishes.ts';

export interface Run {
  readonly world: ModelWorld;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly wishes: Wishes;
  /** What each user and the hub put into each channel. */
  readonly deposit: bigint;
}

const RESTART_MS = 700;
const MOST_STEPS = 60_000;
const LOOK_EVERY = 20;

/** One timer further; whoever died is started again a little later. */
async function step({ world, clock, wishes, random }: Run): Promise<void> {
  for (const user of world.users) {
    if (!user.life.isDead || user.isStarting) continue;
    user.isStarting = true;
    clock.after(RESTART_MS, () => {
      void world.start(user).finally(() => (user.isStarting = false));
    });
  }
  wishes.pursue();
  if (random.chance(0.02)) await executeSome(world, random);
  if (!(await clock.step())) throw new Error('nothing more can happen');
}

/** The chain takes some of the withdrawals the hub means to send, until their deadlines. */
async function executeSome(world: ModelWorld, random: Random): Promise<void> {
  const chain = world.hub.chains.get(TEST_CHAIN.chainId);
  if (chain === undefined) return;
  const sends = await firstOpen(treasuryLane(world.hub, chain), 1_000);
  const open = new Map(
    (await bodies(world))
      .flatMap(({ state }) => state.withdrawals)
      .map((one) => [one.digest, one.withdrawal]),
  );
  for (const { purpose } of sends) {
    if (purpose?.kind !== 'withdrawal' || random.chance(0.5)) continue;
    const withdrawal = open.get(purpose.digest);
    if (withdrawal !== undefined && world.chain.block.timestamp <= withdrawal.deadline)
      world.executeWithdrawal(purpose.digest, withdrawal.amount);
  }
}

export async function runUntil(
  run: Run,
  isOver: () => Promise<boolean> | boolean,
  what: string,
): Promise<void> {
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    if (steps % LOOK_EVERY === 0 && (await isOver())) return;
    await step(run);
  }
  throw new Error(`never: ${what}; ${await picture(run)}`);
}

/** What is still open, for whoever reads a failure. */
async function picture({ world, wishes, clock }: Run): Promise<string> {
  const channels = (await bodies(world)).map(({ state, routes, outbox }) => ({
    version: state.ledger.version,
    balances: assetOf(state.ledger, ETHER).balances,
    apps: routes.map(({ side, appId }) => `${side} ${appId.slice(0, 8)}`),
    outbox: outbox.map(({ kind }) => kind),
    withdrawals: state.withdrawals.map(({ withdrawal }) => withdrawal.deadline),
  }));
  const transfers = (await transfersOf(world)).map(({ status, amount, expiresAt }) => ({
    ...status,
    amount,
    expiresAt,
  }));
  const users = world.users.map(({ name, client }) => ({
    name,
    ...client?.balance(ETHER),
    isReadOnly: client?.isReadOnly,
  }));
  const text = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
  return JSON.stringify(
    {
      now: clock.now(),
      waiting: wishes.waiting,
      refused: wishes.refused,
      failures: world.failures,
      users,
      channels,
      transfers,
    },
    text,
    1,
  );
}

export const allAlive = ({ world }: Run): boolean => world.users.every((user) => user.client !== null);

async function bodies(world: ModelWorld): Promise<readonly ChannelBody[]> {
  const items = await Promise.all(
    world.users.map((user) =>
      user.channel === null ? null : world.hubStore.get(channelKey(TEST_CHAIN.chainId, user.channel)),
    ),
  );
  return items.flatMap((item) => (item === null ? [] : [parseChannel(item).body]));
}

export async function transfersOf(world: ModelWorld): Promise<readonly Transfer[]> {
  const { items } = await world.hubStore.scan({ limit: 1000 });
  return items.filter(({ key }) => key.startsWith('transfer#')).map((item) => parseTransfer(item).transfer);
}

/** No app, no withdrawal and no duty is open anywhere, and both sides of every channel hold the same. */
export async function isAtRest({ world }: Run): Promise<boolean> {
  const held = await bodies(world);
  const isHubDone = held.every(
    ({ state }) =>
      state.apps.length === 0 && state.withdrawals.every(({ digest }) => world.executed.has(digest)),
  );
  const areOver = (await transfersOf(world)).every(
    ({ status }) => status.kind === 'resolved' || status.kind === 'cancelled',
  );
  return isHubDone && areOver && world.users.every((user) => agreesWithHub(user, held));
}

function agreesWithHub(user: ModelUser, held: readonly ChannelBody[]): boolean {
  const { client } = user;
  if (client === null) return false;
  const body = held.find(({ channel }) => channel.initiator === user.address);
  const mine = client.balance(ETHER);
  const hubs = body === undefined ? 0n : assetOf(body.state.ledger, ETHER).balances[0];
  return mine.available === hubs && mine.certain === hubs && mine.locked === 0n && mine.incoming === 0n;
}

/** The complaints about a run at rest; none if every invariant held. */
export async function complaints(run: Run): Promise<readonly string[]> {
  const { world, deposit } = run;
  const found = [...world.book.violations, ...run.wishes.unexpected.map(String)];
  const transfers = await transfersOf(world);
  let hubTotal = 0n;
  for (const body of await bodies(world)) {
    const user = world.users.find(({ address }) => address === body.channel.initiator);
    const verified = verifyAgreed(body.channel, recoverAddress, body.state);
    if (!verified.ok)
      found.push(
        `a stored state does not verify: ${verified.error.code} ${toHex(digestOf(body.channel, body.state))}`,
      );
    const entry = assetOf(body.state.ledger, ETHER);
    hubTotal += entry.balances[1];
    const expected = expectedBalance(run, user, transfers, entry.withdrawn[0]);
    if (entry.balances[0] !== expected)
      found.push(`${user?.name} has ${entry.balances[0]}, not ${expected} (invariants 6, 8 and 12)`);
  }
  if (hubTotal !== deposit * BigInt(world.users.length)) found.push(`the hub has ${hubTotal} (invariant 7)`);
  return [...found, ...(await withdrawalComplaints(world))];
}

function expectedBalance(
  { deposit }: Run,
  user: ModelUser | undefined,
  transfers: readonly Transfer[],
  withdrawn: bigint,
): bigint {
  let expected = deposit - withdrawn;
  for (const { payer, amount, status } of transfers) {
    if (status.kind !== 'resolved') continue;
    if (payer === user?.address) expected -= amount;
    if (status.user === user?.address) expected += amount;
  }
  return expected;
}

/** What left is what the ledgers say left: nothing both executed and taken back (invariant 12). */
async function withdrawalComplaints(world: ModelWorld): Promise<readonly string[]> {
  const debited = (await bodies(world)).reduce(
    (total, { state }) => total + assetOf(state.ledger, ETHER).withdrawn[0],
    0n,
  );
  const executed = [...world.executed.values()].reduce((total, amount) => total + amount, 0n);
  return debited === executed ? [] : [`${executed} left the channels, ${debited} was debited`];
}
