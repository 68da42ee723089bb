// SPDX-License-Identifier: MIT
import { cardConfig } from './card-config.ts';
import { contentSecurityPolicy } from './content-security-policy.ts';

const policy = (isDevelopment = false): string =>
  contentSecurityPolicy({
    nonce: 'abc',
    connect: ['http://hub.example:3000/v1', 'http://rpc.example:8545', 'http://hub.example:3000'],
    isDevelopment,
  });

test('requests go to the hub and the chain only, each origin named once', () => {
  expect(policy()).toContain("connect-src 'self' http://hub.example:3000 http://rpc.example:8545;");
});

test('no inline or evaluated script, no form, no frame', () => {
  expect(policy()).not.toMatch(/unsafe/);
  expect(policy()).toContain("form-action 'none'");
  expect(policy()).toContain("frame-ancestors 'none'");
  expect(policy(true)).toContain("'unsafe-eval'");
});

test('the configuration says what is missing', () => {
  expect(() => cardConfig({})).toThrow('INDRA_HUB_URL');
  expect(() => cardConfig({ INDRA_HUB_URL: 'ftp://hub' })).toThrow('INDRA_HUB_URL');
  expect(() => cardConfig({ INDRA_HUB_URL: 'http://hub', INDRA_RPC_URL: 'rpc' })).toThrow('INDRA_RPC_URL');
  expect(() => cardConfig({ INDRA_HUB_URL: 'http://hub' })).toThrow('INDRA_RPC_URL');
  expect(cardConfig({ INDRA_HUB_URL: 'http://hub/', INDRA_RPC_URL: 'http://rpc' })).toEqual({
    hubUrl: 'http://hub',
    rpcUrl: 'http://rpc',
  });
});
