// SPDX-License-Identifier: MIT
import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { IndexedDbStore } from './indexeddb-store.ts';
import { MemoryStore } from './memory-store.ts';
import { SqliteStore } from './sqlite-store.ts';
import { PROTOCOL_KEY, requireProtocol, STORED_PROTOCOL } from './stored-protocol.ts';

const OLD = /^protocol_unknown: the store was written by protocol 1, this program speaks protocol 2: [^\n]+$/;

test('an empty store is marked at first use, by one of many, and taken ever after', async () => {
  const store = new MemoryStore();
  await Promise.all(Array.from({ length: 4 }, () => requireProtocol(store)));
  expect((await store.get(PROTOCOL_KEY))?.body).toEqual({ protocol: STORED_PROTOCOL });
  await store.put({ key: 'channel#1', schema: 1, body: 1 }, 'absent');
  await requireProtocol(store);
});

test('a store of an older protocol is refused in one line, and left as it is', async () => {
  const store = new MemoryStore();
  await store.put({ key: 'channel#1', schema: 1, body: 1 }, 'absent');
  await expect(requireProtocol(store)).rejects.toThrow(OLD);
  expect((await store.scan()).items.map(({ key }) => key)).toEqual(['channel#1']);
});

test('so is one of another protocol that is marked', async () => {
  const store = new MemoryStore();
  await store.put({ key: PROTOCOL_KEY, schema: 1, body: { protocol: 3 } }, 'absent');
  await expect(requireProtocol(store)).rejects.toMatchObject({ code: 'protocol_unknown', retryable: false });
});

test('a file of the older layout is not even opened', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'indra-old-'));
  const path = join(folder, 'hub.sqlite');
  const old = new DatabaseSync(path);
  old.exec('CREATE TABLE items (key TEXT NOT NULL UNIQUE); PRAGMA user_version = 1');
  old.close();
  await expect(SqliteStore.open(path)).rejects.toThrow(OLD);
  await rm(folder, { recursive: true });
});

test('nor is a database of the older layout in a browser', async () => {
  (
    await openDB('old', 1, { upgrade: (old) => void old.createObjectStore('items', { keyPath: 'key' }) })
  ).close();
  await expect(IndexedDbStore.open('old')).rejects.toThrow(OLD);
});
