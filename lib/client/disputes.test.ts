// SPDX-License-Identifier: MIT
/** The client alone against a real chain with the real contracts, with a hub's door that the test opens and shuts. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startLocalChain, type LocalChain } from '../chain/testing/local-chain.ts';
import { ETHER } from '../protocol/types.ts';
import type { IndraClient } from './client.ts';
import { CHALLENGE_PERIOD, ChainClock, DisputedWorld } from './testing/disputed-world.ts';

let chain: LocalChain;
let clock: ChainClock;
let world: DisputedWorld;
let client: IndraClient;

beforeAll(async () => {
  chain = await startLocalChain();
  clock = new ChainClock(chain);
}, 30_000);
afterAll(() => chain.stop());

const DEPOSIT = 1_000n;

beforeEach(async () => {
  world = new DisputedWorld(chain, clock);
  await world.giveGas();
});
afterEach(() => world.close());

async function funded(own = DEPOSIT, hubs = 0n): Promise<void> {
  await world.fund(own, hubs);
  client = await world.connect();
  await world.until('the deposit counts', () => client.balance(ETHER).certain === own);
}

/** What the channel paid out: the user's address also pays for gas, so its balance says little. */
const leftInChannel = () => world.onChain(ETHER, world.channel.address);

describe('leaving alone (invariant 14)', () => {
  test('the last agreed balance is paid out though the hub never answers again', async () => {
    await funded();
    world.door.isThere = false;
    const { finalizesAt } = await client.dispute();
    expect(finalizesAt).toBeGreaterThan(clock.now());
    expect(await client.disputeStatus()).toMatchObject({ stage: 'open', wantsToLeave: true, heldUp: null });
    await clock.pass(CHALLENGE_PERIOD + 1);
    expect(await client.settled()).toEqual({
      epoch: 0n,
      paid: [{ asset: ETHER, amount: DEPOSIT }],
      apps: [],
    });
    expect(await leftInChannel()).toBe(0n);
    expect(await client.disputeStatus()).toMatchObject({ stage: 'none', wantsToLeave: false, epoch: 1n });
  });
});
