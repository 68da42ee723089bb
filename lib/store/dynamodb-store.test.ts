// SPDX-License-Identifier: MIT
import { createServer, request } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';
import { describeStore } from './conformance.ts';
import { DynamoDbStore } from './dynamodb-store.ts';
import { createTable, tableDefinition } from './dynamodb-table.ts';
import type { Store } from './store.ts';

let dynamo: Server;
let endpoint: string;

beforeAll(async () => {
  dynamo = dynalite({ createTableMs: 0, deleteTableMs: 0 });
  endpoint = await listen(dynamo);
});
afterAll(() => stop(dynamo));

describeStore('dynamodb', {
  durable: true,
  async create() {
    const options = { table: 'conformance', endpoint };
    await createTable(options);
    const opened: Store[] = [];
    return {
      async open() {
        const store = new DynamoDbStore(options);
        opened.push(store);
        return store;
      },
      dispose: async () => void (await Promise.all(opened.map((store) => store.close()))),
    };
  },
});

test('making the table again does nothing', async () => {
  expect(await createTable({ table: 'twice', endpoint })).toBe('created');
  expect(await createTable({ table: 'twice', endpoint })).toBe('exists');
});

test('every index holds keys only, so that an update that moves no entry costs one write', () => {
  const indexes = tableDefinition('any').GlobalSecondaryIndexes ?? [];
  expect(indexes.map((index) => index.IndexName)).toEqual(['owner', 'due', 'payer', 'payee', 'open', 'kind']);
  for (const index of indexes) expect(index.Projection).toEqual({ ProjectionType: 'KEYS_ONLY' });
});

describe('a connection that fails', () => {
  /** What to do with the answers to writes still to come; a missing entry lets one through. */
  let faults: (() => Promise<void>)[] = [];
  let proxy: Server;
  let direct: Store;
  let store: Store;

  beforeAll(async () => {
    await createTable({ table: 'faulty', endpoint });
    proxy = createServer((incoming, outgoing) => {
      const isWrite = /PutItem|DeleteItem/.test(String(incoming.headers['x-amz-target']));
      const onward = request(endpoint, { method: incoming.method, headers: incoming.headers }, (answer) => {
        const fault = isWrite ? faults.shift() : undefined;
        if (!fault) {
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(outgoing);
          return;
        }
        answer.resume();
        answer.once('end', () => void fault().then(() => outgoing.destroy()));
      });
      incoming.pipe(onward);
    });
    direct = new DynamoDbStore({ table: 'faulty', endpoint });
    store = new DynamoDbStore({ table: 'faulty', endpoint: await listen(proxy) });
  });
  afterEach(() => {
    faults = [];
  });
  afterAll(async () => {
    await Promise.all([direct.close(), store.close()]);
    await stop(proxy);
  });

  const loseAnswer = async () => undefined;

  test('a put whose answer was lost is known by its etag', async () => {
    faults = [loseAnswer];
    const made = await store.put({ key: 'channel#lost', schema: 1, body: 1 }, 'absent');
    expect(made).toMatchObject({ ok: true });
    if (!made.ok) return;
    faults = [loseAnswer, loseAnswer];
    const changed = await store.put({ key: 'channel#lost', schema: 1, body: 2 }, made.etag);
    expect(changed).toMatchObject({ ok: true });
    expect(await direct.get('channel#lost')).toMatchObject({ body: 2, etag: changed.ok && changed.etag });
  });

  test('a put whose answer was lost and that was overwritten meanwhile is unknown, not a conflict', async () => {
    faults = [
      async () => {
        const landed = await direct.get('channel#passed');
        if (landed) await direct.put({ key: 'channel#passed', schema: 1, body: 'other' }, landed.etag);
      },
    ];
    const put = store.put({ key: 'channel#passed', schema: 1, body: 'mine' }, 'absent');
    await expect(put).rejects.toMatchObject({ code: 'store_unavailable', retryable: true });
    expect((await direct.get('channel#passed'))?.body).toBe('other');
  });

  test('a removal whose answer was lost is unknown', async () => {
    const made = await direct.put({ key: 'channel#removed', schema: 1, body: 1 }, 'absent');
    if (!made.ok) throw new Error('conflict');
    faults = [loseAnswer];
    await expect(store.remove('channel#removed', made.etag)).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    expect(await direct.get('channel#removed')).toBeNull();
  });

  test('a server that is not there is a fault, soon', async () => {
    const gone = createServer();
    const address = await listen(gone);
    await stop(gone);
    const lost = new DynamoDbStore({ table: 'faulty', endpoint: address });
    const fault = { code: 'store_unavailable' };
    await expect(lost.get('channel#x')).rejects.toMatchObject(fault);
    await expect(lost.put({ key: 'channel#x', schema: 1, body: 1 }, 'absent')).rejects.toMatchObject(fault);
    await expect(lost.query('owner', 'x')).rejects.toMatchObject(fault);
    expect(await lost.ready()).toBe(false);
    await lost.close();
  });

  test('a server that does not answer is a fault, soon', async () => {
    const silent = createServer(() => undefined);
    const mute = new DynamoDbStore({ table: 'faulty', endpoint: await listen(silent), timeoutMs: 50 });
    await expect(mute.get('channel#x')).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await mute.ready()).toBe(false);
    await mute.close();
    await stop(silent);
  });

  test('a missing table is a fault, not an empty store', async () => {
    const missing = new DynamoDbStore({ table: 'missing', endpoint });
    await expect(missing.get('channel#x')).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await missing.ready()).toBe(false);
    await missing.close();
  });
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
