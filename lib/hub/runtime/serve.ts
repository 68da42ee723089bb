// SPDX-License-Identifier: MIT
/** The one shell around every function: decode, authenticate, parse, run, reply. The same for NATS and HTTP. */
import type { z } from 'zod';
import { decodeRequest, encodeReply, newCorrelationId, type Request } from '../../messaging/envelope.ts';
import {
  bearerToken,
  httpBody,
  httpChainId,
  httpReply,
  isHttpEvent,
  type HttpEvent,
  type HttpReply,
} from '../../messaging/http-event.ts';
import { CHAIN_HEADER } from '../../messaging/http-post.ts';
import { verifyBearerToken } from '../../messaging/bearer-token.ts';
import { fault, refuse, type Outcomes } from '../../protocol/errors.ts';
import { err } from '../../protocol/result.ts';
import { parseRequestSubject } from '../../protocol/subjects.ts';
import type { Address } from '../../protocol/types.ts';
import { toJson } from '../../protocol/wire/primitives.ts';
import { OPERATIONS, type BodyOf, type OperationName, type ResultOf } from '../../protocol/wire/requests.ts';
import type { StoreFault } from '../../store/store.ts';
import type { Caller, Hub, HubChain } from '../hub.ts';
import { isDispatched } from './dispatch-secret.ts';
import { hubProcess, type HubProcess } from './load-hub.ts';

/** What the dispatcher hands over for one message. */
export interface NatsEvent {
  readonly nats: { readonly subject: string; readonly data: string };
}

export interface TimerEvent {
  readonly timer: string;
}

export const isNatsEvent = (event: unknown): event is NatsEvent =>
  typeof event === 'object' && event !== null && 'nats' in event;

type Run<O extends OperationName> = (
  hub: Hub,
  chain: HubChain,
  caller: Caller,
  body: BodyOf<O>,
) => Promise<Outcomes<ResultOf<O>>>;

/** By name, since the store may come from another bundle in the same process. */
const isStoreFault = (cause: unknown): cause is StoreFault =>
  cause instanceof Error && cause.name === 'StoreFault';

/** A cursor that the store did not give out: its sender's mistake. */
const isForeignCursor = (cause: unknown): boolean => isStoreFault(cause) && cause.code === 'cursor_invalid';

/** Faults of the outside become codes; anything else is a defect, told to the log and not to the sender. */
export function faultOf(cause: unknown) {
  if (!isStoreFault(cause)) return fault('internal');
  if (isForeignCursor(cause)) return fault('malformed', { field: 'after' });
  return fault(cause.code === 'item_too_large' ? 'too_many' : 'store_unavailable');
}

/** Zod's first complaints, without the values, which may be huge. */
const complaints = (error: z.ZodError): Record<string, unknown> => ({
  issues: error.issues.slice(0, 4).map(({ path, code }) => ({ path: path.join('.'), code })),
});

async function answer<O extends OperationName>(
  process: HubProcess,
  operation: O,
  run: Run<O>,
  from: Omit<Caller, 'id'>,
  request: Request,
): Promise<Outcomes<unknown>> {
  const caller: Caller = { ...from, id: request.id };
  const hub = process.forInvocation(operation, caller);
  const chain = hub.chains.get(caller.chainId);
  if (chain === undefined) return refuse('unknown_chain', { chainId: caller.chainId });
  const parsed = OPERATIONS[operation][0].safeParse(request.body);
  if (!parsed.success) return refuse('malformed', complaints(parsed.error));
  const began = performance.now();
  try {
    const outcome = await run(hub, chain, caller, parsed.data as BodyOf<O>);
    hub.log.info(
      { ms: round(performance.now() - began), code: outcome.ok ? 'ok' : outcome.error.code },
      operation,
    );
    return toJson(outcome);
  } catch (cause) {
    const ms = round(performance.now() - began);
    if (isForeignCursor(cause)) hub.log.info({ ms, code: 'malformed' }, operation);
    else hub.log.error({ ms, cause }, `${operation} failed`);
    return err(faultOf(cause));
  }
}

const round = (ms: number): number => Math.round(ms * 10) / 10;

async function overNats<O extends OperationName>(
  operation: O,
  run: Run<O>,
  event: NatsEvent,
): Promise<string> {
  if (!isDispatched(event)) return encodeReply('', refuse('unauthenticated'));
  const { nats } = event;
  const from = parseRequestSubject(nats.subject);
  const process = await hubProcess();
  const { id, request } = decodeRequest(nats.data, process.config.limits.maxMessageBytes);
  if (!request.ok) return encodeReply(id, request);
  if (from === null || from.operation !== operation) return encodeReply(id, refuse('unknown_operation'));
  return encodeReply(id, await answer(process, operation, run, from, request.value));
}

async function overHttp<O extends OperationName>(
  operation: O,
  run: Run<O>,
  event: HttpEvent,
): Promise<HttpReply> {
  const text = httpBody(event);
  const first = decodeRequest(text, HTTP_MAX_BYTES);
  if (!first.request.ok) return httpReply(first.id, first.request);
  const process = await hubProcess();
  const { id, request } = decodeRequest(text, process.config.limits.maxMessageBytes);
  if (!request.ok) return httpReply(id, request);
  const token = bearerToken(event);
  const user = token === undefined ? undefined : await verifyBearerToken(token, process.tokenSecret);
  if (user === undefined) return httpReply(id, refuse('unauthenticated'));
  const named = httpChainId(event);
  if (named === null) return httpReply(id, refuse('malformed', { header: CHAIN_HEADER }));
  const chainId = named ?? process.config.chains[0].chainId;
  return httpReply(
    id,
    await answer(process, operation, run, { user: user as Address, chainId }, request.value),
  );
}

/** What is unreadable is refused before anything is loaded for it. */
const HTTP_MAX_BYTES = 1_048_576;

/** The handler of an operation users may ask for. */
export const serve =
  <O extends OperationName>(operation: O, run: Run<O>) =>
  async (event: NatsEvent | HttpEvent): Promise<string | HttpReply> => {
    try {
      return isHttpEvent(event)
        ? await overHttp(operation, run, event)
        : await overNats(operation, run, event);
    } catch (cause) {
      console.error(
        JSON.stringify({
          level: 'error',
          function: operation,
          msg: 'the function could not start',
          cause: String(cause),
        }),
      );
      const unavailable = err(fault('internal'));
      return isHttpEvent(event) ? httpReply('', unavailable) : encodeReply('', unavailable);
    }
  };

type Tick = (hub: Hub, chain: HubChain, body: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** The handler of a timer, which other functions may trigger too. Every chain gets its turn; one that fails spoils no other. */
export const serveTick =
  (functionName: string, tick: Tick) =>
  async (event: NatsEvent | TimerEvent): Promise<null> => {
    if (!isDispatched(event)) return null;
    const process = await hubProcess();
    const { id, body } = triggerOf(event, process);
    const hub = process.forInvocation(functionName, { id });
    const only = typeof body['chainId'] === 'number' ? body['chainId'] : undefined;
    for (const chain of hub.chains.values()) {
      if (only !== undefined && only !== chain.config.chainId) continue;
      try {
        const outcome = await tick(hub, chain, body);
        hub.log.debug({ chainId: chain.config.chainId, outcome }, functionName);
      } catch (cause) {
        hub.log.error({ chainId: chain.config.chainId, cause }, `${functionName} failed`);
      }
    }
    return null;
  };

function triggerOf(
  event: NatsEvent | TimerEvent,
  process: HubProcess,
): { id: string; body: Readonly<Record<string, unknown>> } {
  if (!isNatsEvent(event)) return { id: newCorrelationId(), body: {} };
  const { id, request } = decodeRequest(event.nats.data, process.config.limits.maxMessageBytes);
  const body = request.ok ? request.value.body : undefined;
  return { id, body: typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {} };
}
