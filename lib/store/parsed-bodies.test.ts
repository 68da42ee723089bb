// SPDX-License-Identifier: MIT
import { MemoryStore } from './memory-store.ts';
import { ParsedBodies } from './parsed-bodies.ts';
import type { Etag, Item } from './store.ts';

const item = (key: string, etag: string, body: unknown): Item => ({
  key,
  schema: 1,
  body,
  etag: etag as Etag,
});

test('a body is parsed once under its etag, and anew under another', async () => {
  let parses = 0;
  const bodies = new ParsedBodies(({ body }) => ({ body, n: (parses += 1) }), { weigh: () => 1, most: 10 });
  const store = new MemoryStore();
  const put = await store.put({ key: 'a', schema: 1, body: 1 }, 'absent');
  const read = async () => bodies.of((await store.get('a')) as Item);
  expect(await read()).toBe(await read());
  expect(parses).toBe(1);
  if (put.ok) await store.put({ key: 'a', schema: 1, body: 2 }, put.etag);
  expect((await read()).body).toBe(2);
});

test('keeps what was written, and no more than it may', () => {
  const bodies = new ParsedBodies(({ body }) => body as string, { weigh: (body) => body.length, most: 6 });
  bodies.keep('a', 'e1' as Etag, 'aaa');
  expect(bodies.of(item('a', 'e1', 'never parsed'))).toBe('aaa');
  bodies.keep('b', 'e2' as Etag, 'bbb');
  bodies.of(item('a', 'e1', 'x'));
  bodies.keep('c', 'e3' as Etag, 'ccc');
  expect(bodies.of(item('a', 'e1', 'x'))).toBe('aaa');
  expect(bodies.of(item('b', 'e2', 'new'))).toBe('new');
});
