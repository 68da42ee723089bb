// SPDX-License-Identifier: MIT
/** What serverless.yml declares is answered, by whom it says; what it does not declare is not. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NoRespondersError, RequestError } from '@nats-io/nats-core';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { waitUntil } from '../local/wait-until.ts';
import { readRoutes } from '../dispatcher/routes.ts';
import { echoWorld, USER, type EchoWorld } from './fixture/echo-world.ts';
import { ECHO } from './fixture/with-echo.ts';

const ROOT = join(import.meta.dirname, '..', '..');
let world: EchoWorld;

beforeAll(async () => {
  world = await echoWorld();
}, 60_000);
afterAll(() => world?.close(), 60_000);

async function unanswered(operation: string): Promise<boolean> {
  const message = JSON.stringify({ v: 2, id: 'x', body: {} });
  try {
    await world.user.request(`indra.v1.31337.${USER}.${operation}`, message, { timeout: 5_000 });
    return false;
  } catch (error) {
    return error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders());
  }
}

test('subjects, timers and HTTP paths reach the function; a failing or slow one is an unknown outcome', async () => {
  const functions = await world.functions('all', (all) => {
    for (const name of Object.keys(all)) if (name !== 'open') delete all[name];
    all['echo'] = ECHO;
  });
  const answer = await world.ask();
  expect(answer).toMatchObject({ subject: `indra.v1.31337.${USER}.echo` });
  expect(await world.ask({ fail: true })).toBe('internal');
  expect(await world.ask({ waitMs: 2_500 })).toBe('internal');
  await waitUntil('two ticks of the timer', async () => {
    const now = await world.ask();
    return typeof now === 'object' && now.ticks >= 2;
  });
  const overHttp = (await (await fetch(`${functions.httpUrl}/echo`)).json()) as { pid: number };
  // One copy of the function in one process, however it is reached.
  expect(await world.ask()).toMatchObject({ pid: overHttp.pid });
  expect(await unanswered('open')).toBe(false);
  await functions.process.stop();
}, 60_000);

test('W-C2 an answer goes to the inbox of who asked, and nowhere else (invariant 9)', async () => {
  const functions = await world.functions('answers', (all) => {
    for (const name of Object.keys(all)) delete all[name];
    all['echo'] = ECHO;
  });
  const { user } = world;
  const heard: string[] = [];
  const subjects = [`indra.v1.events.${USER}`, `indra.v1.peer.${USER}.*`, `_INBOX.${USER}.own`];
  const subscriptions = subjects.map((subject) =>
    user.subscribe(subject, { callback: (_error, message) => void heard.push(message.subject) }),
  );
  const message = JSON.stringify({ v: 2, id: 'echo', body: {} });
  // The last is the one that is answered: by then the others would have been.
  for (const reply of [`indra.v1.events.${USER}`, `indra.v1.peer.${USER}.hub`, `_INBOX.${USER}.own`])
    user.publish(`indra.v1.31337.${USER}.echo`, message, { reply });
  await waitUntil('the answer', async () => heard.length > 0);
  await world.ask();
  expect(heard).toEqual([`_INBOX.${USER}.own`]);
  for (const subscription of subscriptions) subscription.unsubscribe();
  await functions.process.stop();
}, 60_000);

test('a function whose event was deleted from serverless.yml is not reached', async () => {
  const functions = await world.functions('without', (all) => {
    for (const name of Object.keys(all)) if (name !== 'open') delete all[name];
    all['echo'] = ECHO;
    const open = all['open'] as { events: { nats?: unknown }[] };
    open.events = open.events.filter((event) => event.nats === undefined);
  });
  expect(await world.ask()).toMatchObject({ ticks: expect.any(Number) });
  expect(await unanswered('open')).toBe(true);
  await functions.process.stop();
}, 60_000);

test('two processes share a queue, and one that is asked to stop answers what it took', async () => {
  const only = (all: Record<string, unknown>) => {
    for (const name of Object.keys(all)) delete all[name];
    all['echo'] = ECHO;
  };
  const [first, second] = await Promise.all([
    world.functions('first', only),
    world.functions('second', only),
  ]);
  const many = await Promise.all(Array.from({ length: 60 }, () => world.ask({ waitMs: 1 })));
  const pids = new Set(many.map((answer) => (typeof answer === 'object' ? answer.pid : 0)));
  expect(pids).toEqual(new Set([first.process.pid, second.process.pid]));

  const slow = Array.from({ length: 40 }, () => world.ask({ waitMs: 400 }, 5_000));
  await world.user.flush();
  const stopped = first.process.stop();
  const answers = await Promise.all(slow);
  expect(answers.filter((answer) => typeof answer !== 'object')).toEqual([]);
  await stopped;
  await second.process.stop();
}, 60_000);

test('every operation of the design has its subject and its path, named as its folder', async () => {
  const { functions } = parse(await readFile(join(ROOT, 'serverless.yml'), 'utf8'), {
    logLevel: 'silent',
  }) as {
    functions: Record<string, { handler: string; events: { httpApi?: string }[] }>;
  };
  const routes = readRoutes(functions);
  for (const [name, { handler }] of Object.entries(functions))
    expect(handler).toBe(`functions/${name}/handler.handler`);
  for (const { function: name, subject, queue } of routes.nats) {
    expect([`indra.v1.*.*.${name}`, `indra.v1.hub.${name}`]).toContain(subject);
    expect(queue).toBe(name);
    if (subject.startsWith('indra.v1.hub.')) continue;
    expect(functions[name]?.events.map((event) => event.httpApi)).toContain(`POST /v1/${name}`);
  }
  expect(routes.timers.map((timer) => timer.function).sort()).toEqual(['submit', 'sweep', 'watch']);
});
