// SPDX-License-Identifier: MIT
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { IndraError } from '../../lib/client/indra-error.ts';
import { journalEntrySchema, type JournalEntry } from './journal-entry.ts';

interface Layout extends DBSchema {
  entries: { key: string; value: JournalEntry; indexes: { channel: string } };
}

const NAME = 'daicard-journal';

/**
 * For what goes on when the wallet is locked: a closed journal takes nothing any more, and what it does not say is looked up
 * when it is opened again. Anything else is a bug.
 */
export function untilReopened(cause: unknown): void {
  if (!(cause instanceof IndraError && cause.code === 'closed')) throw cause;
}

/** The entries of one channel, newest first, in memory and on disk. */
export class Journal {
  readonly #database: IDBPDatabase<Layout>;
  readonly #listeners = new Set<() => void>();
  #entries: readonly JournalEntry[];
  #isClosed = false;

  private constructor(database: IDBPDatabase<Layout>, entries: readonly JournalEntry[]) {
    this.#database = database;
    this.#entries = entries;
  }

  static async open(channel: string): Promise<Journal> {
    const database = await openDB<Layout>(NAME, 1, {
      upgrade: (created) =>
        void created.createObjectStore('entries', { keyPath: 'id' }).createIndex('channel', 'channel'),
    });
    const stored = await database.getAllFromIndex('entries', 'channel', channel);
    const entries = stored.flatMap((entry) => journalEntrySchema.safeParse(entry).data ?? []);
    return new Journal(
      database,
      entries.sort((one, two) => two.createdAt - one.createdAt),
    );
  }

  /** The same array until something changes. */
  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  find<K extends JournalEntry['kind']>(kind: K, id: string): Extract<JournalEntry, { kind: K }> | null {
    const found = this.#entries.find((entry) => entry.id === id);
    return found?.kind === kind ? (found as Extract<JournalEntry, { kind: K }>) : null;
  }

  /** On disk before it resolves: a payment is written down before it is asked for. Rejects once the journal is closed. */
  async put(entry: JournalEntry): Promise<void> {
    if (this.#isClosed) throw IndraError.from('closed');
    const isKnown = this.#entries.some((other) => other.id === entry.id);
    this.#entries = isKnown
      ? this.#entries.map((other) => (other.id === entry.id ? entry : other))
      : [entry, ...this.#entries];
    for (const listener of this.#listeners) listener();
    const transaction = this.#database.transaction('entries', 'readwrite', { durability: 'strict' });
    await Promise.all([transaction.store.put(entry), transaction.done]);
  }

  /** Returns how to stop. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** What is under way is read as unknown when it is opened again. */
  close(): void {
    this.#isClosed = true;
    this.#database.close();
  }
}
