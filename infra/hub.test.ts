// SPDX-License-Identifier: MIT
/** `npm run hub` as its operator runs it: one process that starts two, SQLite, a chain and a NATS server that are there. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Wallet } from 'ethers';
import { connect } from '../lib/client/connect.ts';
import { ETHER } from '../lib/protocol/types.ts';
import { MemoryStore } from '../lib/store/memory-store.ts';
import { isFree } from './local/free-port.ts';
import { startProcess, type ManagedProcess } from './local/managed-process.ts';
import { waitUntil } from './local/wait-until.ts';
import { startWorld, type World } from './local/world.ts';

let folder: string;
let world: World;
const running = new Set<ManagedProcess>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'indra-hub-'));
  world = await startWorld({ store: 'sqlite', functions: 0 });
}, 60_000);

afterAll(async () => {
  await Promise.all([...running].map((hub) => hub.kill()));
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
}, 30_000);

function startHub(env: Readonly<Record<string, string>> = {}): ManagedProcess {
  const hub = startProcess({
    name: 'hub',
    command: process.execPath,
    args: [
      '--no-warnings',
      join(import.meta.dirname, 'hub.ts'),
      '--port',
      String(world.ports.http),
      '--processes',
      '2',
    ],
    env: {
      ...world.env,
      INDRA_STORE: 'sqlite',
      INDRA_SQLITE_PATH: join(folder, 'hub.sqlite'),
      ...env,
    },
  });
  running.add(hub);
  return hub;
}

test('two people pay each other through it, and its end leaves nothing behind', async () => {
  const hub = startHub();
  await waitUntil('the hub', async () => !hub.running() || (await fetch(`${world.hubUrl}/health/ready`)).ok, {
    timeoutMs: 60_000,
  });
  expect(hub.running()).toBe(true);
  const join = () =>
    connect({
      hubUrl: world.hubUrl,
      key: Wallet.createRandom().privateKey,
      store: new MemoryStore(),
      chain: { rpcUrl: world.chain.rpcUrl },
      pollMs: 200,
    });
  const [payer, payee] = await Promise.all([join(), join()]);
  const confirmed = payer.deposit({ asset: ETHER, amount: 1_000n });
  await world.fund(payer.channelAddress, { ether: 1_000n, token: 0n });
  await confirmed;
  const received = new Promise<bigint>((resolve) =>
    payee.on('payment.received', ({ amount }) => resolve(amount)),
  );
  await payer.transfer({ to: payee.identifier, asset: ETHER, amount: 300n });
  expect(await received).toBe(300n);
  await Promise.all([payer.close(), payee.close()]);
  await hub.stop();
  expect(await Promise.all([0, 1, 2, 3].map((offset) => isFree(world.ports.http + offset)))).toEqual([
    true,
    true,
    true,
    true,
  ]);
}, 120_000);

test.each([
  [
    'a NATS server that is not there',
    { INDRA_NATS_URLS: 'nats://127.0.0.1:1' },
    /^indra: NATS at nats:.* cannot be used/,
  ],
  [
    'a store that is not for real money',
    { INDRA_STORE: 'memory' },
    /INDRA_STORE: a hub on one box keeps its money in sqlite/,
  ],
  ['no chain', { INDRA_CHAINS: '[]' }, /INDRA_CHAINS/],
])(
  '%s: one line says so, and it ends',
  async (_name, env, line) => {
    const hub = startHub(env);
    expect((await hub.exited).code).toBe(1);
    expect(
      hub
        .tail()
        .trim()
        .split('\n')
        .filter((text) => line.test(text)),
    ).toHaveLength(1);
  },
  60_000,
);
