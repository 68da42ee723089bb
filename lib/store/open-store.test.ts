// SPDX-License-Identifier: MIT
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import dynalite from 'dynalite';
import { build } from 'esbuild';
import { openStore } from './open-store.ts';
import type { StoreOptions } from './open-store.ts';

async function roundTrip(options: StoreOptions): Promise<void> {
  const store = await openStore(options);
  expect(await store.ready()).toBe(true);
  expect(await store.put({ key: 'channel#1', schema: 1, body: { a: '1' } }, 'absent')).toMatchObject({
    ok: true,
  });
  expect((await store.get('channel#1'))?.body).toEqual({ a: '1' });
  await store.close();
}

test('opens each kind by its options', async () => {
  await roundTrip({ kind: 'memory' });
  const folder = await mkdtemp(join(tmpdir(), 'indra-open-'));
  await roundTrip({ kind: 'sqlite', path: join(folder, 'hub.db') });
  await rm(folder, { recursive: true });
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await roundTrip({ kind: 'dynamodb', table: 'opened', endpoint, create: true });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test.each(['memory-store.ts', 'indexeddb-store.ts'])('%s bundles for the browser', async (entry) => {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    logLevel: 'silent',
  });
  expect(bundle.errors).toEqual([]);
  expect(bundle.outputFiles[0]?.text).not.toMatch(/node:|aws-sdk/);
});
