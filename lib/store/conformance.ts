// SPDX-License-Identifier: MIT
import { describeIndexes } from './conformance-indexes.ts';
import { at, faultOf, keysOf, mustPut, newItem } from './conformance-items.ts';
import type { Etag, Item, NewItem, Store } from './store.ts';

/** One set of data that a suite may open several times. */
export interface StoreFixture {
  /** Another connection to the same data. An adapter that cannot have two returns the one it has. */
  open(): Promise<Store>;
  /** Closes what is open and removes the data. */
  dispose(): Promise<void>;
}

/** What every adapter owes its callers. Run it against the real thing. */
export function describeStore(
  name: string,
  options: { create: () => Promise<StoreFixture>; durable: boolean },
): void {
  describe(`${name} store`, () => {
    let fixture: StoreFixture;
    let store: Store;

    beforeAll(async () => {
      fixture = await options.create();
      store = await fixture.open();
    });
    afterAll(() => fixture.dispose());

    describeItems(() => store);
    describeConcurrency(
      () => store,
      () => fixture.open(),
    );
    describeIndexes(() => store);

    if (options.durable) {
      test('what was put is there after the store is closed and opened again', async () => {
        const etag = await mustPut(store, newItem('channel#durable', { index: { due: at('durable', '1') } }));
        await store.close();
        store = await fixture.open();
        expect((await store.get('channel#durable'))?.etag).toBe(etag);
        expect(keysOf(await store.query('due', 'durable'))).toEqual(['channel#durable']);
        const after = await mustPut(store, newItem('channel#durable'), etag);
        expect(after).not.toBe(etag);
      });
    }

    test('says that it is ready, and after close that it is not', async () => {
      expect(await store.ready()).toBe(true);
      await store.close();
      expect(await store.ready()).toBe(false);
      expect(await faultOf(store.get('channel#any'))).toBe('store_unavailable');
    });
  });
}

function describeItems(current: () => Store): void {
  test('gives back what was put, and null for what was not', async () => {
    const store = current();
    const body = {
      amount: '340282366920938463463374607431768211456',
      list: [1, -2.5, null, true, { deep: ['ü', '💸', '"', '\\', '\u0000'] }],
      empty: {},
    };
    const index = { owner: at('31337#0xabc', 'channel#form'), payer: at('31337#0xabc', '0001#t') };
    const etag = await mustPut(store, { key: 'channel#form', schema: 3, body, index });
    expect(await store.get('channel#form')).toEqual({
      key: 'channel#form',
      schema: 3,
      body,
      index,
      etag,
    });
    expect(await store.get('channel#nothing')).toBeNull();
  });

  test('shares no memory with its callers', async () => {
    const store = current();
    const body = { list: [1] };
    const item = newItem('channel#memory', { body });
    await mustPut(store, item);
    body.list.push(2);
    const read = (await store.get('channel#memory')) as Item;
    expect(read.body).toEqual({ list: [1] });
    (read.body as typeof body).list.push(3);
    expect((await store.get('channel#memory'))?.body).toEqual({ list: [1] });
  });

  test('a put expecting absence or another etag is a conflict and changes nothing', async () => {
    const store = current();
    const first = await mustPut(store, newItem('channel#cond', { body: 1 }));
    const second = await mustPut(store, newItem('channel#cond', { body: 2 }), first);
    for (const expect_ of ['absent', first, 'made-up' as Etag] as const) {
      expect(await store.put(newItem('channel#cond', { body: 9 }), expect_)).toEqual({
        ok: false,
        code: 'conflict',
      });
    }
    expect(await store.put(newItem('channel#never'), first)).toEqual({ ok: false, code: 'conflict' });
    expect(await store.get('channel#cond')).toMatchObject({ body: 2, etag: second });
    expect(await store.get('channel#never')).toBeNull();
  });

  test('puts in order: all of them, or those before the first conflict and nothing after it', async () => {
    const store = current();
    const put = (key: string, body: unknown, expect_: Etag | 'absent' = 'absent') => ({
      item: newItem(key, { body, index: { due: at('order', key) } }),
      expect: expect_,
    });
    expect(await store.putInOrder([])).toEqual([]);
    const first = await store.putInOrder([put('channel#order1', 1), put('channel#order2', 1)]);
    const etags = first.map((result) => (result.ok ? result.etag : ('none' as Etag)));
    expect(new Set(etags).size).toBe(2);
    const [one, two] = [await store.get('channel#order1'), await store.get('channel#order2')];
    expect([one, two]).toMatchObject([
      { body: 1, etag: etags[0] },
      { body: 1, etag: etags[1] },
    ]);
    const before = { ...store.counters };
    const second = await store.putInOrder([
      put('channel#order1', 2, etags[0]),
      put('channel#order2', 2),
      put('channel#order3', 2),
    ]);
    expect(second).toEqual([
      { ok: true, etag: expect.anything() },
      { ok: false, code: 'conflict' },
    ]);
    expect(store.counters).toMatchObject({ writes: before.writes + 1, conflicts: before.conflicts + 1 });
    expect(await store.get('channel#order1')).toMatchObject({ body: 2 });
    expect(await store.get('channel#order2')).toMatchObject({ body: 1, etag: etags[1] });
    expect(keysOf(await store.query('due', 'order'))).toEqual(['channel#order1', 'channel#order2']);
  });

  test('removes on the etag only, and an item made anew has a new etag', async () => {
    const store = current();
    const first = await mustPut(store, newItem('channel#gone', { index: { due: at('gone', '1') } }));
    const second = await mustPut(store, newItem('channel#gone', { index: { due: at('gone', '1') } }), first);
    expect(await store.remove('channel#gone', first)).toEqual({ ok: false, code: 'conflict' });
    expect(await store.remove('channel#gone', second)).toEqual({ ok: true });
    expect(await store.remove('channel#gone', second)).toEqual({ ok: false, code: 'conflict' });
    expect(await store.get('channel#gone')).toBeNull();
    expect(keysOf(await store.query('due', 'gone'))).toEqual([]);
    const third = await mustPut(store, newItem('channel#gone'));
    expect(new Set([first, second, third]).size).toBe(3);
    expect(await store.remove('channel#gone', second)).toEqual({ ok: false, code: 'conflict' });
  });

  test('refuses what it cannot keep and keeps what it had', async () => {
    const store = current();
    const etag = await mustPut(store, newItem('channel#bad', { body: 'good' }));
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const bad: Partial<NewItem>[] = [
      { body: undefined },
      { body: { amount: 1n } },
      { body: circular },
      { schema: 1.5 },
      { index: { due: at('', '1') } },
      { index: { due: at('1', 'ü') } },
    ];
    for (const change of bad) {
      const item = { ...newItem('channel#bad'), ...change };
      expect(await faultOf(store.put(item, etag))).toBe('item_invalid');
    }
    expect(await faultOf(store.put(newItem(''), 'absent'))).toBe('item_invalid');
    const large = newItem('channel#bad', { body: 'ü'.repeat(200_000) });
    expect(await faultOf(store.put(large, etag))).toBe('item_too_large');
    expect(await store.get('channel#bad')).toMatchObject({ body: 'good', etag });
  });

  test('keeps a large item', async () => {
    const body = 'x'.repeat(370_000);
    await mustPut(current(), newItem('channel#large', { body, index: { owner: at('large', '1') } }));
    expect((await current().get('channel#large'))?.body).toBe(body);
  });

  test('counts', async () => {
    const store = current();
    const before = { ...store.counters };
    const etag = await mustPut(store, newItem('channel#count'));
    await store.put(newItem('channel#count'), 'absent');
    await store.get('channel#count');
    await store.query('due', 'nothing');
    await store.remove('channel#count', etag);
    expect(store.counters).toEqual({
      reads: before.reads + 1,
      queries: before.queries + 1,
      writes: before.writes + 2,
      conflicts: before.conflicts + 1,
    });
  });
}

function describeConcurrency(current: () => Store, another: () => Promise<Store>): void {
  test('of many writers expecting the same, over several connections, exactly one wins', async () => {
    const stores = [current(), await another()];
    for (let round = 0; round < 5; round += 1) {
      const key = `channel#race#${round}`;
      const race = (expect_: Etag | 'absent') =>
        Promise.all(
          Array.from({ length: 16 }, (_, writer) =>
            (stores[writer % 2] as Store).put(newItem(key, { body: { writer, expect_ } }), expect_),
          ),
        );
      let expected: Etag | 'absent' = 'absent';
      for (let step = 0; step < 3; step += 1) {
        const results = await race(expected);
        const winners = results.flatMap((result, writer) =>
          result.ok ? [{ writer, etag: result.etag }] : [],
        );
        expect(winners).toHaveLength(1);
        const item = (await current().get(key)) as Item;
        expect(item.etag).toBe(winners[0]?.etag);
        expect(item.body).toEqual({ writer: winners[0]?.writer, expect_: expected });
        expected = item.etag;
      }
    }
  });

  test('no increment is lost among writers that read, write and start over', async () => {
    const stores = [current(), await another()];
    const key = 'channel#tally';
    await mustPut(current(), newItem(key, { body: 0 }));
    const increment = async (store: Store): Promise<void> => {
      const item = (await store.get(key)) as Item;
      const result = await store.put(newItem(key, { body: (item.body as number) + 1 }), item.etag);
      if (!result.ok) await increment(store);
    };
    await Promise.all(Array.from({ length: 20 }, (_, writer) => increment(stores[writer % 2] as Store)));
    expect((await current().get(key))?.body).toBe(20);
  });

  test('a put and a remove on one etag exclude each other', async () => {
    for (let round = 0; round < 5; round += 1) {
      const key = `channel#duel#${round}`;
      const etag = await mustPut(current(), newItem(key));
      const [put, removed] = await Promise.all([
        current().put(newItem(key, { body: 'kept' }), etag),
        (await another()).remove(key, etag),
      ]);
      expect(Number(put.ok) + Number(removed.ok)).toBe(1);
      expect((await current().get(key)) === null).toBe(removed.ok);
    }
  });
}
