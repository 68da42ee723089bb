// SPDX-License-Identifier: MIT
/** The hub's own line: what functions use to tell users something and to trigger each other. */
import { credsAuthenticator } from '@nats-io/nats-core';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { eventSubject, hubSubject } from '../protocol/subjects.ts';
import type { Address } from '../protocol/types.ts';
import { encodeEvent, encodeRequest } from './envelope.ts';

export interface HubBus {
  readonly connection: NatsConnection;
  /** A hint to one user. Lost if nobody listens, so it must be possible to find out otherwise. */
  tell(user: string, type: string, fields: Readonly<Record<string, unknown>>, id: string): void;
  /** Asks one of the hub's functions to run; whether and when it does is not waited for. */
  trigger(functionName: string, body: unknown, id: string): void;
  /** Resolves when everything said so far has left this process and reached the server. */
  flush(): Promise<void>;
  connected(): boolean;
  close(): Promise<void>;
}

export interface HubBusOptions {
  readonly urls: readonly string[];
  /** Content of the hub user's `.creds` file. */
  readonly credentials: string;
  readonly name?: string;
}

export async function connectHub({
  urls,
  credentials,
  name = 'hub',
}: HubBusOptions): Promise<NatsConnection> {
  return connect({
    servers: [...urls],
    authenticator: credsAuthenticator(new TextEncoder().encode(`${credentials.trim()}\n`)),
    inboxPrefix: '_INBOX.hub',
    name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    noAsyncTraces: true,
  });
}

export function hubBus(connection: NatsConnection): HubBus {
  let down = false;
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') down = true;
      if (status.type === 'reconnect') down = false;
    }
  })();
  return {
    connection,
    tell(user, type, fields, id) {
      if (!connection.isClosed())
        connection.publish(eventSubject(user as Address), encodeEvent(type, fields, id));
    },
    trigger(functionName, body, id) {
      if (!connection.isClosed()) connection.publish(hubSubject(functionName), encodeRequest(body, id));
    },
    flush: () => connection.flush(),
    connected: () => !down && !connection.isClosed(),
    close: () => connection.drain(),
  };
}
