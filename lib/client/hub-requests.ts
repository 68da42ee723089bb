// SPDX-License-Identifier: MIT
/** Requests to the hub with their results parsed: what cannot be read leaves the outcome unknown. */
import { refuse, type Outcomes } from '../protocol/errors.ts';
import { err, ok } from '../protocol/result.ts';
import { toJson } from '../protocol/wire/primitives.ts';
import { OPERATIONS, type BodyOf, type OperationName, type ResultOf } from '../protocol/wire/requests.ts';
import { backoffMs } from './backoff.ts';
import { IndraError } from './indra-error.ts';
import type { Clock, Line } from './ports.ts';

export interface AskOptions {
  /** Correlation id of the SDK call behind it. */
  readonly id: string;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds to wait for the answer; the line's own if absent. */
  readonly timeoutMs?: number | undefined;
}

export interface HubRequests {
  /** One attempt. */
  ask<O extends OperationName>(
    operation: O,
    body: BodyOf<O>,
    options: AskOptions,
  ): Promise<Outcomes<ResultOf<O>>>;
  /** The same bytes again and again until there is an answer. Rejects with `IndraError`: what the hub refused, or `aborted`. */
  insist<O extends OperationName>(operation: O, body: BodyOf<O>, options: AskOptions): Promise<ResultOf<O>>;
  /** A body that was stored as JSON text, sent as it is. */
  askText(operation: OperationName, text: string, options: AskOptions): Promise<Outcomes<unknown>>;
}

export function hubRequests(line: Line, clock: Clock): HubRequests {
  async function send(
    operation: OperationName,
    body: unknown,
    { id, signal, timeoutMs }: AskOptions,
  ): Promise<Outcomes<unknown>> {
    const reply = await line.request(operation, body, {
      id,
      ...(signal === undefined ? {} : { signal }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    return reply.ok ? ok(reply.result) : err(reply.error);
  }

  async function ask<O extends OperationName>(
    operation: O,
    body: BodyOf<O>,
    options: AskOptions,
  ): Promise<Outcomes<ResultOf<O>>> {
    const answer = await send(operation, toJson(body), options);
    if (!answer.ok) return answer;
    const parsed = OPERATIONS[operation][1].safeParse(answer.value);
    return parsed.success
      ? ok(parsed.data as ResultOf<O>)
      : refuse('internal', { reason: 'unreadable result' });
  }

  return {
    ask,
    askText: (operation, text, options) => send(operation, JSON.parse(text), options),
    async insist(operation, body, options) {
      for (let attempt = 1; ; attempt++) {
        if (options.signal?.aborted === true) throw IndraError.from('aborted');
        const answer = await ask(operation, body, options);
        if (answer.ok) return answer.value;
        const { outcome, retryable } = answer.error;
        if (outcome !== 'unknown' && !(retryable && answer.error.code === 'busy'))
          throw IndraError.of(answer.error);
        await clock.sleep(backoffMs(attempt), options.signal);
      }
    },
  };
}
