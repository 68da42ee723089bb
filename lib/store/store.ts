// SPDX-License-Identifier: MIT

/** Opaque mark of one version of one item. No etag is ever given out twice, not even for an item that is removed and made anew. */
export type Etag = string & { readonly __brand: 'Etag' };

export const indexNames = ['owner', 'due', 'payer', 'payee', 'open', 'kind'] as const;
export type IndexName = (typeof indexNames)[number];

/** Where an item is found in an index. Both are non-empty ASCII; `sort` orders bytewise, so numbers are padded by the caller. */
export interface IndexEntry {
  readonly partition: string;
  readonly sort: string;
}

export interface NewItem {
  /** Non-empty ASCII, see the table of stored keys. */
  readonly key: string;
  /** Version of the body's shape. */
  readonly schema: number;
  /** Plain JSON: no bigint, Date or bytes. It comes back deep-equal, parsed when first asked for, and shares no memory with what was put. */
  readonly body: unknown;
  /**
   * Replaces the item's entries as a whole: an index not named here no longer holds the item. What an entry costs is in
   * the docs: a new or a removed one a write, a moved one two, one that stays nothing. So an entry is stable, or sparse.
   */
  readonly index?: Partial<Record<IndexName, IndexEntry>>;
}

export interface Item extends NewItem {
  readonly etag: Etag;
}

export type Expectation = Etag | 'absent';

export interface Conflict {
  readonly ok: false;
  readonly code: 'conflict';
}
export interface Put {
  readonly item: NewItem;
  readonly expect: Expectation;
}
export type PutResult = { readonly ok: true; readonly etag: Etag } | Conflict;
export type RemoveResult = { readonly ok: true } | Conflict;

export interface QueryOptions {
  /** Lowest `sort`, included. */
  readonly from?: string;
  /** Highest `sort`, included. */
  readonly to?: string;
  /** Most items to return; 100 if absent. */
  readonly limit?: number;
  /** `next` of the page before, asked with the same index, partition, bounds and direction. */
  readonly after?: string;
  readonly descending?: boolean;
}

export interface ScanOptions {
  /** Most items to return; 100 if absent. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
}

export interface Page {
  readonly items: Item[];
  /** Given while there may be more; a page may be short, or empty, and still have a next one. */
  readonly next?: string;
}

/** What the store did since it was opened; a conflicting write counts in `conflicts` only. */
export interface StoreCounters {
  reads: number;
  queries: number;
  writes: number;
  conflicts: number;
}

/**
 * Items under keys, changed one at a time by conditional writes. Several processes may use one store at once.
 *
 * A conflict is a value; a store that cannot be reached or refuses the item rejects with `StoreFault`. After a
 * rejected write the outcome is unknown: it may have landed, or land later; read again before deciding anything.
 */
export interface Store {
  /** The latest committed version: a get that starts after a put resolved, in any process, sees it or a later one. */
  get(key: string): Promise<Item | null>;

  /**
   * Writes if the item is absent or has the expected etag, else changes nothing and says `conflict`.
   * Of all writes expecting one etag (or 'absent') exactly one succeeds. Durable before it resolves.
   * `conflict` means that nothing of this put was ever stored, also where the adapter tried more than once.
   */
  put(item: NewItem, expect: Expectation): Promise<PutResult>;

  /**
   * Puts of different items, one after the other, up to the first conflict; the results of those tried. Each is as with
   * `put` and never stored without those before it: a crash, or a rejection, leaves any number of the first ones stored.
   * An adapter that can makes them durable together.
   */
  putInOrder(puts: readonly Put[]): Promise<readonly PutResult[]>;

  /** Like put. */
  remove(key: string, expect: Etag): Promise<RemoveResult>;

  /**
   * The partition's items ordered by `sort`; equal sorts in a stable order of the adapter's. Every item returned is as
   * fresh as one from get and has the entry asked for. A write of the last moments may be missing: never prove an absence by a query.
   */
  query(index: IndexName, partition: string, options?: QueryOptions): Promise<Page>;

  /**
   * Every item, in an order of the adapter's, page by page; each as fresh as one from get. An item written or removed
   * during the walk may be missing. For migrations and audits: it costs a read of the whole store.
   */
  scan(options?: ScanOptions): Promise<Page>;

  /** Whether the store answers now; never rejects. */
  ready(): Promise<boolean>;

  /** Resolves when writes under way are settled; nothing may be called after it. */
  close(): Promise<void>;

  readonly counters: Readonly<StoreCounters>;
}

/**
 * `store_unavailable`: the store does not answer, answers too late or fails. `schema_unknown`: the item was written by newer
 * code than this. The others are the caller's mistake, and nothing happened.
 */
export type StoreFaultCode =
  'store_unavailable' | 'schema_unknown' | 'item_invalid' | 'item_too_large' | 'cursor_invalid';

export class StoreFault extends Error {
  override readonly name = 'StoreFault';
  readonly code: StoreFaultCode;

  constructor(code: StoreFaultCode, detail: string, cause?: unknown) {
    super(`${code}: ${detail}`, cause === undefined ? undefined : { cause });
    this.code = code;
  }

  get retryable(): boolean {
    return this.code === 'store_unavailable' || this.code === 'schema_unknown';
  }
}
