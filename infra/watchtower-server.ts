// SPDX-License-Identifier: MIT
/** A tower's door on a port. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { HttpReply } from '../lib/messaging/http-event.ts';
import type { DoorRequest } from '../lib/watchtower/door.ts';

export interface WatchtowerServerOptions {
  readonly host: string;
  readonly port: number;
  readonly maxBytes: number;
  readonly isBehindProxy: boolean;
  readonly door: (request: DoorRequest) => Promise<HttpReply>;
}

/** Resolves when it listens. */
export async function startWatchtowerServer(options: WatchtowerServerOptions): Promise<Server> {
  const { host, port, maxBytes, isBehindProxy, door } = options;
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const body = await bodyOf(incoming, maxBytes);
      const {
        statusCode,
        headers,
        body: text,
      } = await door({
        method: incoming.method ?? '',
        path: (incoming.url ?? '').split('?', 1)[0] ?? '',
        body,
        sender: senderOf(incoming, isBehindProxy),
      });
      // What is left of a body that was too long is not waited for.
      if (body === null) outgoing.shouldKeepAlive = false;
      outgoing.writeHead(statusCode, headers).end(text);
    })().catch(() => outgoing.destroy());
  });
  server.requestTimeout = 30_000;
  server.headersTimeout = 10_000;
  server.maxConnections = 1_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}

async function bodyOf(incoming: IncomingMessage, maxBytes: number): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Only the last name in the list was written by our own proxy; those before it are the sender's word. */
function senderOf(incoming: IncomingMessage, isBehindProxy: boolean): string {
  const forwarded = [incoming.headers['x-forwarded-for'] ?? ''].flat().join(',').split(',').at(-1)?.trim();
  const direct = incoming.socket.remoteAddress ?? '';
  return isBehindProxy && forwarded ? forwarded : direct;
}
