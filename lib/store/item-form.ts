// SPDX-License-Identifier: MIT
import { StoreFault, indexNames } from './store.ts';
import type { Etag, IndexEntry, IndexName, Item, NewItem } from './store.ts';

export type IndexEntries = Partial<Record<IndexName, IndexEntry>>;

/** The form in which every adapter keeps an item: the body as text, the kind entry filled in. */
export interface StoredForm {
  readonly key: string;
  readonly schema: number;
  readonly body: string;
  readonly index: IndexEntries;
}

/** DynamoDB takes 400 KB with everything; one bound for all adapters keeps an item portable. */
export const maxBodyBytes = 380_000;

export interface Bounds {
  /**
   * Of one item; `maxBodyBytes` if absent. A client's own store has none (`Infinity`): its items go nowhere else, and one that
   * did not fit would lock its channel.
   */
  readonly maxBodyBytes?: number;
}

const printableAscii = /^[\x20-\x7e]+$/;
/** DynamoDB's bounds for a partition key less some, and for a sort key. */
const maxKeyLength = 1_000;

export function kindOf(key: string): string {
  const end = key.indexOf('#');
  return end === -1 ? key : key.slice(0, end);
}

/** Rejects with `item_invalid` or `item_too_large` what some adapter could not keep, so that all refuse the same. */
export function toStoredForm(item: NewItem, bounds: Bounds = {}): StoredForm {
  checkText(item.key, 'key');
  if (!Number.isSafeInteger(item.schema) || item.schema < 0) {
    throw new StoreFault('item_invalid', `schema ${item.schema} of ${item.key}`);
  }
  const body = toJson(item, bounds.maxBodyBytes ?? maxBodyBytes);
  const index: IndexEntries = {};
  for (const name of indexNames) {
    const entry = item.index?.[name];
    if (!entry) continue;
    checkText(entry.partition, `${name} partition of ${item.key}`);
    checkText(entry.sort, `${name} sort of ${item.key}`);
    index[name] = { partition: entry.partition, sort: entry.sort };
  }
  index.kind ??= { partition: kindOf(item.key), sort: item.key };
  return { key: item.key, schema: item.schema, body, index };
}

export function toItem(form: StoredForm, etag: Etag): Item {
  return { key: form.key, schema: form.schema, body: JSON.parse(form.body), index: { ...form.index }, etag };
}

function toJson(item: NewItem, most: number): string {
  let body: string | undefined;
  try {
    body = JSON.stringify(item.body);
  } catch (cause) {
    throw new StoreFault('item_invalid', `body of ${item.key} is not JSON`, cause);
  }
  if (body === undefined) throw new StoreFault('item_invalid', `no body of ${item.key}`);
  // A UTF-16 unit is three bytes of UTF-8 at most, so small bodies need no second pass.
  if (body.length * 3 > most) {
    const bytes = new TextEncoder().encode(body).length;
    if (bytes > most) throw new StoreFault('item_too_large', `${item.key} has ${bytes} bytes`);
  }
  return body;
}

function checkText(text: string, what: string): void {
  if (text.length > maxKeyLength || !printableAscii.test(text)) {
    throw new StoreFault('item_invalid', `${what}: ${JSON.stringify(text.slice(0, 80))}`);
  }
}
