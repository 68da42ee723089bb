// SPDX-License-Identifier: MIT
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks again until the answer is neither undefined nor false. A throwing question counts as "not yet".
 * @throws when the time is over, naming what was waited for and the last error.
 */
export async function waitUntil<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  { timeoutMs = 30_000, everyMs = 25 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      const reason = last instanceof Error ? ` (${last.message})` : '';
      throw new Error(`waited ${timeoutMs / 1000} s for ${what}${reason}`);
    }
    await pause(everyMs);
  }
}
