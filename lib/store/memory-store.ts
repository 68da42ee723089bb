// SPDX-License-Identifier: MIT
import { encodeCursor } from './cursor.ts';
import { createEtagSource } from './etag-source.ts';
import { toItem, toStoredForm } from './item-form.ts';
import type { Bounds, StoredForm } from './item-form.ts';
import { oneAfterAnother } from './one-after-another.ts';
import { toRange } from './range.ts';
import { SortedEntries } from './sorted-entries.ts';
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

interface Held {
  readonly form: StoredForm;
  readonly etag: Etag;
}

/** Keeps nothing beyond its process: for tests and for what may be lost. */
export class MemoryStore implements Store {
  readonly counters = { reads: 0, queries: 0, writes: 0, conflicts: 0 };
  readonly #nextEtag = createEtagSource();
  readonly #items = new Map<string, Held>();
  readonly #partitions = new Map<string, SortedEntries>();
  readonly #bounds: Bounds;
  #closed = false;

  constructor(bounds: Bounds = {}) {
    this.#bounds = bounds;
  }

  async get(key: string): Promise<Item | null> {
    this.#requireOpen();
    this.counters.reads += 1;
    const held = this.#items.get(key);
    return held ? toItem(held.form, held.etag) : null;
  }

  async put(item: NewItem, expect: Expectation): Promise<PutResult> {
    this.#requireOpen();
    const form = toStoredForm(item, this.#bounds);
    const held = this.#items.get(item.key);
    if ((held?.etag ?? 'absent') !== expect) return this.#conflict();
    const etag = this.#nextEtag();
    if (held) this.#unindex(held.form);
    this.#items.set(item.key, { form, etag });
    for (const name of indexNames) {
      const entry = form.index[name];
      if (entry) this.#partition(name, entry.partition).add({ sort: entry.sort, key: form.key });
    }
    this.counters.writes += 1;
    return { ok: true, etag };
  }

  putInOrder(puts: readonly Put[]): Promise<readonly PutResult[]> {
    return oneAfterAnother((item, expect) => this.put(item, expect), puts);
  }

  async remove(key: string, expect: Etag): Promise<RemoveResult> {
    this.#requireOpen();
    const held = this.#items.get(key);
    if (held?.etag !== expect) return this.#conflict();
    this.#unindex(held.form);
    this.#items.delete(key);
    this.counters.writes += 1;
    return { ok: true };
  }

  async query(index: IndexName, partition: string, options: QueryOptions = {}): Promise<Page> {
    this.#requireOpen();
    this.counters.queries += 1;
    const range = toRange(options);
    const items: Item[] = [];
    for (const entry of this.#partitions.get(partitionKey(index, partition))?.walk(range) ?? []) {
      if (items.length === range.limit) {
        const last = items.at(-1) as Item;
        return { items, next: encodeCursor({ sort: last.index?.[index]?.sort ?? '', key: last.key }) };
      }
      const held = this.#items.get(entry.key) as Held;
      items.push(toItem(held.form, held.etag));
    }
    return { items };
  }

  async ready(): Promise<boolean> {
    return !this.#closed;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #unindex(form: StoredForm): void {
    for (const name of indexNames) {
      const entry = form.index[name];
      if (!entry) continue;
      const partition = this.#partition(name, entry.partition);
      partition.remove({ sort: entry.sort, key: form.key });
      if (partition.size === 0) this.#partitions.delete(partitionKey(name, entry.partition));
    }
  }

  #partition(name: IndexName, partition: string): SortedEntries {
    const key = partitionKey(name, partition);
    const found = this.#partitions.get(key) ?? new SortedEntries();
    this.#partitions.set(key, found);
    return found;
  }

  #conflict(): { ok: false; code: 'conflict' } {
    this.counters.conflicts += 1;
    return { ok: false, code: 'conflict' };
  }

  #requireOpen(): void {
    if (this.#closed) throw new StoreFault('store_unavailable', 'the store is closed');
  }
}

function partitionKey(index: IndexName, partition: string): string {
  return `${index} ${partition}`;
}
