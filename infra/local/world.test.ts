// SPDX-License-Identifier: MIT
/** The local world comes up, comes back, and leaves nothing behind. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choosePorts, occupied } from './ports.ts';
import { waitUntil } from './wait-until.ts';
import { rpc } from './local-chain.ts';
import { startWorld, type World } from './world.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const ETHER = 10n ** 18n;
const SOMEONE = `0x${'5e'.repeat(20)}`;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'indra-world-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const balance = async (world: World) =>
  BigInt((await rpc(world.chain.rpcUrl, 'eth_getBalance', [SOMEONE, 'latest'])) as string);
const ready = async (world: World) => (await fetch(`${world.hubUrl}/health/ready`)).ok;

test('a world comes back as it was: the same contracts, the same money, the same keys', async () => {
  const first = await startWorld({ folder, store: 'dynamodb' });
  expect(first.chain.isNew).toBe(true);
  await first.fund(SOMEONE, { ether: ETHER, token: 1n });
  await first.stop();

  const second = await startWorld({ folder, store: 'dynamodb' });
  try {
    expect(second.chain.isNew).toBe(false);
    expect(second.chain.deployment).toEqual(first.chain.deployment);
    expect(second.hubAddress).toBe(first.hubAddress);
    expect(await balance(second)).toBe(ETHER);
    expect(await ready(second)).toBe(true);
  } finally {
    await second.stop();
  }
}, 120_000);

test('each part can be killed and started again, and the hub is ready again', async () => {
  const world = await startWorld({ store: 'sqlite' });
  try {
    for (const name of ['nats', 'functions-1']) {
      await world.part(name).kill();
      expect(world.part(name).process().running()).toBe(false);
      await world.part(name).start();
      await waitUntil(`the hub after ${name}`, () => ready(world));
    }
    await world.fund(SOMEONE, { ether: ETHER, token: 0n });
    // The chain writes its state once a second; what it wrote is there again.
    const file = join(world.folder, 'chain', 'anvil.json');
    await waitUntil('the state on disk', () => existsSync(file));
    await world.part('chain').stop();
    await world.part('chain').start();
    expect(await balance(world)).toBe(ETHER);
    await waitUntil('the hub after the chain', () => ready(world));
  } finally {
    await world.stop();
  }
  expect(existsSync(world.folder)).toBe(false);
}, 120_000);

test('when the process that started a world is killed, everything it started ends', async () => {
  const ports = await choosePorts({});
  const script = `
    import { startWorld } from ${JSON.stringify(join(ROOT, 'infra/local/world.ts'))};
    await startWorld({ store: 'dynamodb', ports: ${JSON.stringify(ports)}, folder: ${JSON.stringify(join(folder, 'killed'))} });
    console.log('up');
  `;
  const starter = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
    cwd: ROOT,
  });
  let output = '';
  starter.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  starter.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await waitUntil(
    'the world',
    () => {
      if (starter.exitCode !== null) throw new Error(output);
      return output.includes('up');
    },
    { timeoutMs: 90_000 },
  );
  const { card: _, ...used } = ports;
  expect(await occupied(used)).toHaveLength(Object.keys(used).length);
  starter.kill('SIGKILL');
  await waitUntil('an empty machine', async () => (await occupied(used)).length === 0);
}, 120_000);

test('a port in use is one clear line', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  const address = blocker.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  expect(await occupied({ chain: port })).toEqual([`chain (${port})`]);
  await new Promise((resolve) => blocker.close(resolve));
});
