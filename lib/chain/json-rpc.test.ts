// SPDX-License-Identifier: MIT
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ETHER, type Address } from '../protocol/types.ts';
import { EthereumChainReader } from './chain-reader.ts';
import { createJsonRpc } from './json-rpc.ts';

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-key`;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const answering =
  (body: string, status = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(status).end(body);
  };

test('a node that is not there is tried a few times and then is a fault that keeps the address to itself', async () => {
  let tries = 0;
  const url = await serve((request) => {
    tries += 1;
    request.socket.destroy();
  });
  const answer = await createJsonRpc({ url, tries: 3 }).request('eth_chainId', []);
  expect(answer).toMatchObject({ ok: false, error: { kind: 'unreachable', method: 'eth_chainId' } });
  expect(JSON.stringify(answer)).not.toContain('secret-key');
  expect(tries).toBe(3);
});

test('a node that comes back is not missed', async () => {
  let tries = 0;
  const url = await serve((request, response) => {
    tries += 1;
    if (tries === 1) request.socket.destroy();
    else response.end('{"jsonrpc":"2.0","id":1,"result":"0x1"}');
  });
  expect(await createJsonRpc({ url }).request('eth_chainId', [])).toEqual({ ok: true, value: '0x1' });
});

test('a node that does not answer is a fault when its time is up, and is not asked again', async () => {
  let tries = 0;
  const url = await serve(() => void (tries += 1));
  const started = performance.now();
  const answer = await createJsonRpc({ url, timeoutMs: 50 }).request('eth_chainId', []);
  expect(answer).toMatchObject({ ok: false, error: { kind: 'timeout' } });
  expect(performance.now() - started).toBeLessThan(1_000);
  expect(tries).toBe(1);
});

test.each([
  ['busy', '', 429, { kind: 'unreachable', reason: 'HTTP 429' }],
  ['not JSON', '<html>', 200, { kind: 'unreachable' }],
  ['no JSON-RPC', '[]', 200, { kind: 'unreachable' }],
  [
    'an error',
    '{"error":{"code":-32000,"message":"no"}}',
    200,
    { kind: 'refused', rpcCode: -32000, reason: 'no' },
  ],
  ['an error with its status', '{"error":{"code":-32601}}', 400, { kind: 'refused', rpcCode: -32601 }],
  ['a revert', '{"error":{"code":3,"data":"0x1234"}}', 200, { kind: 'refused', revertData: '0x1234' }],
  [
    'a nested revert',
    '{"error":{"code":3,"data":{"data":"0x12"}}}',
    200,
    { kind: 'refused', revertData: '0x12' },
  ],
])('a node that says %s', async (_name, body, status, error) => {
  const url = await serve(answering(body, status));
  expect(await createJsonRpc({ url }).request('eth_chainId', [])).toMatchObject({ ok: false, error });
});

test('whatever a node says, the reader answers chain_unavailable and never throws', async () => {
  const address = `0x${'11'.repeat(20)}` as Address;
  const contracts = { chainId: 1, registry: address, factory: address, channelImplementation: address };
  const results = [
    'null',
    '"0x"',
    '"0x01"',
    '{}',
    '[]',
    '7',
    `"0x${'ff'.repeat(31)}"`,
    '"0xzz"',
    '{"number":"0x"}',
  ];
  for (const result of results) {
    const url = await serve(answering(`{"jsonrpc":"2.0","id":1,"result":${result}}`));
    const reader = new EthereumChainReader(createJsonRpc({ url }), contracts);
    const answers = await Promise.all([
      reader.latest(),
      reader.received({ address }, ETHER, 1),
      reader.challenge({ address }, 1),
      reader.withdrawalExecuted({ address }, `0x${'00'.repeat(32)}` as never, 1),
    ]);
    for (const answer of answers) {
      expect(answer).toMatchObject({ ok: false, error: { code: 'chain_unavailable', retryable: true } });
    }
    if (result !== '[]') expect(await reader.disputesIn(1, 2)).toMatchObject({ ok: false });
  }
});
