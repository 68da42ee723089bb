// SPDX-License-Identifier: MIT
/** The bridge against serverless-offline's Lambda endpoint: the same table, another way to run the functions. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProcess, type ManagedProcess } from '../local/managed-process.ts';
import { waitUntil } from '../local/wait-until.ts';
import { echoWorld, type EchoWorld } from '../serverless-nats/fixture/echo-world.ts';
import { ECHO } from '../serverless-nats/fixture/with-echo.ts';
import { readRoutes } from '../dispatcher/routes.ts';
import { routesFrom } from './read-routes.ts';

const ROOT = join(import.meta.dirname, '..', '..');
let world: EchoWorld;
let folder: string;
let bridge: ManagedProcess;
let functionsPid: number;

beforeAll(async () => {
  world = await echoWorld();
  folder = await mkdtemp(join(tmpdir(), 'indra-bridge-'));
  // The functions run without their NATS event, so what answers can only have come through the bridge.
  const functions = await world.functions('bridged', (all) => {
    for (const name of Object.keys(all)) delete all[name];
    all['echo'] = { ...ECHO, events: [{ httpApi: 'GET /echo' }] };
  });
  functionsPid = functions.process.pid;
  const routes = join(folder, 'nats-routes.json');
  await writeFile(routes, JSON.stringify(readRoutes({ echo: { ...ECHO, name: 'indra-local-echo' } })));
  const lines: string[] = [];
  bridge = startProcess({
    name: 'bridge',
    command: process.execPath,
    args: [
      '--no-warnings',
      join(ROOT, 'infra', 'bridge', 'bridge.ts'),
      '--routes',
      routes,
      '--endpoint',
      functions.lambdaUrl,
    ],
    env: world.env,
    onLine: (line) => void lines.push(line),
  });
  await waitUntil('the bridge', () => {
    if (!bridge.running()) throw new Error(bridge.tail());
    return lines.some((line) => line.includes('the bridge is up'));
  });
}, 90_000);

afterAll(async () => {
  await bridge?.stop();
  await world?.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test('a message reaches its function through the Lambda API, and the answer comes back', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => world.ask({ waitMs: 5 })));
  for (const answer of answers) expect(answer).toMatchObject({ pid: functionsPid });
}, 60_000);

test('a function that fails there is an unknown outcome here', async () => {
  expect(await world.ask({ fail: true })).toBe('internal');
}, 60_000);

test('serverless.yml itself gives the same table as what serverless package writes', async () => {
  const routes = await routesFrom(join(ROOT, 'serverless.yml'), 'dev');
  expect(routes.names['propose']).toBe('indra-dev-propose');
  expect(routes.nats).toContainEqual({
    function: 'propose',
    subject: 'indra.v1.*.*.propose',
    queue: 'propose',
    lane: 'users',
  });
  expect(routes.timeouts['propose']).toBe(10);
});

test('asked to end, the bridge ends by itself', async () => {
  await bridge.stop(20_000);
  expect(await bridge.exited).toMatchObject({ code: 0 });
});
