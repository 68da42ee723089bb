// SPDX-License-Identifier: MIT
/**
 * How long a caller waits. Giving up never stops what was signed: the outcome is then unknown, and can be asked for. What was
 * not begun, or could be taken back, has not happened.
 */
import { newCorrelationId } from '../messaging/envelope.ts';
import { IndraError } from './indra-error.ts';
import type { Clock } from './ports.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the call rejects with `timeout`. None if absent. */
  readonly timeoutMs?: number | undefined;
  /** Correlation id; one is made if absent. */
  readonly id?: string | undefined;
}

export interface Patience {
  readonly id: string;
  /** Aborts when the caller gave up, or the client closes. */
  readonly signal: AbortSignal;
  /** What this call is about, such as the id it can be asked again with: every error of it says so. */
  name(details: Readonly<Record<string, unknown>>): void;
  /** Asked when the caller gives up: true if nothing has happened, and nothing will. */
  onGiveUp(takeBack: () => boolean): void;
  /** Told when the caller goes without knowing what came of it. */
  onUnknown(tell: () => void): void;
  /** What `run` comes to, or the rejection that giving up is: `aborted`, `timeout` or `closed`. A signal that is aborted starts nothing. */
  until<T>(run: () => Promise<T>): Promise<T>;
}

export function patience(options: CallOptions, clock: Clock, closing: AbortSignal): Patience {
  const over = new AbortController();
  const { signal, timeoutMs, id = newCorrelationId() } = options;
  const all = AbortSignal.any([over.signal, closing, ...(signal === undefined ? [] : [signal])]);
  const takeBacks: (() => boolean)[] = [];
  const unknown: (() => void)[] = [];
  let details: Readonly<Record<string, unknown>> = { requestId: id };
  let hasTimedOut = false;
  const reason = (outcome: 'unchanged' | 'unknown'): IndraError => {
    if (hasTimedOut) return IndraError.from('timeout', details, outcome);
    return IndraError.from(closing.aborted ? 'closed' : 'aborted', details, outcome);
  };
  const left = (error: unknown): unknown => {
    if (!(error instanceof IndraError)) return error;
    if (error.outcome === 'unknown') for (const tell of unknown) tell();
    return error.withDetails(details);
  };
  return {
    id,
    signal: all,
    name: (more) => void (details = { ...details, ...more }),
    onGiveUp: (takeBack) => void takeBacks.push(takeBack),
    onUnknown: (tell) => void unknown.push(tell),
    until: (run) =>
      new Promise((resolve, reject) => {
        if (all.aborted) return reject(reason('unchanged'));
        const giveUp = () => {
          const isTakenBack = takeBacks.some((takeBack) => takeBack());
          reject(left(reason(isTakenBack ? 'unchanged' : 'unknown')));
        };
        const finish = () => {
          all.removeEventListener('abort', giveUp);
          over.abort();
        };
        all.addEventListener('abort', giveUp, { once: true });
        if (timeoutMs !== undefined)
          void clock.sleep(timeoutMs, all).then(() => {
            if (all.aborted) return;
            hasTimedOut = true;
            over.abort();
          });
        run().then(
          (value) => (finish(), resolve(value)),
          (error: unknown) => (finish(), reject(left(error))),
        );
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
