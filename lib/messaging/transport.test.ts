// SPDX-License-Identifier: MIT
/** One suite for every adapter of the transport, against the real server and the real sign-in. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { NatsConnection } from '@nats-io/nats-core';
import { Wallet } from 'ethers';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authenticate, type AuthService } from '../../functions/auth/authenticate.ts';
import { freePort } from '../../infra/local/free-port.ts';
import { startNatsServer, type NatsServer } from '../../infra/local/nats-server.ts';
import { waitUntil } from '../../infra/local/wait-until.ts';
import { fault } from '../protocol/errors.ts';
import { err, ok } from '../protocol/result.ts';
import { verifyBearerToken } from './bearer-token.ts';
import { connectNode } from './connect-node.ts';
import { connectWebsocket } from './connect-websocket.ts';
import { decodeRequest, encodeReply } from './envelope.ts';
import { httpReply } from './http-event.ts';
import { httpTransport } from './http-transport.ts';
import { connectHub, hubBus, type HubBus } from './hub-bus.ts';
import { keepSession, type SessionKeeper } from './session-keeper.ts';
import type { Transport } from './transport.ts';

const CHAIN = 31337;
const tokenSecret = new TextEncoder().encode('0123456789abcdef0123456789abcdef');
let folder: string;
let ports: { port: number; websocketPort: number; monitorPort: number };
let nats: NatsServer;
let hub: NatsConnection;
let bus: HubBus;
let http: Server;
let hubUrl: string;
let sessionLifetime = 3_600;
let answering = true;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'indra-messaging-'));
  const [port, websocketPort, monitorPort] = await Promise.all([freePort(), freePort(), freePort()]);
  ports = { port, websocketPort, monitorPort };
  nats = await startNatsServer({ folder, ...ports });
  hub = await connectHub({ urls: [nats.url], credentials: nats.files.authority.hubCredentials });
  bus = hubBus(hub);
  hub.subscribe('indra.v1.*.*.echo', {
    queue: 'echo',
    callback: (_, message) => {
      if (answering) message.respond(echo(message.string(), message.subject.split('.')[3] ?? ''));
    },
  });
  const httpPort = await freePort();
  hubUrl = `http://127.0.0.1:${httpPort}`;
  http = createServer((request, response) => {
    void serve(request).then(({ statusCode, headers, body }) =>
      response.writeHead(statusCode, headers).end(body),
    );
  });
  await new Promise<void>((resolve) => http.listen(httpPort, '127.0.0.1', resolve));
}, 30_000);

afterAll(async () => {
  for (const close of closing) await close();
  await bus?.close();
  await nats?.process.stop();
  http?.closeAllConnections();
  http?.close();
  await rm(folder, { recursive: true, force: true });
});

function echo(text: string, user: string): string {
  const { id, request } = decodeRequest(text, 10_000);
  if (!request.ok) return encodeReply(id, request);
  const body = request.value.body as { refuse?: boolean };
  return encodeReply(id, body.refuse === true ? err(fault('busy')) : ok({ user, body }));
}

async function serve(
  request: IncomingMessage,
): Promise<{ statusCode: number; headers: Readonly<Record<string, string>>; body: string }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  if (request.url === '/v1/auth') {
    const decoded = decodeRequest(text, 8_192);
    if (!decoded.request.ok) return httpReply(decoded.id, decoded.request);
    return httpReply(
      decoded.id,
      await authenticate(decoded.request.value.body, authService(), Math.floor(Date.now() / 1000)),
    );
  }
  const user = await verifyBearerToken(
    (request.headers.authorization ?? '').replace('Bearer ', ''),
    tokenSecret,
  );
  if (user === undefined) return httpReply('', err(fault('unauthenticated')));
  if (request.url === '/v1/echo') {
    if (!answering) return new Promise(() => {});
    return { statusCode: 200, headers: {}, body: echo(text, user) };
  }
  if (request.url === '/v1/events') {
    return httpReply(
      decodeRequest(text, 8_192).id,
      ok([{ v: 2, id: 'e1', type: 'greeting', text: 'hello' }]),
    );
  }
  return { statusCode: 502, headers: {}, body: '<html>bad gateway</html>' };
}

function authService(): AuthService {
  const { account, signingSeed } = nats.files.authority;
  return {
    domain: new URL(hubUrl).host,
    chainIds: [CHAIN],
    tokenSecret,
    challengeLifetime: 60,
    sessionLifetime,
    nats: { account: account.publicKey, signingSeed, urls: [nats.url], websocketUrls: [nats.websocketUrl] },
  };
}

async function newUser(): Promise<{ keeper: SessionKeeper; address: string }> {
  const wallet = Wallet.createRandom();
  const address = wallet.address.toLowerCase();
  const sign = (digest: Uint8Array) => Buffer.from(wallet.signingKey.sign(digest).serialized.slice(2), 'hex');
  const keeper = await keepSession({ hubUrl, address, sign, chainId: CHAIN });
  if (!keeper.ok) throw new Error(JSON.stringify(keeper.error));
  closing.push(() => keeper.value.close());
  return { keeper: keeper.value, address };
}

type How = 'tcp' | 'websocket' | 'http';

async function connectUser(how: How): Promise<{ transport: Transport; address: string }> {
  const { keeper, address } = await newUser();
  const poll = { operation: 'events', body: {}, everyMs: 20 };
  const connected =
    how === 'http'
      ? ok(httpTransport({ keeper, chainId: CHAIN, poll }))
      : await (how === 'tcp' ? connectNode : connectWebsocket)(keeper, CHAIN);
  if (!connected.ok) throw new Error(JSON.stringify(connected.error));
  closing.push(() => connected.value.close());
  return { transport: connected.value, address };
}

describe.each(['tcp', 'websocket', 'http'] as const)('a transport over %s', (how) => {
  test('asks as the signed-in user and gets the reply with its id', async () => {
    const { transport, address } = await connectUser(how);
    const reply = await transport.request('echo', { n: 1 }, { id: 'abc' });
    expect(reply).toEqual({ v: 2, id: 'abc', ok: true, result: { user: address, body: { n: 1 } } });
  });

  test('passes the fault of the hub on', async () => {
    const { transport } = await connectUser(how);
    expect(await transport.request('echo', { refuse: true })).toMatchObject({
      ok: false,
      error: fault('busy'),
    });
  });

  test('an answer that does not come is unknown, never failed; so is one nobody waits for', async () => {
    const { transport } = await connectUser(how);
    answering = false;
    try {
      const late = await transport.request('echo', {}, { timeoutMs: 50 });
      expect(late).toMatchObject({
        ok: false,
        error: { code: 'timeout', outcome: 'unknown', retryable: true },
      });
      const controller = new AbortController();
      const aborted = transport.request('echo', {}, { signal: controller.signal });
      controller.abort();
      expect(await aborted).toMatchObject({ ok: false, error: { code: 'timeout', outcome: 'unknown' } });
    } finally {
      answering = true;
    }
  });

  test('a service that is not there is unreachable', async () => {
    const { transport } = await connectUser(how);
    expect(await transport.request('nothing', {})).toMatchObject({
      ok: false,
      error: { code: 'unreachable' },
    });
  });

  test('what is too large is not sent, or refused', async () => {
    const { transport } = await connectUser(how);
    const reply = await transport.request('echo', { text: 'x'.repeat(600_000) });
    expect(reply).toMatchObject({ ok: false, error: { code: 'too_large', outcome: 'unchanged' } });
  });

  test('hears the events of its user, until it closes the stream', async () => {
    const { transport, address } = await connectUser(how);
    const events = transport.events();
    const teller = setInterval(() => bus.tell(address, 'greeting', { text: 'hello' }, 'e1'), 10);
    try {
      for await (const event of events) {
        expect(event).toEqual({ v: 2, id: 'e1', type: 'greeting', text: 'hello' });
        break;
      }
    } finally {
      clearInterval(teller);
    }
  });
});

test('peers write to each other, and the sender is who the bus says', async () => {
  const [a, b] = [await connectUser('tcp'), await connectUser('websocket')];
  const messages = b.transport.peerMessages();
  const writer = setInterval(() => a.transport.publishToPeer(b.address, { hi: 1 }), 10);
  try {
    for await (const message of messages) {
      expect(message).toEqual({ from: a.address, body: { hi: 1 } });
      break;
    }
  } finally {
    clearInterval(writer);
  }
});

test('the line comes back after the server was killed, and says so', async () => {
  const { transport, address } = await connectUser('tcp');
  const events = transport.events()[Symbol.asyncIterator]();
  expect((await transport.request('echo', {})).ok).toBe(true);
  await nats.process.kill();
  expect(await transport.request('echo', {}, { timeoutMs: 100 })).toMatchObject({
    ok: false,
    error: { outcome: 'unknown' },
  });
  nats = await startNatsServer({ folder, ...ports });
  expect((await events.next()).value).toMatchObject({ type: 'reconnected' });
  const reply = await waitUntil('an answer', async () => {
    const reply = await transport.request('echo', {}, { timeoutMs: 500 });
    return reply.ok && reply;
  });
  expect(reply.result).toMatchObject({ user: address });
}, 30_000);

test('a session is renewed before it ends, without a lost request', async () => {
  sessionLifetime = 8;
  try {
    const { transport } = await connectUser('tcp');
    const end = Date.now() + 10_000;
    let asked = 0;
    while (Date.now() < end) {
      const reply = await transport.request('echo', { asked });
      expect(reply).toMatchObject({ ok: true });
      asked += 1;
    }
    expect(asked).toBeGreaterThan(100);
  } finally {
    sessionLifetime = 3_600;
  }
}, 30_000);

test('a hub that names another domain gets no signature', async () => {
  const wallet = Wallet.createRandom();
  const sign = () => {
    throw new Error('must not be asked');
  };
  const other = hubUrl.replace('127.0.0.1', 'localhost');
  const session = await keepSession({
    hubUrl: other,
    address: wallet.address.toLowerCase(),
    sign,
    chainId: CHAIN,
  });
  expect(session).toMatchObject({ ok: false, error: { code: 'unauthenticated' } });
});
