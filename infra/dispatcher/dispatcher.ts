// SPDX-License-Identifier: MIT
/**
 * From NATS to functions. The same code under `serverless offline`, where `invoke` calls the handler in this process, and
 * in the bridge, where it calls Lambda. It knows subjects and functions, and nothing of what they say to each other.
 */
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import { encodeReply } from '../../lib/messaging/envelope.ts';
import { refuse, type ErrorCode } from '../../lib/protocol/errors.ts';
import { Gate } from './gate.ts';
import type { Routes } from './routes.ts';

export interface NatsEvent {
  readonly nats: {
    readonly subject: string;
    readonly data: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
}
export interface TimerEvent {
  readonly timer: string;
}

/** Runs a function; its answer is the reply to send, or null for none. Rejects when it is unknown what happened. */
export type Invoke = (functionName: string, event: NatsEvent | TimerEvent) => Promise<string | null>;

export interface DispatcherOptions {
  readonly connection: NatsConnection;
  readonly routes: Routes;
  readonly invoke: Invoke;
  /** Invocations at a time, and messages that may wait for their turn. */
  readonly running?: number;
  readonly waiting?: number;
  readonly log: (level: 'info' | 'error', message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface Dispatcher {
  /** Takes no more, and resolves when everything taken has been answered. */
  drain(): Promise<void>;
}

export function startDispatcher(options: DispatcherOptions): Dispatcher {
  const { connection, routes, invoke, running = 64, waiting = 4_096, log } = options;
  const gate = new Gate({ running, waiting });

  const handle = async (functionName: string, message: Msg): Promise<void> => {
    const wantsReply = message.reply !== undefined && message.reply !== '';
    try {
      const reply = await invoke(functionName, natsEvent(message));
      if (wantsReply && typeof reply === 'string') message.respond(reply);
    } catch (error) {
      log('error', 'a function did not answer', {
        function: functionName,
        subject: message.subject,
        error: String(error),
      });
      if (wantsReply) message.respond(faultReply(message, 'internal'));
    }
  };

  const subscriptions: Subscription[] = routes.nats.map(({ function: functionName, subject, queue }) =>
    connection.subscribe(subject, {
      queue,
      callback: (error, message) => {
        if (error !== null) {
          log('error', 'a subscription was refused', { subject, error: error.message });
        } else if (!gate.offer(() => handle(functionName, message)) && message.reply) {
          message.respond(faultReply(message, 'busy'));
        }
      },
    }),
  );

  const timers = routes.timers.map(({ function: functionName, seconds }) => {
    let underWay: Promise<void> | undefined;
    const tick = () => {
      underWay ??= invoke(functionName, { timer: functionName })
        .then(() => {})
        .catch((error: unknown) =>
          log('error', 'a timer failed', { function: functionName, error: String(error) }),
        )
        .finally(() => (underWay = undefined));
    };
    tick();
    const interval = setInterval(tick, seconds * 1_000);
    return { stop: () => clearInterval(interval), finished: () => underWay };
  });
  log('info', 'dispatching', { subjects: routes.nats.length, timers: routes.timers.length });

  return {
    async drain() {
      for (const timer of timers) timer.stop();
      if (!connection.isClosed())
        await Promise.all(subscriptions.map((subscription) => subscription.drain()));
      await gate.idle();
      await Promise.all(timers.map((timer) => timer.finished()));
      if (!connection.isClosed()) await connection.flush();
    },
  };
}

function natsEvent(message: Msg): NatsEvent {
  const nats = { subject: message.subject, data: message.string() };
  if (message.headers === undefined) return { nats };
  return {
    nats: {
      ...nats,
      headers: Object.fromEntries(
        message.headers.keys().map((key) => [key, message.headers?.get(key) ?? '']),
      ),
    },
  };
}

/** The request is read only here, where a reply is made in its function's stead. */
function faultReply(message: Msg, code: ErrorCode): string {
  let id = '';
  try {
    const request: unknown = message.json();
    if (typeof request === 'object' && request !== null && 'id' in request && typeof request.id === 'string')
      id = request.id;
  } catch {
    // Not JSON: there is no id to repeat.
  }
  return encodeReply(id, refuse(code));
}
