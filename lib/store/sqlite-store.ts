// SPDX-License-Identifier: MIT
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { encodeCursor } from './cursor.ts';
import { createEtagSource } from './etag-source.ts';
import { toItem, toStoredForm } from './item-form.ts';
import type { Bounds, IndexEntries, StoredForm } from './item-form.ts';
import { toRange } from './range.ts';
import { openDatabase } from './sqlite-database.ts';
import { SqliteWriter } from './sqlite-writer.ts';
import { StoreFault } from './store.ts';
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

interface Row {
  key: string;
  etag: string;
  schema: number;
  body: string;
  entries: string;
}

/**
 * One durable file. Writes of one turn of the event loop share one transaction, and with it one sync of the disk;
 * several processes may have the file open.
 */
export class SqliteStore implements Store {
  readonly counters = { reads: 0, queries: 0, writes: 0, conflicts: 0 };
  readonly #nextEtag = createEtagSource();
  /** Reads have their own connection: they see what is committed, also while a transaction is open. */
  readonly #reader: DatabaseSync;
  readonly #writer: SqliteWriter;
  readonly #get: StatementSync;
  readonly #queries = new Map<string, StatementSync>();
  readonly #bounds: Bounds;
  #closed = false;

  /** Rejects with `store_unavailable` where the file cannot be opened or is not a store. */
  static async open(path: string, bounds: Bounds = {}): Promise<SqliteStore> {
    try {
      mkdirSync(dirname(path), { recursive: true });
      const writer = new SqliteWriter(openDatabase(path));
      return new SqliteStore(openDatabase(path), writer, bounds);
    } catch (cause) {
      throw new StoreFault('store_unavailable', `cannot open ${path}: ${String(cause)}`, cause);
    }
  }

  private constructor(reader: DatabaseSync, writer: SqliteWriter, bounds: Bounds) {
    this.#bounds = bounds;
    this.#reader = reader;
    this.#writer = writer;
    this.#get = reader.prepare('SELECT key, etag, schema, body, entries FROM items WHERE key = ?');
  }

  async get(key: string): Promise<Item | null> {
    this.#requireOpen();
    this.counters.reads += 1;
    const row = this.#read(() => this.#get.get(key)) as Row | undefined;
    return row ? itemOf(row) : null;
  }

  async put(item: NewItem, expect: Expectation): Promise<PutResult> {
    this.#requireOpen();
    const form = toStoredForm(item, this.#bounds);
    const etag = this.#nextEtag();
    const landed = await this.#writer.put({ form, etag, expect });
    this.counters[landed ? 'writes' : 'conflicts'] += 1;
    return landed ? { ok: true, etag } : { ok: false, code: 'conflict' };
  }

  async putInOrder(puts: readonly Put[]): Promise<readonly PutResult[]> {
    this.#requireOpen();
    const writes = puts.map(({ item, expect }) => ({
      form: toStoredForm(item, this.#bounds),
      etag: this.#nextEtag(),
      expect,
    }));
    const landed = await this.#writer.putInOrder(writes);
    this.counters.writes += landed;
    const results: PutResult[] = writes.slice(0, landed).map(({ etag }) => ({ ok: true, etag }));
    if (landed === puts.length) return results;
    this.counters.conflicts += 1;
    return [...results, { ok: false, code: 'conflict' }];
  }

  async remove(key: string, expect: Etag): Promise<RemoveResult> {
    this.#requireOpen();
    const landed = await this.#writer.remove(key, expect);
    this.counters[landed ? 'writes' : 'conflicts'] += 1;
    return landed ? { ok: true } : { ok: false, code: 'conflict' };
  }

  async query(index: IndexName, partition: string, options: QueryOptions = {}): Promise<Page> {
    this.#requireOpen();
    this.counters.queries += 1;
    const { from, to, after, limit, descending } = toRange(options);
    const beyond = descending ? '<' : '>';
    const conditions = [`${index}_partition = ?`];
    const values: SQLInputValue[] = [partition];
    const demand = (condition: string, ...bounds: SQLInputValue[]): void => {
      conditions.push(condition);
      values.push(...bounds);
    };
    if (from !== undefined) demand(`${index}_sort >= ?`, from);
    if (to !== undefined) demand(`${index}_sort <= ?`, to);
    if (after) demand(`(${index}_sort, key) ${beyond} (?, ?)`, after.sort, after.key);
    const direction = descending ? 'DESC' : 'ASC';
    const sql =
      `SELECT key, etag, schema, body, entries FROM items WHERE ${conditions.join(' AND ')} ` +
      `ORDER BY ${index}_sort ${direction}, key ${direction} LIMIT ?`;
    const rows = this.#read(() => this.#prepared(sql).all(...values, limit + 1)) as unknown as Row[];
    const items = rows.slice(0, limit).map(itemOf);
    const last = items.at(-1);
    if (rows.length <= limit || !last) return { items };
    return { items, next: encodeCursor({ sort: last.index?.[index]?.sort ?? '', key: last.key }) };
  }

  async ready(): Promise<boolean> {
    if (this.#closed) return false;
    try {
      this.#get.get('schema');
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writer.close();
    this.#reader.close();
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#queries.get(sql) ?? this.#reader.prepare(sql);
    this.#queries.set(sql, statement);
    return statement;
  }

  #read<T>(run: () => T): T {
    try {
      return run();
    } catch (cause) {
      throw new StoreFault('store_unavailable', 'the read failed', cause);
    }
  }

  #requireOpen(): void {
    if (this.#closed) throw new StoreFault('store_unavailable', 'the store is closed');
  }
}

function itemOf(row: Row): Item {
  const form: StoredForm = {
    key: row.key,
    schema: row.schema,
    body: row.body,
    index: JSON.parse(row.entries) as IndexEntries,
  };
  return toItem(form, row.etag as Etag);
}
