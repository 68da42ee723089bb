// SPDX-License-Identifier: MIT
/**
 * What a store's calls cost on DynamoDB, by its documented rules: a write unit per kilobyte of the larger of the item
 * before and after, also where the condition fails; one per new or removed index entry and two per moved one, none where
 * it stays; a read unit per four kilobytes, half of one per four kilobytes of a query of keys.
 */
import { toAttributes } from '../../lib/store/dynamodb-form.ts';
import { toStoredForm } from '../../lib/store/item-form.ts';
import { kindOf } from '../../lib/store/item-form.ts';
import { oneAfterAnother } from '../../lib/store/one-after-another.ts';
import { indexNames } from '../../lib/store/store.ts';
import type { Etag, Item, NewItem, Page, Put, Store } from '../../lib/store/store.ts';

export interface Line {
  puts: number;
  conflicts: number;
  writeUnits: number;
  /** Of the write units, those for index entries. */
  indexUnits: number;
  reads: number;
  readUnits: number;
}

/** By kind of item; queries under the name of their index. */
export type Bill = Record<string, Line>;

export interface MeteredStore extends Store {
  bill(): Bill;
  /** Forgets what was counted. */
  reset(): void;
}

interface Known {
  readonly bytes: number;
  readonly index: NonNullable<NewItem['index']>;
}

const KILOBYTE = 1_024;
const emptyLine = (): Line => ({
  puts: 0,
  conflicts: 0,
  writeUnits: 0,
  indexUnits: 0,
  reads: 0,
  readUnits: 0,
});

/** An attribute weighs its name and its value in UTF-8; numbers a byte per two digits and one. */
function bytesOf(item: NewItem): number {
  const attributes = toAttributes(toStoredForm(item), 'x'.repeat(36) as Etag);
  return Object.entries(attributes).reduce((total, [name, value]) => {
    const bytes = value.B?.length ?? (value.S === undefined ? 2 : Buffer.byteLength(value.S));
    return total + name.length + bytes;
  }, 0);
}

function movedEntries(before: Known | undefined, after: Known): number {
  return indexNames.reduce((units, name) => {
    const [old, now] = [before?.index[name], after.index[name]];
    if (old === undefined || now === undefined) return units + (old === now ? 0 : 1);
    return units + (old.partition === now.partition && old.sort === now.sort ? 0 : 2);
  }, 0);
}

export function meteredStore(store: Store): MeteredStore {
  const known = new Map<string, Known>();
  let bill: Bill = {};
  const lineOf = (name: string): Line => (bill[name] ??= emptyLine());
  const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / KILOBYTE));
  const readUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / (4 * KILOBYTE)));

  const read = (key: string, item: Item | null): void => {
    const line = lineOf(kindOf(key));
    line.reads += 1;
    line.readUnits += readUnits(item === null ? 0 : bytesOf(item));
  };

  const put: Store['put'] = async (item, expect) => {
    const before = known.get(item.key);
    const result = await store.put(item, expect);
    const line = lineOf(kindOf(item.key));
    if (!result.ok) {
      line.conflicts += 1;
      line.writeUnits += writeUnits(before?.bytes ?? 0);
      return result;
    }
    const after: Known = { bytes: bytesOf(item), index: item.index ?? {} };
    const index = movedEntries(before, after);
    known.set(item.key, after);
    line.puts += 1;
    line.indexUnits += index;
    line.writeUnits += writeUnits(Math.max(before?.bytes ?? 0, after.bytes)) + index;
    return result;
  };

  const queried = (name: string, page: Page): Page => {
    const line = lineOf(`query ${name}`);
    line.reads += 1;
    line.readUnits += 0.5 + page.items.reduce((units, item) => units + readUnits(bytesOf(item)), 0);
    return page;
  };

  return {
    async get(key) {
      const item = await store.get(key);
      read(key, item);
      return item;
    },
    put,
    // As where every item is a write of its own.
    putInOrder: (puts: readonly Put[]) => oneAfterAnother(put, puts),
    async remove(key, expect) {
      const before = known.get(key);
      const result = await store.remove(key, expect);
      const entries = Object.keys(before?.index ?? {}).length;
      lineOf(kindOf(key)).writeUnits += writeUnits(before?.bytes ?? 0) + (result.ok ? entries : 0);
      if (result.ok) known.delete(key);
      return result;
    },
    async query(index, partition, options) {
      return queried(index, await store.query(index, partition, options));
    },
    async scan(options) {
      return queried('scan', await store.scan(options));
    },
    ready: () => store.ready(),
    close: () => store.close(),
    counters: store.counters,
    bill: () => bill,
    reset: () => void (bill = {}),
  };
}

export const totalOf = (bill: Bill, field: keyof Line): number =>
  Object.values(bill).reduce((total, line) => total + line[field], 0);
