// SPDX-License-Identifier: MIT
import { StoreFault } from './store.ts';
import type { Etag, NewItem, Page, Store } from './store.ts';

export function newItem(key: string, change: Partial<NewItem> = {}): NewItem {
  return { key, schema: 1, body: { key }, ...change };
}

export function at(partition: string, sort: string): { partition: string; sort: string } {
  return { partition, sort };
}

export function keysOf(page: Page): string[] {
  return page.items.map((item) => item.key);
}

export async function mustPut(
  store: Store,
  item: NewItem,
  expect_: Etag | 'absent' = 'absent',
): Promise<Etag> {
  const result = await store.put(item, expect_);
  if (!result.ok) throw new Error(`unexpected conflict on ${item.key}`);
  return result.etag;
}

export async function faultOf(run: Promise<unknown>): Promise<string> {
  const error = await run.then(
    () => 'no fault',
    (reason: unknown) => reason,
  );
  return error instanceof StoreFault ? error.code : String(error);
}
