// SPDX-License-Identifier: MIT
/** How long a hub may stay silent while a client begins. After that the client begins without it, or not at all. */
import { IndraError } from './indra-error.ts';
import type { Clock } from './ports.ts';

export class HubPatience {
  readonly #over = new AbortController();
  readonly #done = new AbortController();
  readonly #hubUrl: string;
  readonly #ms: number;
  readonly #caller: AbortSignal | undefined;
  /** Aborts when the time is over, or the caller gave up. */
  readonly signal: AbortSignal;

  constructor(hubUrl: string, ms: number, clock: Clock, caller: AbortSignal | undefined) {
    this.#hubUrl = hubUrl;
    this.#ms = ms;
    this.#caller = caller;
    this.signal = AbortSignal.any([this.#over.signal, ...(caller === undefined ? [] : [caller])]);
    const ended = AbortSignal.any([this.#done.signal, this.signal]);
    void clock.sleep(ms, ended).then(() => {
      if (!ended.aborted) this.#over.abort();
    });
  }

  /** Rejects with `unreachable` or `aborted` when there is no more time; what comes then is dropped. */
  until<T>(promise: Promise<T>, drop: (late: T) => void = () => {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        promise.then(drop, () => {});
        reject(this.#reason());
      };
      if (this.signal.aborted) return giveUp();
      this.signal.addEventListener('abort', giveUp, { once: true });
      const stop = () => this.signal.removeEventListener('abort', giveUp);
      promise.then(
        (value) => (stop(), resolve(value)),
        (error: unknown) => (stop(), reject(error)),
      );
    });
  }

  end(): void {
    this.#done.abort();
  }

  #reason(): IndraError {
    if (this.#caller?.aborted === true) return IndraError.from('aborted', undefined, 'unchanged');
    return IndraError.from('unreachable', { hubUrl: this.#hubUrl, afterMs: this.#ms }, 'unchanged');
  }
}
