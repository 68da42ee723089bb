// SPDX-License-Identifier: MIT
import type { Hash } from '../../lib/protocol/types.ts';

/** What a line of the history pointed to: an id in the fragment, so that no server learns of it. */
export function selectedId(): Hash | null {
  const id = window.location.hash.slice(1);
  return /^0x[0-9a-f]{64}$/.test(id) ? (id as Hash) : null;
}
