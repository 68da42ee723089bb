// SPDX-License-Identifier: MIT
import type { Position } from './cursor.ts';
import type { Range } from './range.ts';

/** One partition of an index in memory, ordered by (sort, key). */
export class SortedEntries {
  readonly #entries: Position[] = [];

  get size(): number {
    return this.#entries.length;
  }

  add(entry: Position): void {
    this.#entries.splice(this.#firstNotBelow(entry), 0, entry);
  }

  remove(entry: Position): void {
    const at = this.#firstNotBelow(entry);
    const found = this.#entries[at];
    if (found && compare(found, entry) === 0) this.#entries.splice(at, 1);
  }

  /** Entries strictly beyond `after`, in the direction asked, starting inside the bounds. */
  *walk(range: Range): Generator<Position> {
    const { from, to, after, descending } = range;
    if (range.empty) return;
    const step = descending ? -1 : 1;
    for (let at = this.#start(range); at >= 0 && at < this.#entries.length; at += step) {
      const entry = this.#entries[at] as Position;
      if (after && compare(entry, after) * step <= 0) continue;
      if (from !== undefined && entry.sort < from) {
        if (descending) return;
        continue;
      }
      if (to !== undefined && entry.sort > to) {
        if (!descending) return;
        continue;
      }
      yield entry;
    }
  }

  #start({ from, to, after, descending }: Range): number {
    const last = this.#entries.length - 1;
    if (after) return Math.min(this.#firstNotBelow(after), last);
    if (!descending) return from === undefined ? 0 : this.#firstNotBelow({ sort: from, key: '' });
    // The character after every printable one puts the search behind all entries whose sort is `to`.
    return to === undefined ? last : Math.min(this.#firstNotBelow({ sort: to, key: '\u007f' }), last);
  }

  #firstNotBelow(entry: Position): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.#entries[middle] as Position, entry) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function compare(left: Position, right: Position): number {
  if (left.sort !== right.sort) return left.sort < right.sort ? -1 : 1;
  if (left.key !== right.key) return left.key < right.key ? -1 : 1;
  return 0;
}
