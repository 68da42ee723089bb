// SPDX-License-Identifier: MIT
import type { Put, PutResult, Store } from './store.ts';

/** `putInOrder` of an adapter that can only make one item durable at a time. */
export async function oneAfterAnother(
  put: Store['put'],
  puts: readonly Put[],
): Promise<readonly PutResult[]> {
  const results: PutResult[] = [];
  for (const { item, expect } of puts) {
    const result = await put(item, expect);
    results.push(result);
    if (!result.ok) break;
  }
  return results;
}
