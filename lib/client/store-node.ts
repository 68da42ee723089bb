// SPDX-License-Identifier: MIT
/** Where a client in Node keeps its channels: one SQLite file. */
import { SqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';

/** `name` is the path of the file, made if it is not there. Rejects with `store_unavailable`. */
export async function openClientStore(name: string): Promise<Store> {
  return SqliteStore.open(name, { maxBodyBytes: Infinity });
}
