// SPDX-License-Identifier: MIT
import { MemoryStore } from './memory-store.ts';
import { Migrations, withMigrations } from './migrations.ts';
import type { Migration } from './migrations.ts';

const rename: Migration = {
  kind: 'channel',
  from: 1,
  does: 'renames a to b',
  migrate: ({ body }) => ({ body: { b: (body as { a: number }).a } }),
};
const index: Migration = {
  kind: 'channel',
  from: 2,
  does: 'indexes by owner',
  migrate: ({ key, body }) => ({ body, index: { owner: { partition: 'p', sort: key } } }),
};

test('an old item is read in the new shape under its own etag, and rewritten by the next put', async () => {
  const raw = new MemoryStore();
  const put = await raw.put({ key: 'channel#1', schema: 1, body: { a: 5 } }, 'absent');
  const store = withMigrations(raw, new Migrations([rename, index]));
  const item = await store.get('channel#1');
  expect(item).toMatchObject({ schema: 3, body: { b: 5 }, index: { owner: { partition: 'p' } } });
  expect(item?.etag).toBe(put.ok && put.etag);
  expect((await store.scan()).items).toEqual([item]);
  expect((await raw.get('channel#1'))?.schema).toBe(1);
  if (item) expect(await store.put(item, item.etag)).toMatchObject({ ok: true });
  expect(await raw.get('channel#1')).toMatchObject({ schema: 3, body: { b: 5 } });
  expect((await store.query('owner', 'p')).items).toHaveLength(1);
});

test('takes up in the middle', async () => {
  const raw = new MemoryStore();
  await raw.put({ key: 'channel#1', schema: 2, body: { b: 7 } }, 'absent');
  const store = withMigrations(raw, new Migrations([rename, index]));
  expect(await store.get('channel#1')).toMatchObject({ schema: 3, body: { b: 7 } });
});

test('an item of newer code is refused, not misread', async () => {
  const raw = new MemoryStore();
  await raw.put({ key: 'channel#1', schema: 2, body: {} }, 'absent');
  const store = withMigrations(raw, new Migrations([]));
  await expect(store.get('channel#1')).rejects.toMatchObject({ code: 'schema_unknown', retryable: true });
  await expect(store.scan()).rejects.toMatchObject({ code: 'schema_unknown' });
});

test('a put of an old shape is refused', async () => {
  const store = withMigrations(new MemoryStore(), new Migrations([rename]));
  const put = store.put({ key: 'channel#1', schema: 1, body: {} }, 'absent');
  await expect(put).rejects.toMatchObject({ code: 'item_invalid' });
});

test('steps of a kind leave no gap', () => {
  expect(() => new Migrations([index])).toThrow('channel from 2');
  expect(() => new Migrations([rename, rename])).toThrow('channel from 1');
  expect(new Migrations([rename, index]).currentSchema('channel')).toBe(3);
  expect(new Migrations([rename]).currentSchema('transfer')).toBe(1);
});
