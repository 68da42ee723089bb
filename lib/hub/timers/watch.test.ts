// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createTestHub, TEST_CHAIN, type TestHub } from '../../../test/harness/hub-in-memory.ts';
import { ScriptedChainWriter } from '../../../test/harness/scripted-chain-writer.ts';
import { TestUser } from '../../../test/harness/test-user.ts';
import { firstOpen } from '../../lane/lane.ts';
import { refuse } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import { ETHER, type Hash } from '../../protocol/types.ts';
import { cursorKey, parseCursor } from '../chain-cursor.ts';
import { disputesDue } from '../disputes/dispute-item.ts';
import { defenceLane } from '../lanes.ts';
import type { HubChain } from '../hub.ts';
import { watch } from './watch.ts';

const NOTHING_SAID = { channels: [], moves: [] };

const hashAt = (height: number, branch = 0): Hash =>
  `0x${`${branch}`.repeat(2)}${height.toString(16).padStart(62, '0')}` as string as Hash;

let world: TestHub;
let warnings: string[];
let reads: (readonly [number, number])[];

beforeEach(async () => {
  warnings = [];
  reads = [];
  const log = {
    debug() {},
    info() {},
    error() {},
    warn: (_: object, message: string) => void warnings.push(message),
  };
  world = await createTestHub({ writer: new ScriptedChainWriter(), log });
});

/** A chain whose blocks from `fork` on are on another branch. */
function chainAt(height: number, fork = Infinity, change: Partial<HubChain['reader']> = {}): HubChain {
  const block = (number: number) => ({
    number,
    timestamp: world.hub.clock.now() - (height - number),
    hash: hashAt(number, number >= fork ? 1 : 0),
  });
  const reader = {
    ...world.world.reader,
    latest: async () => ok(block(height)),
    block: async (number: number) => ok(block(number)),
    disputesIn: async (from: number, to: number) => {
      reads.push([from, to]);
      return world.world.reader.disputesIn(from, to);
    },
    ...change,
  };
  return { ...world.chain, reader };
}

const cursor = async () => {
  const item = await world.hub.store.get(cursorKey(TEST_CHAIN.chainId));
  if (item === null) throw new Error('no cursor');
  return parseCursor(item);
};

describe('the watcher', () => {
  test('reads the last blocks again where the chain is as it was', async () => {
    await watch(world.hub, chainAt(1_000));
    reads = [];
    await watch(world.hub, chainAt(1_003));
    expect(reads).toEqual([[988, 1_003]]);
    expect(warnings).toHaveLength(1);
  });

  test('reads more of a chain that was reorganized at its cursor, and says so', async () => {
    await watch(world.hub, chainAt(1_000));
    reads = [];
    warnings = [];
    await watch(world.hub, chainAt(1_003, 990));
    expect(reads).toEqual([[936, 1_003]]);
    expect(warnings).toEqual([expect.stringContaining('reorganized')]);
    expect(await cursor()).toMatchObject({ block: 1_003, hash: hashAt(1_003, 1) });
  });

  test('goes back with a chain that became shorter', async () => {
    await watch(world.hub, chainAt(1_000));
    reads = [];
    await watch(world.hub, chainAt(980, 970));
    expect(reads).toEqual([[916, 980]]);
    expect((await cursor()).block).toBe(980);
  });

  test('makes up for a long time in several steps, and is up to date only at the end', async () => {
    await watch(world.hub, chainAt(1_000));
    const { timestamp } = await cursor();
    await world.pass(500);
    const before = await cursor();
    const broken = chainAt(6_000, Infinity, {
      disputesIn: async (from) => (from > 3_000 ? refuse('chain_unavailable') : ok(NOTHING_SAID)),
    });
    expect((await watch(world.hub, broken)).ok).toBe(false);
    const between = await cursor();
    expect(between.block).toBeGreaterThan(before.block);
    // As old as the block it stands at: a hub that is catching up signs nothing (invariant 18).
    expect(between.timestamp).toBeLessThan(world.hub.clock.now() - 1_000);
    await world.pass(5);
    await watch(world.hub, chainAt(6_000));
    expect(await cursor()).toMatchObject({ block: 6_000 });
    expect((await cursor()).timestamp).toBeGreaterThan(timestamp);
  });

  test('looks at a dispute whose time has come by the chain’s clock, though the hub’s own is behind', async () => {
    const user = await new TestUser(world.door, 41).open();
    await user.fund(ETHER, 10n);
    world.world.challenges.set(user.channel.address, {
      epoch: 0n,
      floorVersion: 1n,
      finalizesAt: 1_800_003_600,
    });
    await watch(world.hub, world.chain);
    const [first] = await disputesDue(world.hub, TEST_CHAIN.chainId, 1_900_000_000, 9);
    const quiet = { ...world.world.reader, disputesIn: async () => ok(NOTHING_SAID) };
    const slow = { ...world.hub, clock: { now: () => 1_800_000_000 } };
    await world.pass(301);
    await watch(slow, { ...world.chain, reader: quiet });
    const [second] = await disputesDue(world.hub, TEST_CHAIN.chainId, 1_900_000_000, 9);
    expect(second!.lookAt).toBeGreaterThan(first!.lookAt);
  });

  test('a channel it cannot read holds up no other', async () => {
    const [one, two] = [await new TestUser(world.door, 42).open(), await new TestUser(world.door, 43).open()];
    for (const user of [one, two]) {
      await user.fund(ETHER, 10n);
      world.world.challenges.set(user.channel.address, {
        epoch: 0n,
        floorVersion: 0n,
        finalizesAt: 1_800_003_600,
      });
    }
    const reader = {
      ...world.world.reader,
      dispute: async (...asked: Parameters<HubChain['reader']['dispute']>) =>
        asked[0].channel.address === one.channel.address
          ? refuse('chain_unavailable')
          : world.world.reader.dispute(...asked),
    };
    expect((await watch(world.hub, { ...world.chain, reader })).ok).toBe(true);
    const sends = await firstOpen(defenceLane(world.hub, world.chain), 99);
    expect(sends.map(({ key }) => key)).toEqual([expect.stringContaining(two.channel.address)]);
    const due = await disputesDue(world.hub, TEST_CHAIN.chainId, 1_900_000_000, 9);
    expect(due).toHaveLength(2);
  });
});
