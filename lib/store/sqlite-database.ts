// SPDX-License-Identifier: MIT
import { DatabaseSync } from 'node:sqlite';
import { indexNames } from './store.ts';
import { oldProtocol, STORED_PROTOCOL } from './stored-protocol.ts';

/** Layout of the file itself, not of the items in it. */
const layoutVersion = 2;

/** Opens the file with full durability and makes its table. Throws where the file is newer, foreign or out of reach. */
export function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5_000 });
  try {
    database.exec('PRAGMA journal_mode = WAL');
    // In WAL mode only FULL syncs the log at every commit.
    database.exec('PRAGMA synchronous = FULL');
    database.exec('PRAGMA wal_autocheckpoint = 4000');
    database.exec('PRAGMA cache_size = -65536');
    prepareLayout(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepareLayout(database: DatabaseSync): void {
  if (layoutOf(database) === layoutVersion) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    const found = layoutOf(database);
    if (found > layoutVersion)
      throw new Error(`the file has layout ${found}, this program knows ${layoutVersion}`);
    if (found !== 0) throw oldProtocol(STORED_PROTOCOL - 1);
    database.exec(layout());
    database.exec(`PRAGMA user_version = ${layoutVersion}`);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

function layoutOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}

function layout(): string {
  const columns = indexNames.map((name) => `${name}_partition TEXT, ${name}_sort TEXT`).join(', ');
  const indexes = indexNames.map(
    (name) =>
      `CREATE INDEX by_${name} ON items (${name}_partition, ${name}_sort, key) WHERE ${name}_partition IS NOT NULL;`,
  );
  return [
    'CREATE TABLE items (key TEXT NOT NULL UNIQUE, etag TEXT NOT NULL, schema INTEGER NOT NULL, body TEXT NOT NULL, ' +
      `entries TEXT NOT NULL, ${columns}) STRICT;`,
    ...indexes,
  ].join('\n');
}
