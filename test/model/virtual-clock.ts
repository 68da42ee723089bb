// SPDX-License-Identifier: MIT
/** Time that passes only when nothing else can happen: a test with it has no sleeps and one order of events per seed. */
import type { Clock } from '../../lib/client/ports.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

export class VirtualClock implements Clock {
  /** Milliseconds since 1970. */
  ms = 1_800_000_000_000;
  #timers: Timer[] = [];
  #order = 0;

  now(): number {
    return Math.floor(this.ms / 1000);
  }

  after(ms: number, fire: () => void): () => void {
    const timer: Timer = { at: this.ms + ms, order: (this.#order += 1), fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = (): void => {
        cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.after(ms, done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  /** Fires the next timer, once everything that can go on without time has gone on. False if there is none. */
  async step(): Promise<boolean> {
    await settled();
    const [next] = this.#timers.toSorted((a, b) => a.at - b.at || a.order - b.order);
    if (next === undefined) return false;
    this.#timers = this.#timers.filter((other) => other !== next);
    this.ms = Math.max(this.ms, next.at);
    next.fire();
    return true;
  }
}

/** Resolves when no promise is ready: the stores and keys of a model test answer without the outside world. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
