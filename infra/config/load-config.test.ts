// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import { ADDRESSES } from '../../lib/chain/addresses.ts';
import { ConfigurationError, loadConfig } from './load-config.ts';
import { readHubKey, readTreasuryKey } from './read-hub-key.ts';

const chain = {
  chainId: 31337,
  rpcUrl: 'http://127.0.0.1:8545/',
  publicRpcUrl: 'http://127.0.0.1:8545',
  factory: `0x${'Aa'.repeat(20)}`,
  registry: `0x${'bb'.repeat(20)}`,
  channelImplementation: `0x${'dd'.repeat(20)}`,
  transferApp: `0x${'cc'.repeat(20)}`,
  assets: [
    {
      address: `0x${'00'.repeat(20)}`,
      symbol: 'ETH',
      decimals: 18,
      transfer: { min: '1', max: '1000000000000000000' },
      collateral: { initial: '1', target: '2', low: '1' },
    },
  ],
  challengePeriod: 86_400,
  confirmations: 0,
  appPeriods: [3_600, 7_200],
  patience: 300,
  reaction: 1_200,
};

const environment = {
  INDRA_PUBLIC_URL: 'http://localhost:3000/',
  INDRA_STORE: 'sqlite',
  INDRA_SQLITE_PATH: '/data/hub.sqlite',
  INDRA_CHAINS: JSON.stringify([chain]),
  INDRA_NATS_URLS: 'nats://127.0.0.1:4222',
  INDRA_NATS_ACCOUNT: `A${'B'.repeat(55)}`,
  INDRA_NATS_CREDENTIALS_FILE: '/keys/hub.creds',
  INDRA_NATS_SIGNING_SEED_FILE: '/keys/signing.nk',
  INDRA_TOKEN_SECRET_FILE: '/keys/token',
  HUB_PRIVATE_KEY_FILE: '/keys/hub',
  HUB_TREASURY_KEY_FILE: '/keys/treasury',
};

test('a complete environment becomes a config with normalized addresses, amounts and URLs', () => {
  const config = loadConfig(environment);
  expect(config.chains[0]?.factory).toBe(`0x${'aa'.repeat(20)}`);
  expect(config.chains[0]?.assets[0]?.transfer.max).toBe(10n ** 18n);
  expect(config.publicUrl).toBe('http://localhost:3000');
  expect(config.auth.domain).toBe('localhost:3000');
  expect(config.store).toEqual({ kind: 'sqlite', path: '/data/hub.sqlite' });
});

test('the contracts are where they are on every chain, unless the operator says otherwise', () => {
  const { factory: _, registry: __, channelImplementation: ___, transferApp: ____, ...unnamed } = chain;
  const config = loadConfig({ ...environment, INDRA_CHAINS: JSON.stringify([unnamed]) });
  const { registry, factory, channelImplementation, transferApp } = ADDRESSES;
  expect(config.chains[0]).toMatchObject({ registry, factory, channelImplementation, transferApp });
  expect(loadConfig(environment).chains[0]?.registry).toBe(chain.registry);
});

test('everything that is missing is named at once', () => {
  expect.assertions(2);
  try {
    loadConfig({ INDRA_STORE: 'sqlite', INDRA_CHAINS: '[{}]' });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as ConfigurationError).lines.map((line) => line.split(/[: ]/)[0])).toEqual(
      expect.arrayContaining([
        'INDRA_PUBLIC_URL',
        'INDRA_NATS_URLS',
        'INDRA_CHAINS',
        'HUB_PRIVATE_KEY',
        'HUB_TREASURY_KEY',
        'INDRA_SQLITE_PATH',
      ]),
    );
  }
});

test('the responder must have the longer app period', () => {
  const wrong = JSON.stringify([{ ...chain, appPeriods: [7_200, 3_600] }]);
  expect(() => loadConfig({ ...environment, INDRA_CHAINS: wrong })).toThrow(/longer one/);
});

test('a development key is refused off the local chain only', async () => {
  const known = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
  const local = {
    ...loadConfig(environment),
    hubKey: { kind: 'environment', name: 'TEST_HUB_KEY' } as const,
  };
  process.env['TEST_HUB_KEY'] = known;
  await expect(readHubKey(local)).resolves.toBe(known);
  const real = { ...local, chains: [{ ...local.chains[0], chainId: 1 }] as const };
  await expect(readHubKey(real)).rejects.toThrow(/development key/);
  process.env['TEST_HUB_KEY'] = `0x${'12'.repeat(32)}`;
  await expect(readHubKey(real)).resolves.toBe(`0x${'12'.repeat(32)}`);
});

test('the treasury has a key of its own', async () => {
  const config = {
    ...loadConfig(environment),
    hubKey: { kind: 'environment', name: 'TEST_HUB_KEY' } as const,
    treasuryKey: { kind: 'environment', name: 'TEST_TREASURY_KEY' } as const,
  };
  process.env['TEST_HUB_KEY'] = `0x${'12'.repeat(32)}`;
  process.env['TEST_TREASURY_KEY'] = `0x${'34'.repeat(32)}`;
  await expect(readTreasuryKey(config)).resolves.toBe(`0x${'34'.repeat(32)}`);
  process.env['TEST_TREASURY_KEY'] = process.env['TEST_HUB_KEY'];
  await expect(readTreasuryKey(config)).rejects.toThrow(/another key than HUB_PRIVATE_KEY/);
});
