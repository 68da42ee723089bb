// SPDX-License-Identifier: MIT
/** A user who lost everything with a claim open, and a hub that serves it when it suits the hub. A real chain with the real contracts. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { startLocalChain, type LocalChain } from '../chain/testing/local-chain.ts';
import { payerHold, showSpan } from '../protocol/deadlines.ts';
import { ETHER } from '../protocol/types.ts';
import { MemoryStore } from '../store/memory-store.ts';
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
/** How often a preimage left. */
let shown: number;

beforeAll(async () => {
  chain = await startLocalChain();
  clock = new ChainClock(chain);
}, 30_000);
afterAll(() => chain.stop());
jest.setTimeout(60_000);

beforeEach(async () => {
  world = new DisputedWorld(chain, clock);
  shown = 0;
  const line = world.door.line.bind(world.door);
  world.door.line = () => {
    const { request, ...rest } = line();
    return {
      ...rest,
      request(operation, body, options) {
        if (JSON.stringify(body).includes('"kind":"update"')) shown += 1;
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

/** The hub has signed the claim and never said so; then all that its user stored is gone. */
async function lostWithClaim(): Promise<number> {
  world.door.swallowed.add('install');
  const holdUntil = (expiresAt: number): number => payerHold(TERMS, expiresAt);
  world.door.pending = [offeredTransfer(world, { amount: OWED, createdAt: clock.now(), holdUntil })];
  void client.settle().catch(() => {});
  await world.until('the claim is signed', () => world.door.state.apps.length === 1);
  await client.close();
  world.door.swallowed.clear();
  world.store = new MemoryStore();
  expect(shown).toBe(0);
  return world.door.state.apps[0]!.app.actionDeadline;
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
