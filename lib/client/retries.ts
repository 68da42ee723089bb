// SPDX-License-Identifier: MIT

const FIRST_SECONDS = 10;
const LAST_SECONDS = 600;

interface Tried {
  readonly times: number;
  /** Seconds since 1970. */
  readonly next: number;
}

/** When something that was tried may be tried again: each time later, with an upper bound. */
export class Retries {
  readonly #now: () => number;
  readonly #tried = new Map<string, Tried>();

  constructor(now: () => number) {
    this.#now = now;
  }

  isDue(name: string): boolean {
    return (this.#tried.get(name)?.next ?? 0) <= this.#now();
  }

  tried(name: string): void {
    const times = (this.#tried.get(name)?.times ?? 0) + 1;
    const wait = Math.min(LAST_SECONDS, FIRST_SECONDS * 2 ** Math.min(times - 1, 10));
    this.#tried.set(name, { times, next: this.#now() + wait });
  }
}
