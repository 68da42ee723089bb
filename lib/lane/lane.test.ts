// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { refuse } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import type { Address, Bytes } from '../protocol/types.ts';
import { uint } from '../protocol/wire/primitives.ts';
import { MemoryStore } from '../store/memory-store.ts';
import {
  enqueue,
  enqueueAgain,
  finishedSend,
  firstOpen,
  loadSend,
  type FinishedSend,
  type LaneOwner,
  type Send,
} from './lane.ts';
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
  rank: 5,
  call: { to, data: '0x', value: 0n },
  after,
  purpose: { amount: 1n << 100n },
});

const nonces = (): number[] => writer.broadcasts.map(({ nonce }) => nonce);

const waiting = async (): Promise<{ key: string; after: string | null }[]> =>
  (await firstOpen(owner, 99)).map(({ key, after }) => ({ key, after }));

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
    expect(await waiting()).toEqual([]);
    expect(await finishedSend(owner, 'a')).toMatchObject({ outcome: 'succeeded' });
    await enqueue(owner, [send('a', target(1))]);
    expect(await waiting()).toEqual([]);
  });

  test('stores the raw transaction before it is broadcast: a death in between repeats the same bytes (invariant 12)', async () => {
    await enqueue(owner, [send('a', target(1))]);
    const dying = Object.assign(Object.create(writer) as ScriptedLaneWriter, {
      broadcast: async () => {
        throw new Error('died');
      },
    });
    await expect(submit({ ...owner, writer: dying })).rejects.toThrow('died');
    const stored = (await loadSend(owner, 'a'))?.send.attempts[0];
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
    expect((await loadSend(owner, 'a'))?.send.attempts).toEqual([]);
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
    expect((await loadSend(owner, 'a'))?.send.call.data).toBe(data);
  });
});

describe('W-A2 whatever waits', () => {
  const FAT: Bytes = `0x${'ab'.repeat(16_000)}`;
  const fat = (index: number): Send<Purpose> => ({
    ...send(`withdrawal ${index}`, target(3)),
    rank: 6,
    call: { to: target(3), data: FAT, value: 0n },
  });

  test('an answer that comes after five hundred sends has the next nonce', async () => {
    await enqueue(
      owner,
      Array.from({ length: 500 }, (_, index) => fat(index)),
    );
    now += 5;
    await enqueue(owner, [{ ...send('answer', target(1)), rank: 0 }]);
    await submit(owner);
    expect(writer.broadcasts[0]).toMatchObject({ nonce: 7, to: target(1) });
    expect(new Set(nonces())).toEqual(new Set(Array.from({ length: 16 }, (_, index) => 7 + index)));
    writer.mine(block);
    await submit(owner);
    expect(await finishedSend(owner, 'answer')).toMatchObject({ outcome: 'succeeded' });
  });

  test('with all places taken by others it has the first that is free', async () => {
    await enqueue(
      owner,
      Array.from({ length: 40 }, (_, index) => fat(index)),
    );
    await submit(owner);
    await enqueue(owner, [{ ...send('answer', target(1)), rank: 0 }]);
    await submit(owner);
    expect(writer.broadcasts.some(({ to }) => to === target(1))).toBe(false);
    writer.mined.set(writer.broadcasts[0]!.hash, { block, succeeded: true });
    await submit(owner);
    expect(writer.broadcasts.at(-1)).toMatchObject({ nonce: 23, to: target(1) });
  });

  test('the least urgent comes in its turn: every eighth place is the oldest send’s', async () => {
    await enqueue(owner, [{ ...send('old', target(2)), rank: 9 }]);
    now += 5;
    await enqueue(
      owner,
      Array.from({ length: 60 }, (_, index) => ({ ...send(`urgent ${index}`, target(1)), rank: 0 })),
    );
    await submit(owner);
    expect(writer.broadcasts.find(({ to }) => to === target(2))?.nonce).toBe(7 + 7);
  });

  test('what fails or cannot be told yet takes no place from the others', async () => {
    writer.reverting.add(target(2));
    await enqueue(owner, [
      ...Array.from({ length: 40 }, (_, index) => ({ ...send(`failing ${index}`, target(2)), rank: 1 })),
      ...Array.from({ length: 40 }, (_, index) => send(`waiting ${index}`, target(3), 'never promised')),
      { ...send('late', target(1)), rank: 9 },
    ]);
    await submit(owner);
    expect(nonces()).toEqual([7]);
    expect(writer.broadcasts[0]?.to).toBe(target(1));
  });
});

describe('a nonce that was given', () => {
  /** Lets the head be written, and dies at the next write of a send. */
  const dyingAfterHead = (): LaneOwner<Purpose> => {
    const { store } = owner;
    let isGiven = false;
    return {
      ...owner,
      store: new Proxy(store, {
        get(from, name) {
          const member: unknown = Reflect.get(from, name);
          if (typeof member !== 'function') return member;
          if (name !== 'put') return member.bind(from) as unknown;
          return async (...put: Parameters<typeof store.put>) => {
            if (isGiven) throw new Error('died');
            isGiven = put[0].key.startsWith('lane#');
            return from.put(...put);
          };
        },
      }),
    };
  };

  test('is used by its send, by whoever comes after a death in between (invariant 12)', async () => {
    await enqueue(owner, [send('a', target(1)), send('b', target(2))]);
    await expect(submit(dyingAfterHead())).rejects.toThrow('died');
    expect(nonces()).toEqual([]);
    await submit(owner);
    expect(writer.broadcasts.map(({ nonce, to }) => [nonce, to])).toEqual([
      [7, target(1)],
      [8, target(2)],
    ]);
  });

  test('is used up by an empty transaction where its send would fail by now', async () => {
    await enqueue(owner, [send('a', target(1)), send('b', target(2))]);
    await expect(submit(dyingAfterHead())).rejects.toThrow('died');
    writer.reverting.add(target(1));
    await submit(owner);
    await submit(owner);
    const sent = new Map(writer.broadcasts.map(({ nonce, to }) => [nonce, to]));
    expect([...sent]).toEqual(
      expect.arrayContaining([
        [7, owner.writer.address],
        [8, target(2)],
      ]),
    );
    await finishAll();
    expect(await finishedSend(owner, 'a')).toMatchObject({ outcome: 'refused' });
    expect(finished.map(({ key }) => key).sort()).toEqual(['a', 'b']);
  });

  test('and its ending are told again where the telling died', async () => {
    await enqueue(owner, [send('a', target(1))]);
    await submit(owner);
    writer.mine(block);
    const deaf: LaneOwner<Purpose> = {
      ...owner,
      finished: async () => {
        throw new Error('died');
      },
    };
    await expect(submit(deaf)).rejects.toThrow('died');
    expect(await finishedSend(owner, 'a')).toMatchObject({ outcome: 'succeeded' });
    await submit(owner);
    expect(finished.map(({ key }) => key)).toEqual(['a']);
    expect(await waiting()).toEqual([]);
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
