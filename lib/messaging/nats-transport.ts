// SPDX-License-Identifier: MIT
/** The transport over a NATS connection, whichever way that was made (TCP in Node, websocket anywhere). */
import { NoRespondersError, PermissionViolationError, RequestError, TimeoutError } from '@nats-io/nats-core';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { fault, refuse, type Fault } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import { eventSubject, peerSubject, requestSubject } from '../protocol/subjects.ts';
import type { Address } from '../protocol/types.ts';
import {
  decodeEvent,
  decodeReply,
  encodeRequest,
  failure,
  newCorrelationId,
  type HubEvent,
  type Reply,
} from './envelope.ts';
import { renewableLine } from './renewable-line.ts';
import type { SessionKeeper } from './session-keeper.ts';
import { stream, type Channel } from './stream.ts';
import { DEFAULT_TIMEOUT_MS, type PeerMessage, type RequestOptions, type Transport } from './transport.ts';
import { PROTOCOL_VERSION } from '../protocol/subjects.ts';

export interface NatsTransportOptions {
  readonly connection: NatsConnection;
  readonly keeper: SessionKeeper;
  readonly chainId: number;
  readonly timeoutMs?: number;
}

export function natsTransport({
  connection,
  keeper,
  chainId,
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: NatsTransportOptions): Transport {
  const user = keeper.current().address as Address;
  const listeners = new Set<Channel<HubEvent>>();
  const line = renewableLine(connection, keeper);
  const tell = (type: 'disconnected' | 'reconnected'): void => {
    for (const channel of listeners) channel.push({ v: PROTOCOL_VERSION, id: newCorrelationId(), type });
  };
  void onChange(connection, {
    disconnected: () => tell('disconnected'),
    reconnected() {
      line.reconnected();
      tell('reconnected');
    },
  });

  return {
    async request(operation, body, options = {}) {
      const id = options.id ?? newCorrelationId();
      await line.enter();
      try {
        const subject = requestSubject(options.chainId ?? chainId, user, operation);
        return await ask(connection, subject, encodeRequest(body, id), id, { timeoutMs, ...options });
      } finally {
        line.leave();
      }
    },

    events: () =>
      stream<HubEvent>((channel) => {
        listeners.add(channel);
        const stop = listen(connection, eventSubject(user), (message) => {
          const event = decodeEvent(message.string());
          if (event !== undefined) channel.push(event);
        });
        return () => {
          listeners.delete(channel);
          stop();
        };
      }),

    publishToPeer(to, body) {
      if (connection.isClosed()) return refuse('unreachable');
      connection.publish(peerSubject(to as Address, user), JSON.stringify(body));
      return ok(undefined);
    },

    peerMessages: () =>
      stream<PeerMessage>((channel) =>
        listen(connection, peerSubject(user, '*' as Address), (message) => {
          const parsed = parsePeerMessage(message);
          if (parsed !== undefined) channel.push(parsed);
        }),
      ),

    async close() {
      line.close();
      for (const channel of listeners) channel.close();
      await connection.close();
    },
  };
}

async function ask(
  connection: NatsConnection,
  subject: string,
  data: string,
  id: string,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: RequestOptions,
): Promise<Reply> {
  if (signal?.aborted === true) return failure(id, fault('timeout', { aborted: true }));
  const limit = connection.info?.max_payload;
  if (limit !== undefined && data.length * 3 > limit && new TextEncoder().encode(data).length > limit) {
    return failure(id, fault('too_large', { maxBytes: limit }));
  }
  const answer = connection
    .request(subject, data, { timeout: timeoutMs })
    .then((message) => decodeReply(message.string(), id))
    .catch((error: unknown) => failure(id, faultOf(error)));
  if (signal === undefined) return answer;
  return new Promise((resolve) => {
    const abort = () => resolve(failure(id, fault('timeout', { aborted: true })));
    signal.addEventListener('abort', abort, { once: true });
    void answer.then((reply) => {
      signal.removeEventListener('abort', abort);
      resolve(reply);
    });
  });
}

function faultOf(error: unknown): Fault {
  const cause = error instanceof RequestError ? (error.cause ?? error) : error;
  if (cause instanceof TimeoutError) return fault('timeout');
  if (cause instanceof PermissionViolationError) return fault('unauthenticated');
  if (cause instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders())) {
    return fault('unreachable', { reason: 'no function listens' });
  }
  return fault('unreachable');
}

function listen(connection: NatsConnection, subject: string, onMessage: (message: Msg) => void): () => void {
  if (connection.isClosed()) return () => {};
  const subscription = connection.subscribe(subject, {
    callback: (error, message) => {
      if (error === null) onMessage(message);
    },
  });
  return () => subscription.unsubscribe();
}

function parsePeerMessage(message: Msg): PeerMessage | undefined {
  const from = message.subject.split('.')[4];
  try {
    return from === undefined ? undefined : { from, body: message.json() };
  } catch {
    return undefined;
  }
}

async function onChange(
  connection: NatsConnection,
  tell: { disconnected(): void; reconnected(): void },
): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'disconnect') tell.disconnected();
    if (status.type === 'reconnect') tell.reconnected();
  }
}
