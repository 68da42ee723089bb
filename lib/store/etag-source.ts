// SPDX-License-Identifier: MIT
import type { Etag } from './store.ts';

/** Etags of one opened store: 120 random bits of its own and a count, so that none is given twice by any process. */
export function createEtagSource(): () => Etag {
  const prefix = Array.from(crypto.getRandomValues(new Uint8Array(15)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count}` as Etag;
  };
}
