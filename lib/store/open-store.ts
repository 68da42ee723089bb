// SPDX-License-Identifier: MIT
import { MemoryStore } from './memory-store.ts';
import type { Store } from './store.ts';

export type StoreOptions =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string }
  | {
      readonly kind: 'dynamodb';
      readonly table: string;
      readonly endpoint?: string;
      readonly region?: string;
      /** Makes a missing table first. For local servers. */
      readonly create?: boolean;
    };

/**
 * Each adapter is loaded when it is asked for, so a bundle for one needs nothing of the others; browsers open
 * `IndexedDbStore` themselves. Rejects with `store_unavailable` where the store cannot be opened.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  switch (options.kind) {
    case 'memory':
      return new MemoryStore();
    case 'sqlite': {
      const { SqliteStore } = await import('./sqlite-store.ts');
      return SqliteStore.open(options.path);
    }
    case 'dynamodb': {
      const { DynamoDbStore } = await import('./dynamodb-store.ts');
      if (options.create) {
        const { createTable } = await import('./dynamodb-table.ts');
        await createTable(options);
      }
      return new DynamoDbStore(options);
    }
  }
}
