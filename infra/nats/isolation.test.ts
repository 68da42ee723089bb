// SPDX-License-Identifier: MIT
/** Invariant 9: a sender is who the bus says, and a user can read, lock or block nothing of another's. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createUser } from '@nats-io/nkeys';
import {
  connect,
  credsAuthenticator,
  jwtAuthenticator,
  wsconnect,
  PermissionViolationError,
} from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../local/free-port.ts';
import { startNatsServer, type NatsServer } from '../local/nats-server.ts';
import { issueUser } from './issue-user.ts';

const alice = `0x${'a1'.repeat(20)}`;
const bob = `0x${'b0'.repeat(20)}`;
let folder: string;
let server: NatsServer;
const open: NatsConnection[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'indra-nats-'));
  const [port, websocketPort, monitorPort] = await Promise.all([freePort(), freePort(), freePort()]);
  server = await startNatsServer({ folder, port, websocketPort, monitorPort });
}, 30_000);

afterAll(async () => {
  await Promise.all(open.map((connection) => connection.close()));
  await server?.process.stop();
  await rm(folder, { recursive: true, force: true });
});

async function asUser(
  address: string,
  how: 'tcp' | 'websocket' = 'tcp',
  lifetime = 600,
): Promise<NatsConnection> {
  const key = createUser();
  const { authority } = server.files;
  const jwt = await issueUser(
    { address, publicKey: key.getPublicKey(), expiresAt: Math.floor(Date.now() / 1000) + lifetime },
    { account: authority.account.publicKey, signingSeed: authority.signingSeed },
  );
  const options = {
    authenticator: jwtAuthenticator(jwt, key.getSeed()),
    inboxPrefix: `_INBOX.${address}`,
    reconnect: false,
  };
  const connection =
    how === 'tcp'
      ? await connect({ ...options, servers: server.url })
      : await wsconnect({ ...options, servers: server.websocketUrl });
  open.push(connection);
  return connection;
}

async function asHub(): Promise<NatsConnection> {
  const authenticator = credsAuthenticator(new TextEncoder().encode(server.files.authority.hubCredentials));
  const connection = await connect({
    servers: server.url,
    authenticator,
    inboxPrefix: '_INBOX.hub',
    reconnect: false,
  });
  open.push(connection);
  return connection;
}

/** Whether the server lets a publish through; a refusal arrives before the pong that `flush` waits for. */
async function mayPublish(connection: NatsConnection, subject: string): Promise<boolean> {
  const refusals = refusalsOf(connection);
  const before = refusals.length;
  connection.publish(subject, 'x');
  await connection.flush();
  await new Promise((resolve) => setImmediate(resolve));
  return refusals.length === before;
}

async function maySubscribe(connection: NatsConnection, subject: string): Promise<boolean> {
  let refused = false;
  const subscription = connection.subscribe(subject, {
    callback: (error) => {
      refused ||= error instanceof PermissionViolationError;
    },
  });
  await connection.flush();
  subscription.unsubscribe();
  return !refused;
}

const refusalsByConnection = new WeakMap<NatsConnection, PermissionViolationError[]>();

function refusalsOf(connection: NatsConnection): PermissionViolationError[] {
  const known = refusalsByConnection.get(connection);
  if (known !== undefined) return known;
  const found: PermissionViolationError[] = [];
  refusalsByConnection.set(connection, found);
  void (async () => {
    for await (const event of connection.status()) {
      if (event.type === 'error' && event.error instanceof PermissionViolationError) found.push(event.error);
    }
  })();
  return found;
}

test('keys on disk are readable by their owner only', async () => {
  for (const name of ['authority.json', 'hub.creds', 'signing.nk']) {
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  }
});

test.each(['tcp', 'websocket'] as const)('a user reaches its own subjects and no other (%s)', async (how) => {
  const user = await asUser(alice, how);
  const table: [string, 'publish' | 'subscribe', boolean][] = [
    [`indra.v1.31337.${alice}.propose`, 'publish', true],
    [`indra.v1.peer.${bob}.${alice}`, 'publish', true],
    [`indra.v1.31337.${bob}.propose`, 'publish', false],
    [`indra.v1.peer.${alice}.${bob}`, 'publish', false],
    [`indra.v1.peer.${bob}.${bob}`, 'publish', false],
    [`indra.v1.events.${alice}`, 'publish', false],
    [`indra.v1.events.${bob}`, 'publish', false],
    [`indra.v1.events.${alice}.propose`, 'publish', false],
    ['indra.v1.hub.watch', 'publish', false],
    [`indra.v1.hub.${alice}.watch`, 'publish', false],
    [`_INBOX.${bob}.x`, 'publish', false],
    [`_INBOX.${alice}.x`, 'publish', false],
    ['_INBOX.hub.x', 'publish', false],
    ['$SYS.REQ.SERVER.PING', 'publish', false],
    [`indra.v1.events.${alice}`, 'subscribe', true],
    [`indra.v1.peer.${alice}.*`, 'subscribe', true],
    [`_INBOX.${alice}.>`, 'subscribe', true],
    [`indra.v1.events.${bob}`, 'subscribe', false],
    ['indra.v1.events.*', 'subscribe', false],
    [`indra.v1.peer.${bob}.*`, 'subscribe', false],
    [`indra.v1.peer.*.${alice}`, 'subscribe', false],
    [`_INBOX.${bob}.>`, 'subscribe', false],
    ['_INBOX.>', 'subscribe', false],
    [`indra.v1.31337.${alice}.propose`, 'subscribe', false],
    ['indra.v1.hub.>', 'subscribe', false],
    ['indra.v1.>', 'subscribe', false],
    ['>', 'subscribe', false],
    ['$SYS.>', 'subscribe', false],
  ];
  for (const [subject, action, expected] of table) {
    const allowed =
      action === 'publish' ? await mayPublish(user, subject) : await maySubscribe(user, subject);
    expect({ subject, action, allowed }).toEqual({ subject, action, allowed: expected });
  }
});

test('a request is answered into the inbox of who asked, and the hub sees who asked', async () => {
  const hub = await asHub();
  hub.subscribe('indra.v1.*.*.open', {
    queue: 'open',
    callback: (_, message) => void message.respond(message.subject),
  });
  await hub.flush();
  const user = await asUser(alice);
  const reply = await user.request(`indra.v1.31337.${alice}.open`, 'x');
  expect(reply.string()).toBe(`indra.v1.31337.${alice}.open`);
});

test('the hub tells one user something and only that user hears it', async () => {
  const [hub, first, second] = [await asHub(), await asUser(alice), await asUser(bob)];
  const heard: string[] = [];
  first.subscribe(`indra.v1.events.${alice}`, { callback: () => void heard.push('alice') });
  second.subscribe(`indra.v1.events.${bob}`, { callback: () => void heard.push('bob') });
  await Promise.all([first.flush(), second.flush()]);
  hub.publish(`indra.v1.events.${alice}`, '{}');
  await hub.flush();
  await Promise.all([first.flush(), second.flush()]);
  expect(heard).toEqual(['alice']);
});

test('a user name cannot be a pattern, and an expired JWT opens nothing', async () => {
  await expect(asUser('*')).rejects.toThrow(/lowercase address/);
  await expect(asUser('>')).rejects.toThrow(/lowercase address/);
  await expect(asUser(alice, 'tcp', -1)).rejects.toThrow(/authorization/i);
});
