// SPDX-License-Identifier: MIT
/** Which protocol's items a store holds: written at first use, checked by whoever opens it. */
import type { Store } from './store.ts';
import { StoreFault } from './store.ts';

/** The protocol whose states, statements and items are stored. A store of another one cannot be read, or signed upon. */
export const STORED_PROTOCOL = 2;

export const PROTOCOL_KEY = 'protocol';

/** One line for whoever starts a hub, a function, a client or a migration on it. */
export const oldProtocol = (found: number | string): StoreFault =>
  new StoreFault(
    'protocol_unknown',
    `the store was written by protocol ${found}, this program speaks protocol ${STORED_PROTOCOL}: nothing was changed; use an empty store, or the program that wrote it`,
  );

/** Marks an empty store. Rejects with `protocol_unknown` for one of another protocol, of which nothing is touched. */
export async function requireProtocol(store: Store): Promise<void> {
  if (await isMarked(store)) return;
  if (await isEmpty(store)) {
    await store.put({ key: PROTOCOL_KEY, schema: 1, body: { protocol: STORED_PROTOCOL } }, 'absent');
  }
  // Another process may have marked it, and begun to fill it, meanwhile.
  if (!(await isMarked(store))) throw oldProtocol(STORED_PROTOCOL - 1);
}

async function isMarked(store: Store): Promise<boolean> {
  const item = await unlessForeign(() => store.get(PROTOCOL_KEY));
  if (item === null) return false;
  const { protocol } = item.body as { readonly protocol?: unknown };
  if (protocol !== STORED_PROTOCOL) throw oldProtocol(String(protocol));
  return true;
}

const isEmpty = async (store: Store): Promise<boolean> =>
  (await unlessForeign(() => store.scan({ limit: 1 }))).items.length === 0;

/** An item in a form this adapter never wrote is one of an older program. */
async function unlessForeign<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof StoreFault && cause.code === 'schema_unknown')
      throw oldProtocol(STORED_PROTOCOL - 1);
    throw cause;
  }
}
