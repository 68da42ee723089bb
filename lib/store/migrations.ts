// SPDX-License-Identifier: MIT
import { kindOf } from './item-form.ts';
import { StoreFault } from './store.ts';
import type { Item, NewItem, Store } from './store.ts';

/** What a migration may change; the key of an item is for ever. */
export type Shape = Pick<NewItem, 'body' | 'index'>;

/** One step of one kind of item, from schema `from` to `from + 1`. */
export interface Migration {
  /** What the keys of these items have before the first '#'. */
  readonly kind: string;
  readonly from: number;
  /** What changes, in a few words, for the operator. */
  readonly does: string;
  /** Pure and total: every body of schema `from` that was ever written is kept as a fixture. */
  migrate(item: Shape & { readonly key: string }): Shape;
}

/** The steps of an application in order; a kind without steps is at schema 1. */
export class Migrations {
  readonly #steps = new Map<string, readonly Migration[]>();

  /** Throws where the steps of a kind leave a gap or are out of order. */
  constructor(list: readonly Migration[]) {
    for (const step of list) {
      const steps = this.#steps.get(step.kind) ?? [];
      if (step.from !== steps.length + 1) {
        throw new Error(`migration of ${step.kind} from ${step.from} comes after ${steps.length} others`);
      }
      this.#steps.set(step.kind, [...steps, step]);
    }
  }

  get kinds(): readonly string[] {
    return [...this.#steps.keys()];
  }

  currentSchema(kind: string): number {
    return (this.#steps.get(kind)?.length ?? 0) + 1;
  }

  steps(kind: string): readonly Migration[] {
    return this.#steps.get(kind) ?? [];
  }

  /** The item in today's shape, still under the etag it was read with. Throws `schema_unknown` for an item of newer code. */
  upgrade(item: Item): Item {
    const kind = kindOf(item.key);
    const current = this.currentSchema(kind);
    if (item.schema === current) return item;
    if (item.schema > current || item.schema < 1) {
      throw new StoreFault(
        'schema_unknown',
        `${item.key} has schema ${item.schema}, this program knows ${current}`,
      );
    }
    let shape: Shape = item;
    for (const step of this.steps(kind).slice(item.schema - 1)) {
      shape = step.migrate({ key: item.key, body: shape.body, index: shape.index });
    }
    return { key: item.key, schema: current, body: shape.body, index: shape.index, etag: item.etag };
  }
}

/**
 * The store as its application sees it: items of any age come in today's shape, and the next put of one writes that.
 * A put of another schema is the caller's mistake (`item_invalid`).
 */
export function withMigrations(store: Store, migrations: Migrations): Store {
  const requireCurrent = ({ key, schema }: NewItem): void => {
    const current = migrations.currentSchema(kindOf(key));
    if (schema !== current)
      throw new StoreFault('item_invalid', `${key} put with schema ${schema} instead of ${current}`);
  };
  return {
    async get(key) {
      const item = await store.get(key);
      return item && migrations.upgrade(item);
    },
    async put(item, expect) {
      requireCurrent(item);
      return store.put(item, expect);
    },
    async putInOrder(puts) {
      for (const { item } of puts) requireCurrent(item);
      return store.putInOrder(puts);
    },
    remove: (key, expect) => store.remove(key, expect),
    async query(index, partition, options) {
      const page = await store.query(index, partition, options);
      return { ...page, items: page.items.map((item) => migrations.upgrade(item)) };
    },
    async scan(options) {
      const page = await store.scan(options);
      return { ...page, items: page.items.map((item) => migrations.upgrade(item)) };
    },
    ready: () => store.ready(),
    close: () => store.close(),
    counters: store.counters,
  };
}
