// SPDX-License-Identifier: MIT
/** How long a caller waits. Giving up never stops what was signed: the outcome is then unknown, and can be asked for. */
import { newCorrelationId } from '../messaging/envelope.ts';
import { IndraError } from './indra-error.ts';
import type { Clock } from './ports.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the call rejects with `timeout` and outcome `unknown`. None if absent. */
  readonly timeoutMs?: number | undefined;
  /** Correlation id; one is made if absent. */
  readonly id?: string | undefined;
}

export interface Patience {
  readonly id: string;
  /** Aborts when the caller gave up, or the client closes. */
  readonly signal: AbortSignal;
  /** The promise, or the rejection that giving up is: `aborted`, `timeout` or `closed`. */
  until<T>(promise: Promise<T>): Promise<T>;
}

export function patience(options: CallOptions, clock: Clock, closing: AbortSignal): Patience {
  const over = new AbortController();
  const { signal, timeoutMs } = options;
  const all = AbortSignal.any([over.signal, closing, ...(signal === undefined ? [] : [signal])]);
  let hasTimedOut = false;
  if (timeoutMs !== undefined)
    void clock.sleep(timeoutMs, all).then(() => {
      if (all.aborted) return;
      hasTimedOut = true;
      over.abort();
    });
  const reason = (): IndraError => {
    if (hasTimedOut) return IndraError.from('timeout');
    return closing.aborted ? IndraError.from('closed', undefined, 'unknown') : IndraError.from('aborted');
  };
  return {
    id: options.id ?? newCorrelationId(),
    signal: all,
    until: (promise) =>
      new Promise((resolve, reject) => {
        const giveUp = () => reject(reason());
        const finish = () => {
          all.removeEventListener('abort', giveUp);
          over.abort();
        };
        all.addEventListener('abort', giveUp, { once: true });
        promise.then(
          (value) => (finish(), resolve(value)),
          (error: unknown) => (finish(), reject(error)),
        );
        if (all.aborted) giveUp();
      }),
  };
}

/** Until the next look at the chain is due. Rejects when whoever asked has given up. */
export async function chainMayMove(
  { clock, pollMs }: { readonly clock: Clock; readonly pollMs: number },
  { signal }: Patience,
): Promise<void> {
  if (signal.aborted) throw IndraError.from('aborted');
  await clock.sleep(pollMs, signal);
  if (signal.aborted) throw IndraError.from('aborted');
}
