// SPDX-License-Identifier: MIT
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describeStore } from './conformance.ts';
import { SqliteStore } from './sqlite-store.ts';
import type { Etag, Store } from './store.ts';

const writerScript = fileURLToPath(new URL('./sqlite-writer-process.ts', import.meta.url));

async function temporary(): Promise<{ path: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'indra-store-'));
  return { path: join(folder, 'deep', 'hub.db'), remove: () => rm(folder, { recursive: true }) };
}

describeStore('sqlite', {
  durable: true,
  async create() {
    const { path, remove } = await temporary();
    const opened: Store[] = [];
    return {
      async open() {
        const store = await SqliteStore.open(path);
        opened.push(store);
        return store;
      },
      async dispose() {
        await Promise.all(opened.map((store) => store.close()));
        await remove();
      },
    };
  },
});

describe('sqlite over several processes', () => {
  let file: Awaited<ReturnType<typeof temporary>>;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    file = await temporary();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await file.remove();
  });

  function start(name: string, mode: string): ChildProcess {
    const child = fork(writerScript, [file.path, name, mode], {
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    children.push(child);
    return child;
  }

  test('a put that resolved outlives kill -9 of its process', async () => {
    const reported = new Map<string, string>();
    for (let run = 0; run < 2; run += 1) {
      const child = start(`run${run}`, 'forever');
      const enough = new Promise<void>((resolve) => {
        child.on('message', (done: { key: string; etag: string }) => {
          reported.set(done.key, done.etag);
          if (reported.size >= (run + 1) * 50) resolve();
        });
      });
      await enough;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const store = await SqliteStore.open(file.path);
    for (const [key, etag] of reported) expect((await store.get(key))?.etag).toBe(etag);
    await store.close();
  });

  test('two processes add to one item and lose nothing', async () => {
    const store = await SqliteStore.open(file.path);
    await store.put({ key: 'tally', schema: 1, body: 0 }, 'absent');
    const exits = ['a', 'b'].map(async (name) => {
      const [code] = (await once(start(name, 'tally'), 'exit')) as [number];
      return code;
    });
    expect(await Promise.all(exits)).toEqual([0, 0]);
    expect((await store.get('tally'))?.body).toBe(200);
    await store.close();
  });

  test('waits for a transaction of another process without stopping the event loop', async () => {
    const store = await SqliteStore.open(file.path);
    const other = new DatabaseSync(file.path);
    other.exec('BEGIN IMMEDIATE');
    let settled = false;
    const put = store.put({ key: 'waiting', schema: 1, body: 1 }, 'absent').finally(() => (settled = true));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(settled).toBe(false);
    expect(await store.get('waiting')).toBeNull();
    other.exec('COMMIT');
    other.close();
    expect(await put).toMatchObject({ ok: true });
    await store.close();
  });

  test('close waits for the writes under way', async () => {
    const store = await SqliteStore.open(file.path);
    const puts = Array.from({ length: 10 }, (_, i) =>
      store.put({ key: `late#${i}`, schema: 1, body: i }, 'absent'),
    );
    await store.close();
    expect((await Promise.all(puts)).every((result) => result.ok)).toBe(true);
    const again = await SqliteStore.open(file.path);
    expect((await again.scan()).items).toHaveLength(10);
    await again.close();
  });

  test('syncs every commit', async () => {
    const store = await SqliteStore.open(file.path);
    const { openDatabase } = await import('./sqlite-database.ts');
    const database = openDatabase(file.path);
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    database.close();
    await store.close();
  });

  test('refuses a file that is no store, or a newer one', async () => {
    const store = await SqliteStore.open(file.path);
    await store.close();
    const newer = new DatabaseSync(file.path);
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    await expect(SqliteStore.open(file.path)).rejects.toMatchObject({ code: 'store_unavailable' });
    await writeFile(`${file.path}.txt`, 'not a database, by any means'.repeat(100));
    await expect(SqliteStore.open(`${file.path}.txt`)).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  test('a write that fails takes neither the others nor those before it in order', async () => {
    const store = await SqliteStore.open(file.path);
    const other = new DatabaseSync(file.path);
    other.exec(
      "CREATE TRIGGER t BEFORE INSERT ON items WHEN NEW.key = 'bad' BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    other.close();
    const put = (key: string) => ({ item: { key, schema: 1, body: 1 }, expect: 'absent' as const });
    const [beside, ordered] = await Promise.allSettled([
      store.put(put('beside').item, 'absent'),
      store.putInOrder([put('first'), put('bad'), put('last')]),
    ]);
    expect(beside).toMatchObject({ status: 'fulfilled', value: { ok: true } });
    expect(ordered).toMatchObject({ status: 'rejected', reason: { code: 'store_unavailable' } });
    const found = await Promise.all(['beside', 'first', 'bad', 'last'].map((key) => store.get(key)));
    expect(found.map((item) => item !== null)).toEqual([true, true, false, false]);
    await store.close();
  });

  test('a batch keeps the good writes beside a conflicting one', async () => {
    const store = await SqliteStore.open(file.path);
    const results = await Promise.all([
      store.put({ key: 'a', schema: 1, body: 1 }, 'absent'),
      store.put({ key: 'a', schema: 1, body: 2 }, 'absent'),
      store.put({ key: 'b', schema: 1, body: 1 }, 'unknown' as Etag),
      store.put({ key: 'c', schema: 1, body: 1 }, 'absent'),
    ]);
    expect(results.map((result) => result.ok)).toEqual([true, false, false, true]);
    expect((await store.get('a'))?.body).toBe(1);
    await store.close();
  });
});
