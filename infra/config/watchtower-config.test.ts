// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import { ConfigurationError } from './load-config.ts';
import { readPrivateKey } from './read-private-key.ts';
import { watchtowerConfig, WATCHTOWER_KEY } from './watchtower-config.ts';

const chain = {
  chainId: 31337,
  rpcUrl: 'http://127.0.0.1:8545/',
  factory: `0x${'Aa'.repeat(20)}`,
  registry: `0x${'bb'.repeat(20)}`,
  channelImplementation: `0x${'dd'.repeat(20)}`,
  confirmations: 0,
};
const environment = { INDRA_CHAINS: JSON.stringify([chain]), WATCHTOWER_PRIVATE_KEY_FILE: '/keys/tower' };

test('chains and a key are enough; the hub’s own list of chains will do', () => {
  const config = watchtowerConfig('/data/tower.sqlite', environment);
  expect(config).toMatchObject({
    port: 3_010,
    host: '127.0.0.1',
    store: { kind: 'sqlite', path: '/data/tower.sqlite' },
    responders: [],
    chains: [{ factory: `0x${'aa'.repeat(20)}`, rpcUrl: 'http://127.0.0.1:8545' }],
  });
  const hubs = [{ ...chain, publicRpcUrl: 'http://x', assets: [], challengePeriod: 5, fromBlock: 1 }];
  expect(() => watchtowerConfig('/x', { ...environment, INDRA_CHAINS: JSON.stringify(hubs) })).not.toThrow();
});

test('everything that is missing or wrong is named at once', () => {
  expect.assertions(2);
  try {
    watchtowerConfig('/x', {
      INDRA_CHAINS: JSON.stringify([chain, { ...chain, registry: '0x' }]),
      INDRA_WATCHTOWER_PORT: 'x',
      INDRA_WATCHTOWER_RESPONDERS: '0x12',
    });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as ConfigurationError).lines.map((line) => line.split(/[: ]/)[0])).toEqual([
      'INDRA_WATCHTOWER_PORT',
      'INDRA_CHAINS',
      'INDRA_WATCHTOWER_RESPONDERS',
      WATCHTOWER_KEY,
    ]);
  }
});

test('a development key is refused off the local chain only', async () => {
  process.env['TEST_TOWER_KEY'] = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
  const reference = { kind: 'environment', name: 'TEST_TOWER_KEY' } as const;
  await expect(readPrivateKey(WATCHTOWER_KEY, reference, [31337])).resolves.toMatch(/^0xac09/);
  await expect(readPrivateKey(WATCHTOWER_KEY, reference, [31337, 1])).rejects.toThrow(/development key/);
});
