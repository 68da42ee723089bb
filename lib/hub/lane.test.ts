// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createTestHub, TOKEN, type TestHub } from '../../test/harness/hub-in-memory.ts';
import { ScriptedChainWriter } from '../../test/harness/scripted-chain-writer.ts';
import { TestUser } from '../../test/harness/test-user.ts';
import { refuse } from '../protocol/errors.ts';
import { ETHER, type Address } from '../protocol/types.ts';
import { ensureCollateral } from './collateral.ts';
import { loadChannel } from './channels.ts';
import { enqueue, finishedSend, loadLane, type Send } from './lane.ts';
import { submit } from './timers/submit.ts';

let world: TestHub;
let writer: ScriptedChainWriter;

beforeEach(async () => {
  writer = new ScriptedChainWriter();
  world = await createTestHub({ writer });
});

const target = (digit: number): Address => `0x${`0${digit}`.repeat(20)}` as Address;

const send = (key: string, to: Address): Send => ({
  key,
  call: { to, data: '0x', value: 0n },
  after: null,
  purpose: { kind: 'answer', channel: to },
});

const nonces = (): number[] => writer.broadcasts.map(({ nonce }) => nonce);

describe('the nonce lane', () => {
  test('gives each send one nonce, in order, and sends a key once for ever', async () => {
    const { hub, chain } = world;
    await enqueue(hub, chain, [send('a', target(1)), send('b', target(2))]);
    await enqueue(hub, chain, [send('a', target(1))]);
    await submit(hub, chain);
    expect([...new Set(nonces())]).toEqual([7, 8]);
    writer.mine(world.world.block.number);
    await submit(hub, chain);
    expect((await loadLane(hub, chain)).lane.entries).toEqual([]);
    expect(await finishedSend(hub, chain, 'a')).toMatchObject({ outcome: 'succeeded' });
    await enqueue(hub, chain, [send('a', target(1))]);
    expect((await loadLane(hub, chain)).lane.entries).toEqual([]);
  });

  test('stores the raw transaction before it is broadcast: a death in between repeats the same bytes (invariant 12)', async () => {
    const { hub, chain } = world;
    await enqueue(hub, chain, [send('a', target(1))]);
    const broken = {
      ...chain,
      writer: Object.assign(Object.create(writer) as ScriptedChainWriter, {
        broadcast: async () => {
          throw new Error('died');
        },
      }),
    };
    await expect(submit(hub, broken)).rejects.toThrow('died');
    const stored = (await loadLane(hub, chain)).lane.entries[0]?.attempts[0];
    expect(stored).toBeDefined();
    await submit(hub, chain);
    expect(writer.broadcasts.every(({ hash }) => hash === stored?.hash)).toBe(true);
    expect(nonces().length).toBeGreaterThan(0);
  });

  test('replaces what is stuck at the same nonce, paying at least a tenth more', async () => {
    const { hub, chain } = world;
    await enqueue(hub, chain, [send('a', target(1))]);
    await submit(hub, chain);
    await world.pass(61);
    await submit(hub, chain);
    const [first, last] = [writer.broadcasts[0]!, writer.broadcasts.at(-1)!];
    expect(last.nonce).toBe(first.nonce);
    expect(last.hash).not.toBe(first.hash);
    expect(last.fees.maxFeePerGas * 10n).toBeGreaterThanOrEqual(first.fees.maxFeePerGas * 11n);
    writer.mined.set(first.hash, { block: world.world.block.number, succeeded: true });
    await submit(hub, chain);
    expect(await finishedSend(hub, chain, 'a')).toMatchObject({ transactionHash: first.hash });
  });

  test('two senders at once never use a nonce twice for different sends', async () => {
    const { hub, chain } = world;
    await enqueue(hub, chain, [send('a', target(1)), send('b', target(2)), send('c', target(3))]);
    await Promise.all([submit(hub, chain), submit(hub, chain), submit(hub, chain)]);
    const byNonce = new Map<number, Set<string>>();
    for (const { nonce, to } of writer.broadcasts)
      byNonce.set(nonce, (byNonce.get(nonce) ?? new Set()).add(to));
    expect([...byNonce.values()].map((targets) => targets.size)).toEqual([1, 1, 1]);
  });

  test('what would revert uses no nonce, and does not block what comes after it', async () => {
    const { hub, chain } = world;
    writer.reverting.add(target(1));
    await enqueue(hub, chain, [send('a', target(1)), send('b', target(2))]);
    await submit(hub, chain);
    expect(await finishedSend(hub, chain, 'a')).toMatchObject({ outcome: 'refused', transactionHash: null });
    expect([...new Set(nonces())]).toEqual([7]);
    expect(writer.broadcasts.at(-1)?.to).toBe(target(2));
  });

  test('a send that only seems to fail, because another sender has just sent it, is not filed as refused', async () => {
    const { hub, chain } = world;
    await enqueue(hub, chain, [send('a', target(1))]);
    const late = Object.assign(Object.create(writer) as ScriptedChainWriter, {
      estimateGas: async () => {
        await submit(hub, chain);
        writer.mine(world.world.block.number);
        return refuse('chain_refused');
      },
    });
    await submit(hub, { ...chain, writer: late });
    await submit(hub, chain);
    expect(await finishedSend(hub, chain, 'a')).toMatchObject({ outcome: 'succeeded' });
  });

  test('a chain that cannot be asked costs nothing but time', async () => {
    const { hub, chain } = world;
    await enqueue(hub, chain, [send('a', target(1))]);
    writer.reachable = false;
    await submit(hub, chain);
    expect((await loadLane(hub, chain)).lane.entries[0]?.attempts).toEqual([]);
    writer.reachable = true;
    await submit(hub, chain);
    expect([...new Set(nonces())]).toEqual([7]);
  });
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
    expect((await loadLane(hub, chain)).lane.entries.map(({ call }) => call.data)).toEqual(['0x02', '0x01']);
    expect(await ask(400n)).toMatchObject({ available: 0n, pending: 400n });
    await submit(hub, chain);
    writer.mine(world.world.block.number);
    await submit(hub, chain);
    expect(world.told.at(-1)).toMatchObject({
      user: user.address,
      event: { type: 'deposit.requested', asset: TOKEN },
    });
    await user.fund(TOKEN, 0n, 400n);
    expect(await ask(400n)).toMatchObject({ available: 400n, pending: 0n });
    expect(await ask(500n)).toMatchObject({ available: 400n, pending: 600n });
  });

  test('a purchase that failed is tried anew under another key', async () => {
    const { hub, chain } = world;
    const user = await new TestUser(world.door, 22).open();
    const { body } = (await loadChannel(hub, 31337, user.channel.address))!;
    await ensureCollateral(hub, chain, body, ETHER, 10n);
    await submit(hub, chain);
    writer.mine(world.world.block.number, false);
    await submit(hub, chain);
    await ensureCollateral(hub, chain, body, ETHER, 10n);
    const keys = (await loadLane(hub, chain)).lane.entries.map(({ key }) => key);
    expect(keys).toEqual([expect.stringMatching(/#2$/)]);
  });
});
