// SPDX-License-Identifier: MIT
import 'fake-indexeddb/auto';
import { deleteDB, openDB } from 'idb';
import { describeStore } from './conformance.ts';
import { IndexedDbStore } from './indexeddb-store.ts';
import type { Store } from './store.ts';

describeStore('indexeddb', {
  durable: true,
  async create() {
    const opened: Store[] = [];
    return {
      async open() {
        const store = await IndexedDbStore.open('conformance');
        opened.push(store);
        return store;
      },
      async dispose() {
        await Promise.all(opened.map((store) => store.close()));
        await deleteDB('conformance');
      },
    };
  },
});

test('makes way for a newer layout in another tab and says that it is gone', async () => {
  const store = await IndexedDbStore.open('upgraded');
  const newer = await openDB('upgraded', 3);
  await expect(store.get('channel#x')).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(await store.ready()).toBe(false);
  await expect(IndexedDbStore.open('upgraded')).rejects.toMatchObject({ code: 'store_unavailable' });
  newer.close();
});

test('writes strictly: on disk before it resolves', async () => {
  type Transact = (this: unknown, names: unknown, mode: string, options?: { durability?: string }) => unknown;
  const { prototype } = (globalThis as unknown as { IDBDatabase: { prototype: { transaction: Transact } } })
    .IDBDatabase;
  const original = prototype.transaction;
  const durabilities: unknown[] = [];
  prototype.transaction = function (names, mode, options) {
    if (mode === 'readwrite') durabilities.push(options?.durability);
    return original.call(this, names, mode, options);
  };
  const store = await IndexedDbStore.open('strict');
  await store.put({ key: 'channel#1', schema: 1, body: 1 }, 'absent');
  await store.close();
  prototype.transaction = original;
  expect(durabilities).toEqual(['strict']);
});
