// SPDX-License-Identifier: MIT
/** Preimages that are asked for when it is too late to enforce them: none leaves. A real chain with the real contracts. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { startLocalChain, type LocalChain } from '../chain/testing/local-chain.ts';
import { failure } from '../messaging/envelope.ts';
import { payerHold, showSpan } from '../protocol/deadlines.ts';
import { fault } from '../protocol/errors.ts';
import { ETHER } from '../protocol/types.ts';
import type { TransferView } from '../protocol/wire/requests.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { parseRecord, recordKey, type ChannelRecord } from './channel-record.ts';
import type { IndraClient } from './client.ts';
import { CHALLENGE_PERIOD, ChainClock, DisputedWorld, MARGIN, PACE } from './testing/disputed-world.ts';
import { offeredTransfer } from './testing/offered-transfer.ts';

const TERMS = { ...PACE, challengePeriod: CHALLENGE_PERIOD, margin: MARGIN };
const OWN = 10n ** 17n;
const OWED = 2n * 10n ** 17n;

let chain: LocalChain;
let clock: ChainClock;
let world: DisputedWorld;
let client: IndraClient;
/** How often a preimage left, and whether any could. */
let shown: number;
let isDown: boolean;

beforeAll(async () => {
  chain = await startLocalChain();
  clock = new ChainClock(chain);
}, 30_000);
afterAll(() => chain.stop());
jest.setTimeout(60_000);

beforeEach(async () => {
  world = new DisputedWorld(chain, clock);
  [shown, isDown] = [0, false];
  const line = world.door.line.bind(world.door);
  world.door.line = () => {
    const { request, ...rest } = line();
    return {
      ...rest,
      request(operation, body, options) {
        const isShowing = JSON.stringify(body).includes('"kind":"update"');
        if (isShowing && isDown) return Promise.resolve(failure(options?.id ?? 'none', fault('unreachable')));
        if (isShowing) shown += 1;
        return request(operation, body, options);
      },
    };
  };
  await world.giveGas();
  await world.fund(OWN, 3n * OWED);
  client = await world.connect();
  await world.until('the deposit counts', () => client.balance(ETHER).certain === OWN);
});
afterEach(() => world.close());

const offered = (): TransferView =>
  offeredTransfer(world, {
    amount: OWED,
    createdAt: clock.now(),
    holdUntil: (expiresAt) => payerHold(TERMS, expiresAt),
  });

/** The hub has signed the claim and never said so; then all that its user stored is gone. */
async function lostWithClaim(): Promise<number> {
  world.door.swallowed.add('install');
  world.door.pending = [offered()];
  void client.settle().catch(() => {});
  await world.until('the claim is signed', () => world.door.state.apps.length === 1);
  await client.close();
  world.door.swallowed.clear();
  world.store = new MemoryStore();
  expect(shown).toBe(0);
  return world.door.state.apps[0]!.app.actionDeadline;
}

async function record(): Promise<ChannelRecord> {
  const item = await world.store.get(recordKey(chain.contracts.chainId, world.channel.address));
  if (item === null) throw new Error('nothing is stored');
  return parseRecord(item, world.catalogue);
}

const restoreAt = async (time: number): Promise<void> => {
  await clock.pass(time - clock.now());
  client = await world.connect();
  await client.settle();
};

describe('a claim that a hub serves to a restored user', () => {
  test('W-B2 too late to be enforced shows no preimage', async () => {
    const deadline = await lostWithClaim();
    world.door.ignored.add('uninstall');
    await restoreAt(deadline - 20);
    await client.settle();
    // Whatever was asked for before it is decided by then.
    await client.createLink({ asset: ETHER, amount: 1n });
    expect(client.balance(ETHER).incoming).toBe(OWED);
    expect(shown).toBe(0);
  });

  test('W-B2 after its deadline shows no preimage, and is given back', async () => {
    const deadline = await lostWithClaim();
    await restoreAt(deadline + 20);
    await world.until('it is given back', () => world.door.state.apps.length === 0);
    expect(shown).toBe(0);
    expect(client.balance(ETHER)).toMatchObject({ certain: OWN, incoming: 0n });
  });

  test('in time is paid', async () => {
    const deadline = await lostWithClaim();
    await restoreAt(deadline - showSpan(TERMS) - 120);
    await world.until('it is paid', () => client.balance(ETHER).certain === OWN + OWED);
  });
});

test('W-B2 a closing that could not leave does not leave after its deadline, when its device wakes up', async () => {
  isDown = true;
  world.door.pending = [offered()];
  void client.settle().catch(() => {});
  await world.until('it is stored to leave', async () => (await record()).shown.length === 1);
  const { actionDeadline } = (await record()).agreed.apps[0]!.app;
  await clock.pass(actionDeadline + 20 - clock.now());
  isDown = false;
  await world.until('it is given back', async () => {
    await client.settle();
    return world.door.state.apps.length === 0;
  });
  expect(shown).toBe(0);
  expect(client.balance(ETHER)).toMatchObject({ certain: OWN, incoming: 0n });
});
