// SPDX-License-Identifier: MIT
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import { Migrations } from '../../lib/store/migrations.ts';
import type { Migration } from '../../lib/store/migrations.ts';
import type { PutResult, Store } from '../../lib/store/store.ts';
import { runMigrations } from './run-migrations.ts';

const double = (kind: string, from: number): Migration => ({
  kind,
  from,
  does: 'doubles',
  migrate: ({ body, index }) => ({ body: (body as number) * 2, ...(index && { index }) }),
});
const migrations = new Migrations([double('channel', 1), double('channel', 2), double('transfer', 1)]);

async function filled(count: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (let i = 0; i < count; i += 1) {
    const key = `channel#${String(i).padStart(4, '0')}`;
    await store.put(
      { key, schema: 1 + (i % 3), body: 1, index: { due: { partition: '1', sort: key } } },
      'absent',
    );
  }
  await store.put({ key: 'transfer#1', schema: 1, body: 1 }, 'absent');
  await store.put({ key: 'lane#1', schema: 1, body: 1 }, 'absent');
  return store;
}

async function bodies(store: Store): Promise<unknown[]> {
  const { items: all } = await store.scan({ limit: 1000 });
  const items = all.filter(({ key }) => key.startsWith('channel#'));
  for (const item of items) expect(item.schema).toBe(3);
  return items.map((item) => item.body);
}
const expected = (count: number) => Array.from({ length: count }, (_, i) => [4, 2, 1][i % 3]);

test('applies the steps of each kind in order, keeps the indexes, and does nothing the second time', async () => {
  const store = await filled(250);
  const first = await runMigrations(store, migrations);
  expect(first.map(({ kind, seen, migrated, status }) => ({ kind, seen, migrated, status }))).toEqual([
    { kind: 'channel', seen: 250, migrated: 167, status: 'done' },
    { kind: 'transfer', seen: 1, migrated: 1, status: 'done' },
  ]);
  expect(await bodies(store)).toEqual(expected(250));
  expect((await store.query('due', '1', { limit: 1000 })).items).toHaveLength(250);
  expect((await store.get('lane#1'))?.body).toBe(1);
  const { writes } = store.counters;
  const second = await runMigrations(store, migrations);
  expect(second.map(({ status }) => status)).toEqual(['done_before', 'done_before']);
  const again = await runMigrations(store, migrations, { again: true });
  expect(again.map(({ seen, migrated }) => [seen, migrated])).toEqual([
    [250, 0],
    [1, 0],
  ]);
  // Nothing but the record of the walk was written.
  expect(store.counters.writes - writes).toBe(6);
});

test('a dry run tells and changes nothing', async () => {
  const store = await filled(10);
  const { writes } = store.counters;
  const reports = await runMigrations(store, migrations, { dryRun: true });
  expect(reports.map(({ migrated, status }) => [migrated, status])).toEqual([
    [7, 'would'],
    [1, 'would'],
  ]);
  expect(store.counters.writes).toBe(writes);
});

test('killed at any write, the next run finishes, migrates nothing twice and does not begin anew', async () => {
  for (const writesUntilDeath of [0, 1, 50, 66, 67, 68, 69, 120, 168]) {
    const store = await filled(250);
    let left = writesUntilDeath;
    const dying: Store = Object.create(store, {
      counters: { value: store.counters },
      get: { value: (key: string) => store.get(key) },
      scan: { value: (...scan: Parameters<Store['scan']>) => store.scan(...scan) },
      put: {
        value: async (...put: Parameters<Store['put']>): Promise<PutResult> => {
          if (left === 0) throw new Error('killed');
          left -= 1;
          return store.put(...put);
        },
      },
    });
    await expect(runMigrations(dying, migrations)).rejects.toThrow('killed');
    const [channels] = await runMigrations(store, migrations);
    if (writesUntilDeath > 68) expect(channels?.seen).toBeLessThan(250);
    expect(await bodies(store)).toEqual(expected(250));
  }
});

test('an item that a hub changes meanwhile keeps the change', async () => {
  const store = await filled(3);
  let meddled = false;
  const meddling: Store = Object.create(store, {
    get: { value: (key: string) => store.get(key) },
    scan: { value: (...scan: Parameters<Store['scan']>) => store.scan(...scan) },
    put: {
      value: async (...[item, expect]: Parameters<Store['put']>): Promise<PutResult> => {
        if (!meddled && item.key === 'channel#0000' && expect !== 'absent') {
          meddled = true;
          await store.put({ key: 'channel#0000', schema: 1, body: 100 }, expect);
        }
        return store.put(item, expect);
      },
    },
  });
  await runMigrations(meddling, migrations);
  expect(await bodies(store)).toEqual([400, 2, 1]);
});

test('stops at an item of newer code', async () => {
  const store = await filled(2);
  await store.put({ key: 'channel#9', schema: 9, body: 1 }, 'absent');
  await expect(runMigrations(store, migrations)).rejects.toMatchObject({ code: 'schema_unknown' });
});

test('the command explains itself', async () => {
  const script = fileURLToPath(new URL('./migrate.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--help']);
  expect(stdout).toMatch(/--dry-run/);
});
