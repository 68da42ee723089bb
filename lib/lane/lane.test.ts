// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { refuse } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import type { Address, Bytes } from '../protocol/types.ts';
import { uint } from '../protocol/wire/primitives.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { FinishedSend } from './lane-item.ts';
import { enqueue, enqueueAgain, finishedSend, loadLane, type LaneOwner, type Send } from './lane.ts';
import { submit } from './submit.ts';
import { ScriptedLaneWriter } from './testing/scripted-lane-writer.ts';

const purpose = z.strictObject({ amount: uint });
type Purpose = z.output<typeof purpose>;

const target = (digit: number): Address => `0x${`0${digit}`.repeat(20)}` as Address;

const block = 100;
let now: number;
let writer: ScriptedLaneWriter;
let owner: LaneOwner<Purpose>;
let finished: FinishedSend<Purpose>[];
let wakes: number;

beforeEach(() => {
  now = 1_800_000_000;
  writer = new ScriptedLaneWriter(target(9));
  finished = [];
  wakes = 0;
  owner = {
    store: new MemoryStore(),
    chainId: 31337,
    writer,
    latest: async () => ok({ number: block }),
    confirmations: 0,
    clock: { now: () => now },
    log: { warn() {}, error() {} },
    purpose,
    wake: () => void wakes++,
    finished: async (send) => void finished.push(send),
  };
});

const send = (key: string, to: Address, after: string | null = null): Send<Purpose> => ({
  key,
  call: { to, data: '0x', value: 0n },
  after,
  purpose: { amount: 1n << 100n },
});

const nonces = (): number[] => writer.broadcasts.map(({ nonce }) => nonce);

const waiting = async (): Promise<{ key: string; after: string | null }[]> =>
  (await loadLane(owner)).lane.entries.map(({ key, after }) => ({ key, after }));

/** Sends and mines until the lane is empty. */
async function finishAll(succeeded = true): Promise<void> {
  while ((await waiting()).length > 0) {
    await submit(owner);
    writer.mine(block, succeeded);
  }
}

describe('the nonce lane', () => {
  test('gives each send one nonce, in order, and sends a key once for ever', async () => {
    await enqueue(owner, [send('a', target(1)), send('b', target(2))]);
    await enqueue(owner, [send('a', target(1))]);
    await submit(owner);
    expect([...new Set(nonces())]).toEqual([7, 8]);
    writer.mine(block);
    await submit(owner);
    expect((await loadLane(owner)).lane.entries).toEqual([]);
    expect(await finishedSend(owner, 'a')).toMatchObject({ outcome: 'succeeded' });
    await enqueue(owner, [send('a', target(1))]);
    expect((await loadLane(owner)).lane.entries).toEqual([]);
  });

  test('stores the raw transaction before it is broadcast: a death in between repeats the same bytes (invariant 12)', async () => {
    await enqueue(owner, [send('a', target(1))]);
    const dying = Object.assign(Object.create(writer) as ScriptedLaneWriter, {
      broadcast: async () => {
        throw new Error('died');
      },
    });
    await expect(submit({ ...owner, writer: dying })).rejects.toThrow('died');
    const stored = (await loadLane(owner)).lane.entries[0]?.attempts[0];
    expect(stored).toBeDefined();
    await submit(owner);
    expect(writer.broadcasts.every(({ hash }) => hash === stored?.hash)).toBe(true);
    expect(nonces().length).toBeGreaterThan(0);
  });

  test('replaces what is stuck at the same nonce, paying at least a tenth more', async () => {
    await enqueue(owner, [send('a', target(1))]);
    await submit(owner);
    now += 61;
    await submit(owner);
    const [first, last] = [writer.broadcasts[0]!, writer.broadcasts.at(-1)!];
    expect(last.nonce).toBe(first.nonce);
    expect(last.hash).not.toBe(first.hash);
    expect(last.fees.maxFeePerGas * 10n).toBeGreaterThanOrEqual(first.fees.maxFeePerGas * 11n);
    writer.mined.set(first.hash, { block: block, succeeded: true });
    await submit(owner);
    expect(await finishedSend(owner, 'a')).toMatchObject({ transactionHash: first.hash });
  });

  test('a nonce that another sender of the key used is given up for a new one', async () => {
    await enqueue(owner, [send('a', target(1)), send('b', target(2))]);
    await submit(owner);
    writer.foreign.add(7);
    writer.mine(block);
    await submit(owner);
    expect(await waiting()).toEqual([{ key: 'a', after: null }]);
    now += 61;
    await submit(owner);
    expect(writer.broadcasts.at(-1)).toMatchObject({ nonce: 9, to: target(1) });
    writer.mine(block);
    await submit(owner);
    expect(await finishedSend(owner, 'a')).toMatchObject({ outcome: 'succeeded' });
  });

  test('one whose chain cannot be asked for its receipts keeps its nonce', async () => {
    await enqueue(owner, [send('a', target(1))]);
    await submit(owner);
    writer.foreign.add(7);
    now += 61;
    const blind = Object.assign(Object.create(writer) as ScriptedLaneWriter, {
      receipt: async () => refuse('chain_unavailable'),
    });
    await submit({ ...owner, writer: blind });
    expect(new Set(nonces())).toEqual(new Set([7]));
  });

  test('a nonce whose transaction a reorganization undid is used again, or nothing after it would ever be mined', async () => {
    await enqueue(owner, [send('a', target(1))]);
    await finishAll();
    writer.forget();
    await enqueueAgain(owner, [send('a', target(1))]);
    await submit(owner);
    expect(new Set(nonces())).toEqual(new Set([7]));
  });

  test('nonces others have used are not given out', async () => {
    await enqueue(owner, [send('a', target(1))]);
    await finishAll();
    for (const nonce of [8, 9]) writer.foreign.add(nonce);
    await enqueue(owner, [send('b', target(2))]);
    await submit(owner);
    expect(writer.broadcasts.at(-1)?.nonce).toBe(10);
  });

  test('two senders at once never use a nonce twice for different sends', async () => {
    await enqueue(owner, [send('a', target(1)), send('b', target(2)), send('c', target(3))]);
    await Promise.all([submit(owner), submit(owner), submit(owner)]);
    const byNonce = new Map<number, Set<string>>();
    for (const { nonce, to } of writer.broadcasts)
      byNonce.set(nonce, (byNonce.get(nonce) ?? new Set()).add(to));
    expect([...byNonce.values()].map((targets) => targets.size)).toEqual([1, 1, 1]);
  });

  test('what would revert uses no nonce, and does not block what comes after it', async () => {
    writer.reverting.add(target(1));
    await enqueue(owner, [send('a', target(1)), send('b', target(2))]);
    await submit(owner);
    expect(await finishedSend(owner, 'a')).toMatchObject({ outcome: 'refused', transactionHash: null });
    expect([...new Set(nonces())]).toEqual([7]);
    expect(writer.broadcasts.at(-1)?.to).toBe(target(2));
  });

  test('a send that only seems to fail, because another sender has just sent it, is not filed as refused', async () => {
    await enqueue(owner, [send('a', target(1))]);
    const late = Object.assign(Object.create(writer) as ScriptedLaneWriter, {
      estimateGas: async () => {
        await submit(owner);
        writer.mine(block);
        return refuse('chain_refused');
      },
    });
    await submit({ ...owner, writer: late });
    await submit(owner);
    expect(await finishedSend(owner, 'a')).toMatchObject({ outcome: 'succeeded' });
  });

  test('a chain that cannot be asked costs nothing but time', async () => {
    await enqueue(owner, [send('a', target(1))]);
    writer.reachable = false;
    await submit(owner);
    expect((await loadLane(owner)).lane.entries[0]?.attempts).toEqual([]);
    writer.reachable = true;
    await submit(owner);
    expect([...new Set(nonces())]).toEqual([7]);
  });

  test('tells its owner of every send that finished, with what it was for', async () => {
    await enqueue(owner, [send('a', target(1))]);
    expect(wakes).toBe(1);
    await finishAll();
    expect(finished).toEqual([await finishedSend(owner, 'a')]);
    expect(finished[0]).toMatchObject({ key: 'a', outcome: 'succeeded', purpose: { amount: 1n << 100n } });
  });

  test('files a send only once its block has the confirmations its owner wants', async () => {
    owner = { ...owner, confirmations: 3 };
    await enqueue(owner, [send('a', target(1))]);
    await submit(owner);
    writer.mine(block - 2);
    await submit(owner);
    expect(await finishedSend(owner, 'a')).toBeNull();
    owner = { ...owner, latest: async () => ok({ number: block + 1 }) };
    await submit(owner);
    expect(await finishedSend(owner, 'a')).toMatchObject({ outcome: 'succeeded', block: block - 2 });
  });

  test('reads back a call longer than any message', async () => {
    const data: Bytes = `0x${'ab'.repeat(60_000)}`;
    await enqueue(owner, [{ ...send('a', target(1)), call: { to: target(1), data, value: 0n } }]);
    expect((await loadLane(owner)).lane.entries[0]?.call.data).toBe(data);
  });
});

describe('a send wanted again', () => {
  test('is the same send while it is new or waiting', async () => {
    await enqueueAgain(owner, [send('a', target(1))]);
    await enqueueAgain(owner, [send('a', target(1))]);
    expect(await waiting()).toEqual([{ key: 'a', after: null }]);
    expect(wakes).toBe(1);
  });

  test('takes the first of its keys that is not finished', async () => {
    await enqueue(owner, [send('a', target(1))]);
    await finishAll();
    await enqueueAgain(owner, [send('a', target(1)), send('b', target(2))]);
    expect(await waiting()).toEqual([
      { key: 'a~1', after: null },
      { key: 'b', after: null },
    ]);
    await finishAll(false);
    await enqueueAgain(owner, [send('a', target(1))]);
    expect(await waiting()).toEqual([{ key: 'a~2', after: null }]);
    await finishAll();
    expect([...new Set(nonces())]).toEqual([7, 8, 9, 10]);
    expect(finished.map(({ key, outcome }) => `${key} ${outcome}`)).toEqual([
      'a succeeded',
      'a~1 reverted',
      'b reverted',
      'a~2 succeeded',
    ]);
  });

  test('is not added while another run of it waits', async () => {
    await enqueue(owner, [send('a', target(1))]);
    await finishAll();
    await enqueueAgain(owner, [send('a', target(1))]);
    await enqueueAgain(owner, [send('a', target(1)), send('b', target(2))]);
    expect((await waiting()).map(({ key }) => key)).toEqual(['a~1', 'b']);
    await enqueue(owner, [send('a', target(1))]);
    expect((await waiting()).map(({ key }) => key)).toEqual(['a~1', 'b']);
  });

  test('is added once, however many ask at once', async () => {
    await enqueue(owner, [send('a', target(1))]);
    await finishAll();
    await Promise.all([1, 2, 3].map(() => enqueueAgain(owner, [send('a', target(1))])));
    expect((await waiting()).map(({ key }) => key)).toEqual(['a~1']);
  });

  test('waits for the newest run of what must come first', async () => {
    writer.reverting.add(target(1));
    await enqueue(owner, [send('a', target(1)), send('b', target(2), 'a')]);
    await finishAll();
    expect(await finishedSend(owner, 'b')).toMatchObject({ outcome: 'refused' });
    writer.reverting.clear();
    await enqueueAgain(owner, [send('a', target(1)), send('b', target(2), 'a')]);
    await enqueueAgain(owner, [send('c', target(3), 'a')]);
    expect(await waiting()).toEqual([
      { key: 'a~1', after: null },
      { key: 'b~1', after: 'a~1' },
      { key: 'c', after: 'a~1' },
    ]);
    await finishAll();
    await enqueueAgain(owner, [send('d', target(4), 'a'), send('e', target(5), 'never')]);
    expect(await waiting()).toEqual([
      { key: 'd', after: 'a~1' },
      { key: 'e', after: 'never' },
    ]);
    expect(await finishedSend(owner, 'b~1')).toMatchObject({ outcome: 'succeeded' });
  });
});
