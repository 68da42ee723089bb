// SPDX-License-Identifier: MIT
import type { Interface } from 'ethers';

/** What a reverted call returned. Anything that is no revert is thrown on. */
export function returnDataOf(error: unknown): string {
  for (let at = error; typeof at === 'object' && at !== null; at = (at as { data?: unknown }).data) {
    const { data } = at as { data?: unknown };
    if (typeof data === 'string') return data;
  }
  throw error;
}

/** A custom error by name and arguments; null when no interface knows it. */
export function errorIn(
  interfaces: readonly Interface[],
  data: string,
): { name: string; args: unknown[] } | null {
  for (const one of interfaces) {
    const found = data.length < 10 ? null : one.parseError(data);
    if (found) return { name: found.name, args: [...found.args] };
  }
  return null;
}
