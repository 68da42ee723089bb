// SPDX-License-Identifier: MIT
/**
 * Under `serverless offline` anybody who reaches its invocation port can hand a function any event. So the dispatcher, which runs
 * in the same process, makes a secret that its events carry, and functions take no others (invariant 9). Lambda has the
 * cloud's own permissions for that, and there is no secret.
 */
import { randomBytes } from 'node:crypto';

const SECRET = Symbol.for('indra.dispatch-secret');
const holder = globalThis as { [SECRET]?: string };

/** To be called before any function runs. Once it was, events without the secret are refused in this process. */
export function makeDispatchSecret(): string {
  holder[SECRET] ??= randomBytes(32).toString('hex');
  return holder[SECRET];
}

export const isDispatched = (event: unknown): boolean => {
  const expected = holder[SECRET];
  return expected === undefined || (event as { secret?: unknown } | null)?.secret === expected;
};
