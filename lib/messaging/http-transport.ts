// SPDX-License-Identifier: MIT
/** The transport for where there is no websocket. Events come by asking for them. */
import { refuse } from '../protocol/errors.ts';
import { decodeEvent, newCorrelationId, type HubEvent } from './envelope.ts';
import { postRequest, type Fetch } from './http-post.ts';
import type { SessionKeeper } from './session-keeper.ts';
import { stream } from './stream.ts';
import type { PeerMessage, RequestOptions, Transport } from './transport.ts';
import { PROTOCOL_VERSION } from '../protocol/subjects.ts';

export interface HttpTransportOptions {
  readonly keeper: SessionKeeper;
  readonly chainId: number;
  readonly fetch?: Fetch;
  readonly timeoutMs?: number;
  /** How events are found: every `everyMs` the `operation` is asked; its result, an array of events, is passed on. */
  readonly poll?: { readonly operation: string; readonly body: unknown; readonly everyMs: number };
}

export function httpTransport({ keeper, chainId, fetch, timeoutMs, poll }: HttpTransportOptions): Transport {
  const closers = new Set<() => void>();

  const request: Transport['request'] = (operation, body, options: RequestOptions = {}) => {
    const { hubUrl, token } = keeper.current();
    return postRequest({
      url: `${hubUrl}/v1/${operation}`,
      body,
      id: options.id ?? newCorrelationId(),
      token,
      chainId: options.chainId ?? chainId,
      fetch,
      signal: options.signal,
      timeoutMs: options.timeoutMs ?? timeoutMs,
    });
  };

  function events(): ReturnType<Transport['events']> {
    const events = stream<HubEvent>((channel) => {
      if (poll === undefined) return () => {};
      let timer: ReturnType<typeof setTimeout>;
      let stopped = false;
      let lost = false;
      const ask = async () => {
        const reply = await request(poll.operation, poll.body);
        if (stopped) return;
        if (reply.ok) {
          if (lost) channel.push({ v: PROTOCOL_VERSION, id: reply.id, type: 'reconnected' });
          for (const event of asEvents(reply.result)) channel.push(event);
        }
        lost = !reply.ok;
        timer = setTimeout(() => void ask(), poll.everyMs);
      };
      timer = setTimeout(() => void ask(), 0);
      return () => {
        stopped = true;
        clearTimeout(timer);
      };
    });
    closers.add(() => events.close());
    return events;
  }

  return {
    request,
    events,
    publishToPeer: () => refuse('unreachable', { reason: 'peers are reached over NATS only' }),
    peerMessages() {
      const messages = stream<PeerMessage>(() => () => {});
      closers.add(() => messages.close());
      return messages;
    },
    async close() {
      for (const close of closers) close();
      closers.clear();
    },
  };
}

function asEvents(result: unknown): HubEvent[] {
  if (!Array.isArray(result)) return [];
  return result.flatMap((item) => decodeEvent(JSON.stringify(item)) ?? []);
}
