// SPDX-License-Identifier: MIT
/**
 * Calls that were given no id and whose caller went without knowing what came of them. The same terms asked for again are that
 * very call, once: whoever does as a `timeout` says, and asks again with the same request, never pays twice (invariant 5).
 */
import { toJson } from '../protocol/wire/primitives.ts';

export class UntoldCalls<T> {
  readonly #left = new Map<string, T[]>();

  /** `call` is what it can be found again by: its id, or what is still going on. */
  leave(terms: object, call: T): void {
    const key = JSON.stringify(toJson(terms));
    const calls = this.#left.get(key);
    if (calls === undefined) this.#left.set(key, [call]);
    else calls.push(call);
  }

  /** The oldest with these terms, which is then nobody else's; null if there is none. */
  take(terms: object): T | null {
    const key = JSON.stringify(toJson(terms));
    const calls = this.#left.get(key);
    const oldest = calls?.shift() ?? null;
    if (calls?.length === 0) this.#left.delete(key);
    return oldest;
  }
}
