// SPDX-License-Identifier: MIT
/** How many channels are held on each chain: counted once at start, and kept up by the one process of a tower. */
import type { Store } from '../store/store.ts';

export class Census {
  readonly #counts = new Map<number, number>();

  static async taken(store: Store): Promise<Census> {
    const census = new Census();
    let after: string | undefined;
    do {
      const page = await store.query('kind', 'watched', { limit: 500, ...(after && { after }) });
      for (const { key } of page.items) census.add(Number(key.split('#')[1]), 1);
      after = page.next;
    } while (after !== undefined);
    return census;
  }

  of(chainId: number): number {
    return this.#counts.get(chainId) ?? 0;
  }

  add(chainId: number, more: 1 | -1): void {
    this.#counts.set(chainId, this.of(chainId) + more);
  }
}
