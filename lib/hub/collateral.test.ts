// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createTestHub, TOKEN, type TestHub } from '../../test/harness/hub-in-memory.ts';
import { ScriptedChainWriter } from '../../test/harness/scripted-chain-writer.ts';
import { TestUser } from '../../test/harness/test-user.ts';
import { firstOpen } from '../lane/lane.ts';
import { submit } from '../lane/submit.ts';
import { ETHER } from '../protocol/types.ts';
import { loadChannel } from './channels.ts';
import { ensureCollateral } from './collateral.ts';
import { treasuryLane } from './lanes.ts';
import { watch } from './timers/watch.ts';

let world: TestHub;
let writer: ScriptedChainWriter;

beforeEach(async () => {
  writer = new ScriptedChainWriter();
  world = await createTestHub({ writer });
});

describe('collateral', () => {
  test('is bought once, however often it is asked for, and counted when the ledger processed it', async () => {
    const { hub, chain } = world;
    const user = await new TestUser(world.door, 21).open();
    const body = async () => (await loadChannel(hub, 31337, user.channel.address))!.body;
    const ask = async (amount: bigint) => {
      const asked = await ensureCollateral(hub, chain, await body(), TOKEN, amount);
      return asked.ok ? asked.value : asked.error.code;
    };
    await Promise.all([ask(400n), ask(400n), ask(400n)]);
    expect((await firstOpen(treasuryLane(hub, chain), 99)).map(({ call }) => call.data).sort()).toEqual([
      '0x01',
      '0x02',
    ]);
    expect(await ask(400n)).toMatchObject({ available: 0n, pending: 400n });
    await submit(treasuryLane(hub, chain));
    writer.mine(world.world.block.number);
    await submit(treasuryLane(hub, chain));
    expect(world.told.at(-1)).toMatchObject({
      user: user.address,
      event: { type: 'deposit.requested', asset: TOKEN },
    });
    await user.fund(TOKEN, 0n, 400n);
    expect(await ask(400n)).toMatchObject({ available: 400n, pending: 0n });
    expect(await ask(500n)).toMatchObject({ available: 400n, pending: 600n });
  });

  test('is bought again in the epoch after a settlement, which paid the last one back (invariant 13)', async () => {
    const { hub, chain } = world;
    const user = await new TestUser(world.door, 23).open();
    const body = async () => (await loadChannel(hub, 31337, user.channel.address))!.body;
    await ensureCollateral(hub, chain, await body(), TOKEN, 400n);
    await user.fund(TOKEN, 0n, 400n);
    world.world.challenges.set(user.channel.address, { epoch: 1n, floorVersion: 0n, finalizesAt: 0 });
    await watch(hub, chain);
    expect((await body()).state.ledger.epoch).toBe(1n);
    const asked = await ensureCollateral(hub, chain, await body(), TOKEN, 400n);
    expect(asked).toMatchObject({ ok: true, value: { available: 0n, pending: 1000n } });
  });

  test('a purchase that failed is tried anew under another key', async () => {
    const { hub, chain } = world;
    const user = await new TestUser(world.door, 22).open();
    const { body } = (await loadChannel(hub, 31337, user.channel.address))!;
    await ensureCollateral(hub, chain, body, ETHER, 10n);
    await submit(treasuryLane(hub, chain));
    writer.mine(world.world.block.number, false);
    await submit(treasuryLane(hub, chain));
    await ensureCollateral(hub, chain, body, ETHER, 10n);
    const keys = (await firstOpen(treasuryLane(hub, chain), 99)).map(({ key }) => key);
    expect(keys).toEqual([expect.stringMatching(/#2$/)]);
  });
});
