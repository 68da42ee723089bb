// SPDX-License-Identifier: MIT
/**
 * From NATS to functions. The same code under `serverless offline`, where `invoke` calls the handler in this process, and
 * in the bridge, where it calls Lambda. It knows subjects and functions, and nothing of what they say to each other.
 */
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';
import { encodeReply } from '../../lib/messaging/envelope.ts';
import { refuse, type ErrorCode } from '../../lib/protocol/errors.ts';
import { parseRequestSubject } from '../../lib/protocol/subjects.ts';
import { inboxPrefix } from '../nats/permissions.ts';
import { FairGate, type FairGateOptions } from './fair-gate.ts';
import type { LaneName, Routes } from './routes.ts';

export interface NatsEvent {
  /** What only the dispatcher knows, where functions can be reached by others too. */
  readonly secret?: string;
  readonly nats: {
    readonly subject: string;
    readonly data: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
}
export interface TimerEvent {
  readonly secret?: string;
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
  readonly secret?: string;
  readonly log: (level: 'info' | 'error', message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface Dispatcher {
  /** Takes no more, and resolves when everything taken has been answered. */
  drain(): Promise<void>;
}

/** Of one user, in each lane: more at a time than an honest client ever has. */
const PER_LINE = { running: 8, waiting: 64 };
/** Milliseconds: a client has sent it again by then. */
const PATIENCE = 10_000;
/** What the hub triggers itself, however busy users keep the rest. */
const HUB_LINE = 'hub';

function gatesOf(running: number, waiting: number): Readonly<Record<LaneName, FairGate>> {
  const gate = (options: Pick<FairGateOptions, 'running'> & Partial<FairGateOptions>): FairGate =>
    new FairGate({ waiting, perLine: PER_LINE, patience: PATIENCE, ...options });
  const quarter = Math.max(1, Math.ceil(running / 4));
  return {
    users: gate({ running }),
    chain: gate({ running: quarter }),
    hub: gate({ running: quarter, perLine: { running: quarter, waiting } }),
  };
}

export function startDispatcher(options: DispatcherOptions): Dispatcher {
  const { connection, routes, invoke, running = 64, waiting = 4_096, secret, log } = options;
  const gates = gatesOf(running, waiting);
  const mark = secret === undefined ? {} : { secret };

  const handle = async (functionName: string, message: Msg): Promise<void> => {
    const answer = answerTo(message);
    try {
      const reply = await invoke(functionName, { ...mark, ...natsEvent(message) });
      if (typeof reply === 'string') answer?.(reply);
    } catch (error) {
      log('error', 'a function did not answer', {
        function: functionName,
        subject: message.subject,
        error: String(error),
      });
      answer?.(faultReply(message, 'internal'));
    }
  };

  const offer = (functionName: string, lane: LaneName, message: Msg): void => {
    const busy = (): void => answerTo(message)?.(faultReply(message, 'busy'));
    const line = userOf(message.subject) ?? HUB_LINE;
    if (!gates[lane].offer(line, () => handle(functionName, message), busy)) busy();
  };

  const subscriptions: Subscription[] = routes.nats.map(({ function: functionName, subject, queue, lane }) =>
    connection.subscribe(subject, {
      queue,
      callback: (error, message) => {
        if (error === null) offer(functionName, lane, message);
        else log('error', 'a subscription was refused', { subject, error: error.message });
      },
    }),
  );

  const timers = routes.timers.map(({ function: functionName, seconds }) => {
    let underWay: Promise<void> | undefined;
    const tick = () => {
      underWay ??= invoke(functionName, { ...mark, timer: functionName })
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
      await Promise.all(Object.values(gates).map((gate) => gate.idle()));
      await Promise.all(timers.map((timer) => timer.finished()));
      if (!connection.isClosed()) await connection.flush();
    },
  };
}

/** Whose request it is, by the subject that only this user may publish on; null where the hub triggers itself. */
const userOf = (subject: string): string | null => parseRequestSubject(subject)?.user ?? null;

/** Only the user who asked is answered, in its own inbox: no request makes the hub speak to anybody else (invariant 9). */
function answerTo(message: Msg): ((reply: string) => void) | null {
  const user = userOf(message.subject);
  const isOwn = user !== null && message.reply?.startsWith(`${inboxPrefix(user)}.`) === true;
  return isOwn ? (reply) => void message.respond(reply) : null;
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
