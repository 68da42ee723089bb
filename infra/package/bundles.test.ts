// SPDX-License-Identifier: MIT
/** `serverless package` needs no credentials, and each archive, unpacked where there is nothing else, answers. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { tableDefinition } from '../../lib/store/dynamodb-table.ts';
import { routesSchema } from '../dispatcher/routes.ts';
import { createAuthority } from '../nats/authority.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const INHERITED = { PATH: process.env['PATH'] ?? '', HOME: tmpdir() };
let folder: string;
let packaged: string;
let functions: Record<string, { events: { nats?: object; timer?: object; httpApi?: string }[] }>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'indra-package-'));
  packaged = join(folder, 'package');
  ({ functions } = parse(await readFile(join(ROOT, 'serverless.yml'), 'utf8'), { logLevel: 'silent' }));
  await execa(
    process.execPath,
    ['node_modules/serverless/bin/serverless.js', 'package', '--package', packaged],
    {
      cwd: ROOT,
      env: INHERITED,
      extendEnv: false,
    },
  );
}, 240_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test('the stack holds every function, its paths, its schedules and the table', async () => {
  const template = JSON.parse(
    await readFile(join(packaged, 'cloudformation-template-update-stack.json'), 'utf8'),
  ) as {
    Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  };
  const resources = Object.values(template.Resources);
  const count = (type: string) => resources.filter((resource) => resource.Type === type).length;
  expect(count('AWS::Lambda::Function')).toBe(Object.keys(functions).length);
  expect(count('AWS::Events::Rule')).toBe(3);
  const paths = Object.values(functions).flatMap((definition) =>
    definition.events.filter((event) => event.httpApi),
  );
  expect(count('AWS::ApiGatewayV2::Route')).toBe(paths.length);
  for (const { Type, Properties } of resources) {
    if (Type === 'AWS::Lambda::Function') expect(Properties['Runtime']).toBe('nodejs24.x');
  }
});

test('the table is the one the store makes for itself on a local server', async () => {
  const { resources } = parse(await readFile(join(ROOT, 'serverless.yml'), 'utf8'), {
    logLevel: 'silent',
  }) as {
    resources: { Resources: { Table: { Properties: Record<string, unknown> } } };
  };
  const { TableName: _, ...wanted } = tableDefinition('any');
  expect(resources.Resources.Table.Properties).toMatchObject({ ...wanted });
});

test('the bridge finds its table among what was packaged', async () => {
  const routes = routesSchema.parse(JSON.parse(await readFile(join(packaged, 'nats-routes.json'), 'utf8')));
  const declared = Object.values(functions).flatMap((definition) =>
    definition.events.filter((event) => event.nats),
  );
  expect(routes.nats).toHaveLength(declared.length);
  expect(routes.names['propose']).toBe('indra-dev-propose');
});

/** Calls the handler as Lambda does, in a process of its own, and prints the answer. */
const CALLER = `
const { handler } = await import(process.argv[2]);
const context = { getRemainingTimeInMillis: () => 10_000, awsRequestId: 'x' };
const said = await handler(JSON.parse(process.argv[3]), context).then(
  (answer) => ({ answer: answer ?? null }),
  (error) => ({ answer: { failed: error.name } }),
);
process.stdout.write('\\n' + JSON.stringify(said) + '\\n', () => process.exit(0));
`;

test('each archive, unpacked in an empty folder, answers under Node 24', async () => {
  const authority = await createAuthority();
  const env = { ...INHERITED, ...configuration(authority.account.publicKey) };
  const caller = join(folder, 'caller.mjs');
  await writeFile(caller, CALLER);
  for (const [name, { events }] of Object.entries(functions)) {
    const home = join(folder, 'unpacked', name);
    await mkdir(home, { recursive: true });
    await execa('unzip', ['-q', join(packaged, `${name}.zip`), '-d', home]).catch(() =>
      execa('python3', ['-m', 'zipfile', '-e', join(packaged, `${name}.zip`), home]),
    );
    const overHttp = events.some((event) => event.httpApi !== undefined);
    const event = overHttp
      ? httpEvent(name)
      : { nats: { subject: `indra.v1.hub.${name}`, data: 'not JSON' } };
    const { stdout } = await execa(
      process.execPath,
      ['--no-warnings', caller, join(home, 'functions', name, 'handler.mjs'), JSON.stringify(event)],
      { cwd: home, env, extendEnv: false, timeout: 60_000 },
    );
    const { answer } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
      answer: { body: string; statusCode: number } | string | null;
    };
    if (name === 'health') {
      expect(answer).toMatchObject({ statusCode: 200 });
    } else if (overHttp) {
      const { body } = answer as { body: string };
      expect({ name, ...JSON.parse(body) }).toMatchObject({
        name,
        ok: false,
        error: { code: 'malformed', outcome: 'unchanged' },
      });
    } else {
      // Of the hub's own functions nobody asks anything over HTTP; they get as far as to the NATS server that is not there.
      expect({ name, answer }).toEqual({ name, answer: { failed: 'ConnectionError' } });
    }
  }
}, 240_000);

function httpEvent(name: string): object {
  const live = name === 'health';
  const path = live ? '/health/live' : `/v1/${name}`;
  return {
    version: '2.0',
    rawPath: path,
    headers: { 'content-type': 'application/json' },
    requestContext: { http: { method: live ? 'GET' : 'POST', path } },
    body: 'not JSON',
    isBase64Encoded: false,
  };
}

function configuration(account: string): Record<string, string> {
  const contract = (digit: string) => `0x${digit.repeat(40)}`;
  const chain = {
    ...{
      chainId: 31337,
      rpcUrl: 'http://127.0.0.1:9',
      publicRpcUrl: 'http://127.0.0.1:9',
      confirmations: 0,
      fromBlock: 0,
    },
    ...{
      factory: contract('1'),
      registry: contract('2'),
      channelImplementation: contract('3'),
      transferApp: contract('4'),
    },
    ...{ challengePeriod: 3_600, appPeriods: [600, 1_200], patience: 60, reaction: 240 },
    assets: [
      {
        ...{ address: contract('0'), symbol: 'ETH', decimals: 18, transfer: { min: '1', max: '10' } },
        collateral: { initial: '1', target: '2', low: '1' },
      },
    ],
  };
  return {
    INDRA_PUBLIC_URL: 'http://127.0.0.1:9',
    INDRA_STORE: 'dynamodb',
    INDRA_DYNAMODB_ENDPOINT: 'http://127.0.0.1:9',
    INDRA_CHAINS: JSON.stringify([chain]),
    INDRA_NATS_URLS: 'nats://127.0.0.1:9',
    INDRA_NATS_ACCOUNT: account,
    INDRA_NATS_CREDENTIALS: 'none',
    INDRA_NATS_SIGNING_SEED: 'none',
    INDRA_TOKEN_SECRET: 'x'.repeat(32),
    HUB_PRIVATE_KEY: `0x${'11'.repeat(32)}`,
    HUB_TREASURY_KEY: `0x${'12'.repeat(32)}`,
  };
}
