// SPDX-License-Identifier: MIT
import { StoreFault } from './store.ts';

/** The last item of a page. The partition is not part of it: a cursor from a stranger's hands leads nowhere else. */
export interface Position {
  readonly sort: string;
  readonly key: string;
}

export function encodeCursor({ sort, key }: Position): string {
  return btoa(JSON.stringify([sort, key]))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** Behind the last item of a page of `scan`, which goes by key alone. */
export const nextAfter = (items: readonly { readonly key: string }[]): string => {
  const key = items.at(-1)?.key ?? '';
  return encodeCursor({ sort: key, key });
};

/** Rejects what `encodeCursor` did not make with `cursor_invalid`. */
export function decodeCursor(cursor: string): Position {
  const position = parse(cursor);
  if (!Array.isArray(position) || position.length !== 2) throw invalid();
  const [sort, key] = position as unknown[];
  if (typeof sort !== 'string' || typeof key !== 'string' || sort === '' || key === '') throw invalid();
  return { sort, key };
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(atob(cursor.replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    throw invalid();
  }
}

function invalid(): StoreFault {
  return new StoreFault('cursor_invalid', 'not a cursor of this store');
}
