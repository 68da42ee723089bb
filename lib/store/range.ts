// SPDX-License-Identifier: MIT
import { decodeCursor } from './cursor.ts';
import type { Position } from './cursor.ts';
import { StoreFault } from './store.ts';
import type { QueryOptions } from './store.ts';

/** Query options with their defaults, checked; a bound of '' is none. */
export interface Range {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly after: Position | undefined;
  readonly limit: number;
  readonly descending: boolean;
  /** No sort can lie within the bounds. */
  readonly empty: boolean;
}

export function toRange(options: QueryOptions): Range {
  const from = options.from || undefined;
  const to = options.to || undefined;
  const limit = options.limit ?? 100;
  if (!Number.isSafeInteger(limit) || limit < 1) throw new StoreFault('item_invalid', `limit ${limit}`);
  return {
    from,
    to,
    after: options.after === undefined ? undefined : decodeCursor(options.after),
    limit: Math.min(limit, 1_000),
    descending: options.descending ?? false,
    empty: from !== undefined && to !== undefined && from > to,
  };
}
