// SPDX-License-Identifier: MIT
import { kindEntry } from './item-form.ts';
import { at, faultOf, keysOf, mustPut, newItem } from './conformance-items.ts';
import type { Etag, NewItem, Page, QueryOptions, Store } from './store.ts';

export function describeIndexes(current: () => Store): void {
  const sorts = Array.from({ length: 25 }, (_, i) => String(i).padStart(4, '0'));

  beforeAll(async () => {
    const shuffled = sorts.map((_, i) => sorts[(i * 7) % sorts.length] as string);
    for (const sort of shuffled) {
      await mustPut(current(), newItem(`transfer#${sort}`, { index: { payer: at('book', sort) } }));
    }
    await mustPut(current(), newItem('transfer#elsewhere', { index: { payer: at('book2', '0003') } }));
    await mustPut(current(), newItem('transfer#payee', { index: { payee: at('book', '0003') } }));
  });

  const query = (options?: QueryOptions) => current().query('payer', 'book', options);
  const keys = (from: number, to: number) => sorts.slice(from, to).map((sort) => `transfer#${sort}`);

  test('one partition of one index comes in the order of its sort, both ways', async () => {
    expect(keysOf(await query())).toEqual(keys(0, 25));
    expect(keysOf(await query({ descending: true }))).toEqual(keys(0, 25).reverse());
    expect(keysOf(await current().query('payer', 'nobody'))).toEqual([]);
  });

  test('bounds are included', async () => {
    expect(keysOf(await query({ from: '0005', to: '0009' }))).toEqual(keys(5, 10));
    expect(keysOf(await query({ from: '0005', to: '0009', descending: true }))).toEqual(
      keys(5, 10).reverse(),
    );
    expect(keysOf(await query({ from: '0022' }))).toEqual(keys(22, 25));
    expect(keysOf(await query({ to: '0002' }))).toEqual(keys(0, 3));
    expect(keysOf(await query({ to: '0002', descending: true }))).toEqual(keys(0, 3).reverse());
    expect(keysOf(await query({ from: '0004a', to: '0005a' }))).toEqual(keys(5, 6));
    expect(keysOf(await query({ from: '9', to: '0' }))).toEqual([]);
    expect(keysOf(await query({ from: '', to: '' }))).toHaveLength(25);
  });

  test('pages add up to the whole, both ways and within bounds', async () => {
    for (const [options, expected] of [
      [{ limit: 10 }, keys(0, 25)],
      [{ limit: 5 }, keys(0, 25)],
      [{ limit: 7, descending: true }, keys(0, 25).reverse()],
      [{ limit: 3, from: '0004', to: '0014' }, keys(4, 15)],
      [{ limit: 4, from: '0004', to: '0014', descending: true }, keys(4, 15).reverse()],
    ] as const) {
      const pages = await allPages(query, options);
      expect(pages.flatMap(keysOf)).toEqual(expected);
      for (const page of pages) expect(page.items.length).toBeLessThanOrEqual(options.limit);
    }
  });

  test('a page continues where it stood though items came and went', async () => {
    const store = current();
    const put = (n: string) =>
      mustPut(store, newItem(`transfer#moving-${n}`, { index: { payer: at('moving', n) } }));
    const etags = new Map<string, Etag>();
    for (const n of ['1', '2', '3', '4', '6']) etags.set(n, await put(n));
    const first = await store.query('payer', 'moving', { limit: 3 });
    await store.remove('transfer#moving-3', etags.get('3') as Etag);
    await put('5');
    await put('0');
    const rest = await allPages((options) => store.query('payer', 'moving', options), {
      limit: 3,
      after: first.next,
    });
    expect(rest.flatMap(keysOf)).toEqual(['4', '5', '6'].map((n) => `transfer#moving-${n}`));
  });

  test('equal sorts are all found, page by page', async () => {
    const store = current();
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((letter) => `transfer#tie-${letter}`);
    for (const key of names) await mustPut(store, newItem(key, { index: { due: at('ties', '5') } }));
    for (const descending of [false, true]) {
      const pages = await allPages((options) => store.query('due', 'ties', options), {
        limit: 3,
        descending,
      });
      expect(pages.flatMap(keysOf).sort()).toEqual(names);
    }
  });

  test('a put moves, drops and keeps entries, and what is returned is the latest', async () => {
    const store = current();
    const key = 'channel#moves';
    const item = (index: NewItem['index'], body: unknown) => newItem(key, { index, body });
    let etag = await mustPut(store, item({ due: at('moves', '1'), owner: at('mover', 'x') }, 1));
    etag = await mustPut(store, item({ due: at('moves', '2'), owner: at('mover', 'x') }, 2), etag);
    expect((await store.query('due', 'moves')).items).toMatchObject([{ key, body: 2, etag }]);
    expect(keysOf(await store.query('due', 'moves', { to: '1' }))).toEqual([]);
    etag = await mustPut(store, item({ owner: at('mover', 'x') }, 3), etag);
    expect(keysOf(await store.query('due', 'moves'))).toEqual([]);
    expect((await store.query('owner', 'mover')).items).toMatchObject([{ key, body: 3, etag }]);
    await mustPut(store, item({ owner: at('mover', 'x') }, 4), etag);
    expect((await store.query('owner', 'mover')).items).toMatchObject([{ body: 4 }]);
  });

  test('an item is in the indexes it names and in no other', async () => {
    const store = current();
    const listed = (key: string) =>
      newItem(key, { index: { kind: kindEntry(key), open: at('sparse', key) } });
    const etag = await mustPut(store, listed('cursor#1'));
    await mustPut(store, listed('cursor#2'));
    await mustPut(store, newItem('cursor#3'));
    expect(keysOf(await store.query('kind', 'cursor'))).toEqual(['cursor#1', 'cursor#2']);
    expect(keysOf(await store.query('open', 'sparse'))).toEqual(['cursor#1', 'cursor#2']);
    await mustPut(store, newItem('cursor#1'), etag);
    expect(keysOf(await store.query('kind', 'cursor'))).toEqual(['cursor#2']);
    expect(keysOf(await store.query('open', 'sparse'))).toEqual(['cursor#2']);
  });

  test('a walk finds every item once, indexed or not, as it is now', async () => {
    const store = current();
    const put = async (n: number) => {
      const key = `walk#${String(n).padStart(2, '0')}`;
      return [key, await mustPut(store, newItem(key, { body: n }))] as const;
    };
    const etags = new Map<string, Etag>();
    for (let n = 0; n < 12; n += 1) etags.set(...(await put(n)));
    await mustPut(store, newItem('walk#03', { body: 'changed' }), etags.get('walk#03'));
    await store.remove('walk#04', etags.get('walk#04') as Etag);
    const pages = await allPages((options) => store.scan(options), { limit: 5 });
    for (const page of pages) expect(page.items.length).toBeLessThanOrEqual(5);
    const walked = pages.flatMap((page) => page.items).filter((item) => item.key.startsWith('walk#'));
    const bodies = new Map(walked.map((item) => [item.key, item.body]));
    expect(walked).toHaveLength(11);
    expect(bodies.size).toBe(11);
    expect([bodies.get('walk#00'), bodies.get('walk#03'), bodies.get('walk#11')]).toEqual([0, 'changed', 11]);
  });

  test('refuses a cursor that is none', async () => {
    for (const after of ['', 'x', '💸', btoa('[]'), btoa('["a"]'), btoa('[1,2]'), btoa('{"a":1}')]) {
      expect(await faultOf(query({ after }))).toBe('cursor_invalid');
    }
  });
}

async function allPages(
  query: (options: QueryOptions) => Promise<Page>,
  options: QueryOptions,
): Promise<Page[]> {
  const pages: Page[] = [];
  let after = options.after;
  do {
    const page: Page = await query({ ...options, after });
    pages.push(page);
    after = page.next;
  } while (after !== undefined && pages.length < 100);
  return pages;
}
