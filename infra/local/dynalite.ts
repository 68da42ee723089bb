// SPDX-License-Identifier: MIT
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createTable } from '../../lib/store/dynamodb-table.ts';
import { startProcess, type ManagedProcess } from './managed-process.ts';
import { waitUntil } from './wait-until.ts';

const DYNALITE = join(import.meta.dirname, '..', '..', 'node_modules', 'dynalite', 'cli.js');

export interface DynaliteOptions {
  readonly folder: string;
  readonly port: number;
  readonly table: string;
  readonly onLine?: (line: string) => void;
}

/** The embedded DynamoDB-compatible store, in its own process, with the hub's table in it. */
export async function startDynalite({
  folder,
  port,
  table,
  onLine,
}: DynaliteOptions): Promise<ManagedProcess> {
  await mkdir(folder, { recursive: true });
  const store = startProcess({
    name: 'store',
    command: process.execPath,
    args: [
      '--no-warnings',
      DYNALITE,
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--path',
      folder,
      '--createTableMs',
      '0',
    ],
    ...(onLine === undefined ? {} : { onLine }),
  });
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await waitUntil(
      `the store on port ${port}`,
      async () => !store.running() || (await fetch(endpoint)).status > 0,
    );
    if (!store.running()) throw new Error(`dynalite ended at once:\n${store.tail()}`);
    await createTable({ table, endpoint });
  } catch (error) {
    await store.stop();
    throw error;
  }
  return store;
}
