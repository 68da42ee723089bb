// SPDX-License-Identifier: MIT
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { StoredForm } from './item-form.ts';
import { StoreFault, indexNames } from './store.ts';
import type { Etag, Expectation } from './store.ts';

interface Write {
  /** Runs inside the transaction. */
  readonly apply: () => void;
  /** Told after the commit. */
  readonly settle: () => void;
  readonly fail: (fault: StoreFault) => void;
}

export interface ConditionalPut {
  readonly form: StoredForm;
  readonly etag: Etag;
  readonly expect: Expectation;
}

/** How long a transaction of another process is waited for. */
const busyLimitMs = 10_000;
/** How long after meeting another process its turn is left to it. */
const sharedMs = 1_000;
const busy = 5;

/**
 * Group commit: all writes that wait when the event loop comes round go into one transaction, each with its own
 * condition, and resolve after the commit is on disk. While another process holds the file, the loop stays free.
 */
export class SqliteWriter {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #updateIndexed: StatementSync;
  readonly #remove: StatementSync;
  #waiting: Write[] = [];
  #scheduled = false;
  #busySince: number | undefined;
  #sharedUntil = 0;
  #whenIdle: (() => void) | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
    const indexColumns = indexNames.flatMap((name) => [`${name}_partition`, `${name}_sort`]);
    const marks = indexColumns.map(() => '?').join(', ');
    this.#insert = database.prepare(
      `INSERT INTO items (key, etag, schema, body, entries, ${indexColumns.join(', ')}) ` +
        `VALUES (?, ?, ?, ?, ?, ${marks}) ON CONFLICT (key) DO NOTHING`,
    );
    // SQLite rewrites the index entries of every column an update names, so the usual write names none.
    this.#update = database.prepare(
      'UPDATE items SET etag = ?, schema = ?, body = ? WHERE key = ? AND etag = ? AND entries = ?',
    );
    this.#updateIndexed = database.prepare(
      `UPDATE items SET etag = ?, schema = ?, body = ?, entries = ?, ${indexColumns.map((column) => `${column} = ?`).join(', ')} ` +
        'WHERE key = ? AND etag = ?',
    );
    this.#remove = database.prepare('DELETE FROM items WHERE key = ? AND etag = ?');
    // Waiting happens in #flush, off the event loop's back.
    database.exec('PRAGMA busy_timeout = 0');
  }

  /** Whether its condition held. */
  put(put: ConditionalPut): Promise<boolean> {
    return this.#enqueue(this.#prepare(put));
  }

  /** In one transaction, up to the first whose condition does not hold. Resolves with how many held. */
  putInOrder(puts: readonly ConditionalPut[]): Promise<number> {
    const steps = puts.map((put) => this.#prepare(put));
    return this.#enqueue(() => {
      const failing = steps.findIndex((apply) => !apply());
      return failing === -1 ? steps.length : failing;
    });
  }

  remove(key: string, expect: Etag): Promise<boolean> {
    return this.#enqueue(() => changed(this.#remove.run(key, expect)));
  }

  async close(): Promise<void> {
    if (this.#scheduled) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    this.#database.close();
  }

  /** What runs inside the transaction; whether the condition held. */
  #prepare({ form, etag, expect }: ConditionalPut): () => boolean {
    const { key, schema, body } = form;
    const entries = JSON.stringify(form.index);
    const columns: SQLInputValue[] = indexNames.flatMap((name) => {
      const entry = form.index[name];
      return entry ? [entry.partition, entry.sort] : [null, null];
    });
    if (expect === 'absent')
      return () => changed(this.#insert.run(key, etag, schema, body, entries, ...columns));
    return () =>
      changed(this.#update.run(etag, schema, body, key, expect, entries)) ||
      changed(this.#updateIndexed.run(etag, schema, body, entries, ...columns, key, expect));
  }

  #enqueue<T>(apply: () => T): Promise<T> {
    return new Promise((resolve, fail) => {
      let result: T;
      this.#waiting.push({
        apply: () => (result = apply()),
        settle: () => resolve(result),
        fail,
      });
      if (this.#scheduled) return;
      this.#scheduled = true;
      // Beginning again at once would share no disk sync, and keep the file from another process that looks now and then.
      if (performance.now() < this.#sharedUntil) setTimeout(() => this.#flush(), 1);
      else setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const began = this.#begin();
    if (began === 'later') return;
    const writes = this.#waiting;
    this.#waiting = [];
    this.#scheduled = false;
    if (began === 'begun') this.#commit(writes);
    else for (const write of writes) write.fail(began);
    this.#whenIdle?.();
  }

  /** Takes the file's write lock, or schedules another try while somebody else has it. */
  #begin(): 'begun' | 'later' | StoreFault {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      this.#busySince = undefined;
      return 'begun';
    } catch (cause) {
      this.#busySince ??= performance.now();
      this.#sharedUntil = performance.now() + sharedMs;
      const waited = performance.now() - this.#busySince;
      if (isBusy(cause) && waited < busyLimitMs) {
        // Another's transaction lasts well under a millisecond: look again at once, then every millisecond.
        if (waited < 1) setImmediate(() => this.#flush());
        else setTimeout(() => this.#flush(), 1);
        return 'later';
      }
      this.#busySince = undefined;
      return new StoreFault('store_unavailable', 'the file cannot be written', cause);
    }
  }

  #commit(writes: Write[]): void {
    const began = performance.now();
    try {
      const applied = writes.filter((write) => this.#apply(write));
      this.#database.exec('COMMIT');
      for (const write of applied) write.settle();
    } catch (cause) {
      this.#rollBack();
      const fault = new StoreFault('store_unavailable', 'the write failed', cause);
      for (const write of writes) write.fail(fault);
    }
    // As long as a commit took, writes gather for the next one: under load they share disk syncs, alone none waits.
    const ended = performance.now();
    this.#sharedUntil = Math.max(this.#sharedUntil, ended + (ended - began));
  }

  /** One that fails takes no other with it, unless SQLite has given up the whole transaction. */
  #apply(write: Write): boolean {
    try {
      write.apply();
      return true;
    } catch (cause) {
      if (!this.#database.isTransaction) throw cause;
      write.fail(new StoreFault('store_unavailable', 'the write failed', cause));
      return false;
    }
  }

  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself after some errors; then there is nothing left to do.
    }
  }
}

function changed(result: { changes: number | bigint }): boolean {
  return Number(result.changes) === 1;
}

function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' && (code & 0xff) === busy;
}
