// SPDX-License-Identifier: MIT
/** A store as one process sees it, which may die at any of its writes: before it landed, or after, without learning so. */
import { oneAfterAnother } from '../../lib/store/one-after-another.ts';
import type { Store } from '../../lib/store/store.ts';

export type Death = 'before' | 'after' | null;

export interface Mortality {
  /** Asked at each write. */
  deathAt(write: { readonly who: string; readonly key: string }): Death;
}

export interface Life {
  isDead: boolean;
  onDeath: () => void;
}

const never = <T>(): Promise<T> => new Promise<T>(() => {});

/** What a dead process asked for never comes back. */
export function mortalStore(durable: Store, who: string, life: Life, mortality: Mortality): Store {
  const die = <T>(): Promise<T> => {
    life.isDead = true;
    life.onDeath();
    return never();
  };
  const write = async <T>(key: string, act: () => Promise<T>): Promise<T> => {
    if (life.isDead) return never();
    const death = mortality.deathAt({ who, key });
    if (death === 'before') return die();
    const done = await act();
    if (death === 'after') return die();
    return life.isDead ? never() : done;
  };
  const read = async <T>(act: () => Promise<T>): Promise<T> => {
    if (life.isDead) return never();
    const found = await act();
    return life.isDead ? never() : found;
  };
  const put: Store['put'] = (item, expect) => write(item.key, () => durable.put(item, expect));
  return {
    get: (key) => read(() => durable.get(key)),
    scan: (...args) => read(() => durable.scan(...args)),
    query: (...args) => read(() => durable.query(...args)),
    put,
    // A death between any two of them is one the port allows.
    putInOrder: (puts) => oneAfterAnother(put, puts),
    remove: (key, expect) => write(key, () => durable.remove(key, expect)),
    ready: () => durable.ready(),
    close: async () => {},
    counters: durable.counters,
  };
}
