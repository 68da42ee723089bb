// SPDX-License-Identifier: MIT
/**
 * Leaves the hub's SQLite file exactly as a handler leaves it that dies between two of its writes: from `standsAt` on
 * the second one fails, so what the first one owes stays due. Random kills hardly ever meet these few milliseconds.
 */
import { DatabaseSync } from 'node:sqlite';

export interface MissingWrite {
  readonly key: string;
  /** Only writes whose body says this; any write of the item if absent. */
  readonly saying?: string;
}

export class DeadHandler {
  readonly #database: DatabaseSync;
  #count = 0;

  constructor(path: string) {
    this.#database = new DatabaseSync(path, { timeout: 5_000 });
  }

  /** No write like this gets through any more. */
  standsAt({ key, saying = '' }: MissingWrite): void {
    const condition = `NEW.key = ${quoted(key)} AND instr(NEW.body, ${quoted(saying)}) > 0`;
    for (const event of ['INSERT', 'UPDATE']) {
      this.#count += 1;
      this.#database.exec(
        `CREATE TRIGGER dead_handler_${this.#count} BEFORE ${event} ON items WHEN ${condition} ` +
          `BEGIN SELECT RAISE(ABORT, 'the handler died here'); END`,
      );
    }
  }

  /** Gives the file back as it was found, but for the writes that are missing. */
  isGone(): void {
    for (; this.#count > 0; this.#count -= 1) this.#database.exec(`DROP TRIGGER dead_handler_${this.#count}`);
    this.#database.close();
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
