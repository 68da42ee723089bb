// SPDX-License-Identifier: MIT
/** Where a client in a browser keeps its channels: a database of its origin. */
import { IndexedDbStore } from '../store/indexeddb-store.ts';
import type { Store } from '../store/store.ts';

/** `name` is the database's. Rejects with `store_unavailable`. */
export async function openClientStore(name: string): Promise<Store> {
  return IndexedDbStore.open(name, { maxBodyBytes: Infinity });
}
