// SPDX-License-Identifier: MIT
/** The watchtower as people run it: a process of its own, spoken to over HTTP, killed and started again. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startLocalChain, type LocalChain } from '../lib/chain/testing/local-chain.ts';
import { systemClock } from '../lib/client/clock.ts';
import { EventHub } from '../lib/client/events.ts';
import { WatchtowerFeed } from '../lib/client/watchtower-feed.ts';
import { decodeReply } from '../lib/messaging/envelope.ts';
import { postRequest } from '../lib/messaging/http-post.ts';
import { toJson } from '../lib/protocol/wire/primitives.ts';
import { towerStatus, type TowerStatus } from '../lib/protocol/wire/watchtower.ts';
import type { AgreedState } from '../lib/protocol/types.ts';
import { DisputedChannel } from '../lib/watchtower/testing/disputed-channel.ts';
import { shownOf } from '../lib/watchtower/testing/shown-states.ts';
import type { ManagedProcess } from './local/managed-process.ts';
import { waitUntil } from './local/wait-until.ts';
import { newWatchtower, startWatchtower, type RunningWatchtower } from './local/watchtower-process.ts';

const SCRIPT = join(import.meta.dirname, 'watchtower.ts');
const PERIOD = 4_000;
let chain: LocalChain;
let folder: string;
let period = PERIOD;
const running = new Set<ManagedProcess>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'indra-watchtower-'));
  chain = await startLocalChain(['--mixed-mining', '--block-time', '2']);
}, 30_000);
afterAll(async () => {
  for (const process of running) await process.kill();
  await chain.stop();
  await rm(folder, { recursive: true, force: true });
});

async function newTower(): Promise<RunningWatchtower> {
  const tower = await newWatchtower({
    folder: join(folder, randomBytes(4).toString('hex')),
    chain: { ...chain.contracts, rpcUrl: chain.url },
    confirmations: 1,
  });
  running.add(tower.process);
  return tower;
}

async function startAgain({ env }: RunningWatchtower): Promise<RunningWatchtower> {
  const tower = await startWatchtower(env);
  running.add(tower.process);
  return tower;
}

const show = (tower: RunningWatchtower, one: DisputedChannel, state: AgreedState) =>
  postRequest({ url: `${tower.url}/v1/states`, body: toJson(shownOf(state, one.channel)), id: 'a' });

async function statusOf({ url }: RunningWatchtower): Promise<TowerStatus> {
  const said = decodeReply(await (await fetch(`${url}/v1/status`)).text(), '');
  if (!said.ok) throw new Error(said.error.code);
  return towerStatus.parse(said.result);
}

const newChannel = () => new DisputedChannel(chain, (period += 1));
const untilAnswered = (one: DisputedChannel, version: bigint) =>
  waitUntil('the answer', async () => {
    const { floorVersion, finalizesAt } = await one.status();
    return floorVersion === version && finalizesAt === 0;
  });

test('what a client showed it is answered with, while the client is gone (invariant 10)', async () => {
  const tower = await newTower();
  const one = newChannel();
  const closing = new AbortController();
  const events = new EventHub();
  const accepted = new Promise<bigint>((resolve) =>
    events.on('watchtower.accepted', ({ receipt }) => resolve(receipt.version)),
  );
  const app = one.app(1, 'responder');
  new WatchtowerFeed({
    towers: [tower.url],
    channel: one.channel,
    newest: () => one.agreed(9n, [one.moved(app, 4n)]),
    clock: systemClock,
    events,
    closing: closing.signal,
  }).nudge();
  expect(await accepted).toBe(9n);
  closing.abort();
  await one.challenge(one.agreed(4n));
  await one.disputeApp(one.moved(app, 2n));
  await untilAnswered(one, 9n);
  await waitUntil('the app state', async () => (await one.appStatus(app)).version === 4n);
  expect(await one.said('LedgerAnswered')).toBe(1);
  await tower.process.stop();
}, 60_000);

test('killed at any moment and started again, it answers once (invariant 12)', async () => {
  let tower = await newTower();
  for (const [index, delay] of [0, 40, 80, 120, 160, 250].entries()) {
    const one = newChannel();
    expect((await show(tower, one, one.agreed(9n))).ok).toBe(true);
    if (index === 0) await tower.process.kill();
    await one.challenge(one.agreed(4n));
    await new Promise((resolve) => setTimeout(resolve, delay));
    await tower.process.kill();
    tower = await startAgain(tower);
    await untilAnswered(one, 9n);
    expect(await one.said('LedgerAnswered')).toBe(1);
  }
  await waitUntil('an empty lane', async () => (await statusOf(tower)).chains[0]?.waiting === 0);
  const [watched] = (await statusOf(tower)).chains;
  expect(watched).toMatchObject({ channels: 6, chainId: 31337 });
  await tower.process.stop();
}, 120_000);

test('garbage, floods and long messages leave it running', async () => {
  const tower = await newTower();
  const one = newChannel();
  const post = async (body: string) =>
    (await fetch(`${tower.url}/v1/states`, { method: 'POST', body }).catch(() => null))?.status ?? 'cut';
  expect(await post('{')).toBe(400);
  expect([413, 'cut']).toContain(await post('x'.repeat(10_000_000)));
  const statuses = await Promise.all(Array.from({ length: 700 }, () => post('{}')));
  expect(new Set(statuses)).toEqual(new Set([400, 429]));
  expect(tower.process.running()).toBe(true);
  expect((await fetch(`${tower.url}/health/live`)).status).toBe(200);
  await waitUntil('its turn', async () => (await show(tower, one, one.agreed(2n))).ok);
  await tower.process.stop();
}, 60_000);

test('explains itself, and says what it lacks', async () => {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--no-warnings', SCRIPT, '--help']);
  expect(stdout).toMatch(/--local/);
  await expect(
    run(process.execPath, ['--no-warnings', SCRIPT], { env: { PATH: process.env['PATH'] } }),
  ).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/WATCHTOWER_PRIVATE_KEY_FILE/) });
});
