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
  /** Told once when the call fails for its caller; `isUnknown`: without knowing what came of it. */
  onFailure(tell: (isUnknown: boolean) => void): void;
  /** What `run` comes to, or the rejection that giving up is: `aborted`, `timeout` or `closed`. A signal that is aborted starts nothing. */
  until<T>(run: () => Promise<T>): Promise<T>;
}

/** Made once: an error made anew for each call costs its stack. */
const ENDED = new DOMException('the call is over', 'AbortError');

export function patience(options: CallOptions, clock: Clock, closing: AbortSignal): Patience {
  const over = new AbortController();
  const { signal, timeoutMs, id = newCorrelationId() } = options;
  const end = () => over.abort(ENDED);
  const causes = signal === undefined ? [closing] : [closing, signal];
  for (const cause of causes) cause.addEventListener('abort', end, { once: true });
  if (causes.some(({ aborted }) => aborted)) end();
  const takeBacks: (() => boolean)[] = [];
  const failures: ((isUnknown: boolean) => void)[] = [];
  let details: Readonly<Record<string, unknown>> = { requestId: id };
  let hasTimedOut = false;
  const reason = (outcome: 'unchanged' | 'unknown'): IndraError => {
    if (hasTimedOut) return IndraError.from('timeout', details, outcome);
    return IndraError.from(closing.aborted ? 'closed' : 'aborted', details, outcome);
  };
  const failed = (error: unknown): unknown => {
    const isUnknown = error instanceof IndraError && error.outcome === 'unknown';
    for (const tell of failures.splice(0)) tell(isUnknown);
    return error instanceof IndraError ? error.withDetails(details) : error;
  };
  return {
    id,
    signal: over.signal,
    name: (more) => void (details = { ...details, ...more }),
    onGiveUp: (takeBack) => void takeBacks.push(takeBack),
    onFailure: (tell) => void failures.push(tell),
    until: (run) =>
      new Promise((resolve, reject) => {
        if (over.signal.aborted) return reject(reason('unchanged'));
        const giveUp = () => {
          const isTakenBack = takeBacks.some((takeBack) => takeBack());
          reject(failed(reason(isTakenBack ? 'unchanged' : 'unknown')));
        };
        const finish = () => {
          over.signal.removeEventListener('abort', giveUp);
          for (const cause of causes) cause.removeEventListener('abort', end);
          end();
        };
        over.signal.addEventListener('abort', giveUp, { once: true });
        if (timeoutMs !== undefined)
          void clock.sleep(timeoutMs, over.signal).then(() => {
            if (over.signal.aborted) return;
            hasTimedOut = true;
            end();
          });
        run().then(
          (value) => (finish(), resolve(value)),
          (error: unknown) => (finish(), reject(failed(error))),
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
