// SPDX-License-Identifier: MIT
import { expect, jest, test } from '@jest/globals';
import { encodeRequest, decodeReply } from '../messaging/envelope.ts';
import { toJson } from '../protocol/wire/primitives.ts';
import { towerReceipt, towerStatus } from '../protocol/wire/watchtower.ts';
import { StoreFault } from '../store/store.ts';
import { openDoor } from './door.ts';
import { round } from './round.ts';
import { scriptedTower, type ScriptedTower } from './testing/scripted-tower.ts';
import { atVersion, shownOf } from './testing/shown-states.ts';

const good = encodeRequest(toJson(shownOf(atVersion(5n))), 'a');

async function opened(statesPerMinute = 600, of: Partial<ScriptedTower['tower']['limits']> = {}) {
  const one = await scriptedTower(of);
  const door = openDoor(one.tower, { statesPerMinute });
  const post = async (body: string | null, sender = '10.0.0.1') => {
    const reply = await door({ method: 'POST', path: '/v1/states', body, sender });
    return { ...reply, said: decodeReply(reply.body, 'a') };
  };
  const get = (path: string) => door({ method: 'GET', path, body: '', sender: '10.0.0.1' });
  return { ...one, one, door, post, get };
}

test('a state is taken and answered with a receipt', async () => {
  const { post } = await opened();
  const { statusCode, said, headers } = await post(good);
  expect(statusCode).toBe(200);
  if (!said.ok) throw new Error(said.error.code);
  expect(towerReceipt.parse(said.result)).toMatchObject({ version: 5n, epoch: 0n });
  expect(headers['access-control-allow-origin']).toBe('*');
});

const wrongBody = (change: Record<string, unknown>) =>
  encodeRequest({ ...(toJson(shownOf(atVersion(5n))) as object), ...change }, 'a');

test.each([
  ['nothing', '', 400, 'malformed'],
  ['no JSON', '{', 400, 'malformed'],
  ['a list', '[]', 400, 'malformed'],
  ['no id', '{"v":2,"body":{}}', 400, 'malformed'],
  ['another protocol', good.replace('"v":2', '"v":3'), 400, 'unsupported_version'],
  ['no body', encodeRequest(null, 'a'), 400, 'malformed'],
  ['a key too many', wrongBody({ more: 1 }), 400, 'malformed'],
  ['a prototype', wrongBody({ ['__proto__x']: {} }), 400, 'malformed'],
  ['one signature', wrongBody({ signatures: [`0x${'11'.repeat(65)}`] }), 400, 'malformed'],
  ['a period of nothing', wrongBody({ challengePeriod: 0 }), 400, 'malformed'],
  ['too many apps', wrongBody({ appIds: new Array(257).fill(`0x${'11'.repeat(32)}`) }), 400, 'malformed'],
  ['a chain of no number', wrongBody({ chainId: 1.5 }), 400, 'malformed'],
  ['a foreign chain', wrongBody({ chainId: 1 }), 404, 'unknown_chain'],
  [
    'no signatures that fit',
    wrongBody({ signatures: Array(2).fill(`0x${'11'.repeat(65)}`) }),
    409,
    'bad_signature',
  ],
  ['deep nesting', `{"v":2,"id":"a","body":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 400, 'malformed'],
  ['too long', `${good}${' '.repeat(131_072)}`, 413, 'too_large'],
  ['cut off for its length', null, 413, 'too_large'],
])('%s is an error with a code, and the tower goes on', async (_name, body, status, code) => {
  const { post } = await opened();
  const { statusCode, said } = await post(body);
  expect({ statusCode, code: said.ok ? null : said.error.code }).toEqual({ statusCode: status, code });
  expect((await post(good)).statusCode).toBe(200);
});

test('details of a fault are JSON, versions included', async () => {
  const { post, scripted } = await opened();
  scripted.ledger = { ...scripted.ledger, epoch: 2n ** 60n };
  const { said } = await post(good);
  expect(said).toMatchObject({
    error: { code: 'wrong_epoch', details: { current: (2n ** 60n).toString() } },
  });
});

test('one sender that asks too much waits, and nobody else does', async () => {
  const { post, one } = await opened(3);
  for (const status of [200, 200, 200, 429, 429]) expect((await post(good)).statusCode).toBe(status);
  expect((await post(good, '10.0.0.2')).statusCode).toBe(200);
  one.now += 20;
  for (const status of [200, 429]) expect((await post(good)).statusCode).toBe(status);
  one.now += 3_600;
  for (const status of [200, 200, 200, 429]) expect((await post(good)).statusCode).toBe(status);
});

test('a store that fails is an answer too', async () => {
  const { post, store } = await opened();
  const get = jest.spyOn(store, 'get').mockRejectedValueOnce(new StoreFault('store_unavailable', 'away'));
  expect(await post(good)).toMatchObject({ statusCode: 503 });
  get.mockRejectedValueOnce(new Error('a bug'));
  expect(await post(good)).toMatchObject({ statusCode: 500 });
  expect((await post(good)).statusCode).toBe(200);
});

test('says what it watches, and whether it could answer', async () => {
  const { post, get, tower, chain, one } = await opened();
  expect((await get('/health/live')).statusCode).toBe(200);
  expect((await get('/health/ready')).statusCode).toBe(503);
  await post(good);
  await round(tower, chain);
  one.now += 10;
  const said = decodeReply((await get('/v1/status')).body, '');
  if (!said.ok) throw new Error(said.error.code);
  expect(towerStatus.parse(said.result)).toEqual({
    protocol: 2,
    tower: tower.address,
    chains: [
      {
        chainId: 31337,
        registry: chain.registry,
        channels: 1,
        attended: 0,
        waiting: 0,
        cursor: { block: 100, seenAt: one.now - 10 },
        balance: 10n ** 18n,
        answersLeft: 1_000_000_000,
      },
    ],
  });
  expect((await get('/health/ready')).statusCode).toBe(200);
  one.now += 100;
  expect((await get('/health/ready')).statusCode).toBe(503);
});

test('a tower without money is not ready', async () => {
  const { get, tower, chain } = await opened();
  jest.spyOn(chain.reader, 'balance').mockResolvedValue({ ok: true, value: 0n });
  await round(tower, chain);
  expect(await get('/health/ready')).toMatchObject({ statusCode: 503 });
});

test('questions about its state cost the chain one answer every few seconds', async () => {
  const { get, chain } = await opened();
  const balance = jest.spyOn(chain.reader, 'balance');
  await Promise.all(Array.from({ length: 50 }, () => get('/v1/status')));
  expect(balance).toHaveBeenCalledTimes(1);
});

test('a page of any origin may ask, and what is not there is said', async () => {
  const { door, get } = await opened();
  const preflight = await door({ method: 'OPTIONS', path: '/v1/states', body: '', sender: '' });
  expect(preflight).toMatchObject({
    statusCode: 204,
    headers: { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'content-type' },
  });
  expect((await get('/v1/states')).statusCode).toBe(404);
  expect((await get('/')).statusCode).toBe(404);
});
