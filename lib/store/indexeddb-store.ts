// SPDX-License-Identifier: MIT
import { openDB } from 'idb';
import type { DBSchema, IDBPDatabase } from 'idb';
import { encodeCursor } from './cursor.ts';
import { createEtagSource } from './etag-source.ts';
import { toItem, toStoredForm } from './item-form.ts';
import type { Bounds, StoredForm } from './item-form.ts';
import { oneAfterAnother } from './one-after-another.ts';
import { toRange } from './range.ts';
import type { Range } from './range.ts';
import { StoreFault, indexNames } from './store.ts';
import type {
  Etag,
  Expectation,
  IndexName,
  Item,
  NewItem,
  Page,
  Put,
  PutResult,
  QueryOptions,
  RemoveResult,
  Store,
} from './store.ts';

type Held = StoredForm & { readonly etag: Etag };

interface Layout extends DBSchema {
  items: { key: string; value: Held; indexes: Record<IndexName, [string, string]> };
}

interface WritableItems {
  put(held: Held): Promise<unknown>;
  delete(key: string): Promise<unknown>;
}

/** The one global of the browser used here by name; the compiler is not told of the others. */
declare const IDBKeyRange: { bound(low: unknown, high: unknown): never };

const layoutVersion = 1;
/** Sorts behind every printable character, and so behind every sort. */
const beyondAll = '\u007f';

/** The browser's own database; the tabs of one origin share it. Every write is on disk before it resolves. */
export class IndexedDbStore implements Store {
  readonly counters = { reads: 0, queries: 0, writes: 0, conflicts: 0 };
  readonly #nextEtag = createEtagSource();
  readonly #database: IDBPDatabase<Layout>;
  readonly #bounds: Bounds;
  #closed = false;

  /** Rejects with `store_unavailable` where the browser refuses, or another tab holds an older layout open. */
  static async open(name: string, bounds: Bounds = {}): Promise<IndexedDbStore> {
    let store: IndexedDbStore | undefined;
    const opened = openDB<Layout>(name, layoutVersion, {
      upgrade(database) {
        const items = database.createObjectStore('items', { keyPath: 'key' });
        for (const index of indexNames) {
          items.createIndex(index, [`index.${index}.partition`, `index.${index}.sort`]);
        }
      },
      // A newer version of the page waits in another tab: it may go on, this one reports that its store is gone.
      blocking: () => store?.abandon(),
      terminated: () => store?.abandon(),
    });
    try {
      store = new IndexedDbStore(await opened, bounds);
      return store;
    } catch (cause) {
      throw new StoreFault('store_unavailable', `cannot open the database ${name}: ${String(cause)}`, cause);
    }
  }

  private constructor(database: IDBPDatabase<Layout>, bounds: Bounds) {
    this.#bounds = bounds;
    this.#database = database;
  }

  async get(key: string): Promise<Item | null> {
    this.#requireOpen();
    this.counters.reads += 1;
    const held = await attempt(() => this.#database.get('items', key));
    return held ? toItem(held, held.etag) : null;
  }

  async put(item: NewItem, expect: Expectation): Promise<PutResult> {
    this.#requireOpen();
    const form = toStoredForm(item, this.#bounds);
    const etag = this.#nextEtag();
    const landed = await this.#change(item.key, expect, (items) => items.put({ ...form, etag }));
    return landed ? { ok: true, etag } : { ok: false, code: 'conflict' };
  }

  putInOrder(puts: readonly Put[]): Promise<readonly PutResult[]> {
    return oneAfterAnother((item, expect) => this.put(item, expect), puts);
  }

  async remove(key: string, expect: Etag): Promise<RemoveResult> {
    this.#requireOpen();
    const landed = await this.#change(key, expect, (items) => items.delete(key));
    return landed ? { ok: true } : { ok: false, code: 'conflict' };
  }

  async query(index: IndexName, partition: string, options: QueryOptions = {}): Promise<Page> {
    this.#requireOpen();
    this.counters.queries += 1;
    const range = toRange(options);
    if (range.empty) return { items: [] };
    return attempt(() => this.#walk(index, partition, range));
  }

  async ready(): Promise<boolean> {
    if (this.#closed) return false;
    return this.#database.count('items', 'schema').then(
      () => true,
      () => false,
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    // The browser finishes the transactions under way.
    this.#database.close();
  }

  /** Gives up the database at the browser's request. */
  private abandon(): void {
    this.#closed = true;
    this.#database.close();
  }

  /** Checks and writes in one transaction, so that no other tab comes between. */
  async #change(
    key: string,
    expect: Expectation,
    write: (items: WritableItems) => Promise<unknown>,
  ): Promise<boolean> {
    const landed = await attempt(async () => {
      const transaction = this.#database.transaction('items', 'readwrite', { durability: 'strict' });
      const items = transaction.store;
      const held = await items.get(key);
      const holds = (held?.etag ?? 'absent') === expect;
      await Promise.all([holds ? write(items) : undefined, transaction.done]);
      return holds;
    });
    this.counters[landed ? 'writes' : 'conflicts'] += 1;
    return landed;
  }

  async #walk(index: IndexName, partition: string, range: Range): Promise<Page> {
    const { after, descending, limit } = range;
    const items: Item[] = [];
    const source = this.#database.transaction('items').store.index(index);
    let cursor = await source.openCursor(keyRange(partition, range), descending ? 'prev' : 'next');
    while (cursor) {
      const [, sort] = cursor.key;
      if (!after || isBeyond({ sort, key: cursor.primaryKey }, after, descending)) {
        const last = items.at(-1);
        if (last && items.length === limit) {
          return { items, next: encodeCursor({ sort: last.index?.[index]?.sort ?? '', key: last.key }) };
        }
        items.push(toItem(cursor.value, cursor.value.etag));
      }
      cursor = await cursor.continue();
    }
    return { items };
  }

  #requireOpen(): void {
    if (this.#closed) throw new StoreFault('store_unavailable', 'the store is closed');
  }
}

function keyRange(partition: string, { from, to, after, descending }: Range) {
  const low = !descending && after ? after.sort : (from ?? '');
  const high = descending && after ? after.sort : (to ?? beyondAll);
  return IDBKeyRange.bound([partition, low], [partition, high]);
}

function isBeyond(
  position: { sort: string; key: string },
  after: { sort: string; key: string },
  descending: boolean,
): boolean {
  const order =
    position.sort === after.sort ? compare(position.key, after.key) : compare(position.sort, after.sort);
  return descending ? order < 0 : order > 0;
}

function compare(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}

async function attempt<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw new StoreFault('store_unavailable', String(cause), cause);
  }
}
