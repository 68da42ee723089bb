// SPDX-License-Identifier: MIT
import type { Etag, Item } from './store.ts';

/**
 * Bodies kept parsed under the etag they were read or written with. Etags never repeat, so what is kept is what the
 * store holds under that etag, for ever; the item itself is read from the store every time.
 */
export class ParsedBodies<T> {
  readonly #parse: (item: Item) => T;
  readonly #weigh: (value: T) => number;
  readonly #most: number;
  readonly #kept = new Map<string, { readonly etag: Etag; readonly value: T; readonly weight: number }>();
  #weight = 0;

  /** Of all that is kept the weights add up to `most` at most; what was used longest ago goes first. */
  constructor(parse: (item: Item) => T, bounds: { weigh: (value: T) => number; most: number }) {
    this.#parse = parse;
    this.#weigh = bounds.weigh;
    this.#most = bounds.most;
  }

  of(item: Item): T {
    const kept = this.#kept.get(item.key);
    if (kept?.etag === item.etag) {
      this.#kept.delete(item.key);
      this.#kept.set(item.key, kept);
      return kept.value;
    }
    const value = this.#parse(item);
    this.keep(item.key, item.etag, value);
    return value;
  }

  /** After a write: the next read under its etag need not parse what was just put. */
  keep(key: string, etag: Etag, value: T): void {
    this.#drop(key);
    const weight = this.#weigh(value);
    this.#kept.set(key, { etag, value, weight });
    this.#weight += weight;
    for (const oldest of this.#kept.keys()) {
      if (this.#weight <= this.#most) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#weight -= this.#kept.get(key)?.weight ?? 0;
    this.#kept.delete(key);
  }
}
