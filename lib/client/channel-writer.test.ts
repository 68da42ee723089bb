// SPDX-License-Identifier: MIT
/** The writer in bad company: whatever throws around it, the next intent is signed and stored as if nothing had been. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CATALOGUE, recover } from '../protocol/testing/two-parties.ts';
import { ok } from '../protocol/result.ts';
import type { Outcomes } from '../protocol/errors.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { StoreFault } from '../store/store.ts';
import { ChannelWriter } from './channel-writer.ts';
import { type IndraError, type IndraErrorCode } from './indra-error.ts';
import type { HubRequests } from './hub-requests.ts';
import { builder, countersigned, FUNDED, KEY, LIMITS, NOW, send, TERMS } from './testing/writer-table.ts';
import type { WriterListener, WriterParts } from './writer-parts.ts';

let writer: ChannelWriter;
let store: Store;
let troubles: IndraErrorCode[];
let halted: IndraErrorCode[];

/** Countersigns whatever is in flight. */
const hub: HubRequests = {
  ask: () => Promise.reject(new Error('nothing else is asked')),
  insist: () => Promise.reject(new Error('nothing else is asked')),
  async askText(): Promise<Outcomes<unknown>> {
    const answer = countersigned(writer.record.signed.at(-1)!);
    if (answer.kind !== 'countersigned') throw new Error('no answer');
    return ok(
      JSON.parse(
        JSON.stringify(answer.result, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
      ),
    );
  },
};

function start(
  more: Partial<Omit<WriterParts, 'listener'>> & { listener?: Partial<WriterListener> } = {},
): void {
  const { listener, ...rest } = more;
  const parts: WriterParts = {
    store,
    hub,
    key: KEY,
    catalogue: CATALOGUE,
    builder,
    limits: LIMITS,
    gate: {
      judge: () => Promise.reject(new Error('nothing is shown')),
      tooLate: () => Promise.reject(new Error('nothing is shown')),
    },
    recover,
    clock: { now: () => NOW, sleep: async () => {} },
    distrust: null,
    lateAfter: TERMS.appPeriods[0] / 2,
    idleMs: 0,
    followUps: () => [],
    ...rest,
    listener: {
      agreed() {},
      dropped() {},
      changed() {},
      disputed() {},
      halted: ({ code }) => halted.push(code),
      troubled: ({ code }) => troubles.push(code),
      ...listener,
    },
  };
  writer = new ChannelWriter(parts, FUNDED, 'absent');
  writer.start();
}

const pay = (number: number) => writer.submit(send(number, 10n), { id: 'call' });
const codeOf = (promise: Promise<unknown>): Promise<IndraErrorCode | null> =>
  promise.then(
    () => null,
    (error: unknown) => (error as IndraError).code,
  );

beforeEach(() => {
  store = new MemoryStore();
  [troubles, halted] = [[], []];
});
afterEach(() => writer.close());

describe('W-D2 the writer goes on', () => {
  test('after an intent that makes the planner throw, which alone fails', async () => {
    start();
    const broken = { ...send(1, 10n), amount: 10 as never };
    const [first, second] = await Promise.all([
      codeOf(writer.submit(broken, { id: 'call' })),
      codeOf(pay(2)),
    ]);
    expect([first, second]).toEqual(['malformed', null]);
    expect(await codeOf(pay(3))).toBeNull();
    expect(halted).toEqual([]);
  });

  test('after a key that throws once', async () => {
    let isBroken = true;
    start({
      key: {
        ...KEY,
        sign(digest) {
          if (isBroken) {
            isBroken = false;
            throw new TypeError('the device was unplugged');
          }
          return KEY.sign(digest);
        },
      },
    });
    expect(await codeOf(pay(1))).toBe('client_fault');
    expect(await codeOf(pay(2))).toBeNull();
    expect([troubles, halted]).toEqual([['client_fault'], []]);
  });

  test('after a store that refuses once', async () => {
    let isBroken = false;
    const memory = new MemoryStore();
    store = new Proxy(memory, {
      get(target, name) {
        if (name === 'putInOrder' && isBroken) {
          isBroken = false;
          return () => Promise.reject(new StoreFault('item_invalid', 'of no reason'));
        }
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    start();
    await pay(1);
    isBroken = true;
    expect(await codeOf(pay(2))).toBe('client_fault');
    expect(await codeOf(pay(3))).toBeNull();
    expect(halted).toEqual([]);
  });

  test('whatever those who are told throw', async () => {
    const fail = (): never => {
      throw new Error('a listener');
    };
    start({ followUps: fail, listener: { agreed: fail, changed: fail, dropped: fail } });
    expect(await codeOf(pay(1))).toBeNull();
    expect(await codeOf(pay(2))).toBeNull();
    expect(halted).toEqual([]);
    expect(troubles.length).toBeGreaterThan(0);
  });
});

describe('W-D1 a store with a bound', () => {
  test('takes one by one what it does not take together', async () => {
    store = new MemoryStore({ maxBodyBytes: 150_000 });
    start();
    await pay(0);
    const payments = Array.from({ length: 60 }, (_, number) =>
      codeOf(writer.submit({ ...send(number + 1, 1n), note: 'é'.repeat(500) }, { id: 'call' })),
    );
    expect(new Set(await Promise.all(payments))).toEqual(new Set([null]));
    expect(writer.record.agreed.apps).toHaveLength(61);
  });
});
