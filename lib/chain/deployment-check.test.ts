// SPDX-License-Identifier: MIT
/** What hub and client refuse to put money in, on a real node with the real contracts. */
import { connect, type ConnectOptions } from '../client/connect.ts';
import type { HubDescription } from '../client/hub-description.ts';
import { toHex } from '../protocol/bytes.ts';
import { domainSeparator } from '../protocol/digests.ts';
import type { Address, Bytes } from '../protocol/types.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { ADDRESSES } from './addresses.ts';
import { APP_CODE, channelCode, registryCode } from './contracts.ts';
import { checkDeployment } from './deployment-check.ts';
import { openChain } from './open-chain.ts';
import { startLocalChain, type LocalChain } from './testing/local-chain.ts';

let chain: LocalChain;

beforeAll(async () => {
  chain = await startLocalChain();
}, 30_000);
afterAll(() => chain.stop());

const key = () => chain.keys[0] as Uint8Array;
const settings = (transferApp?: Address) => ({
  ...chain.contracts,
  rpcUrl: chain.url,
  ...(transferApp && { transferApp }),
});

async function answerOf<T>(method: string, params: readonly unknown[]): Promise<T> {
  const answer = await chain.rpc.request(method, params);
  if (!answer.ok) throw new Error(answer.error.reason);
  return answer.value as T;
}

async function mismatches(transferApp?: Address): Promise<string[]> {
  const found = await checkDeployment(chain.rpc, settings(transferApp));
  if (!found.ok) throw new Error(found.error.code);
  return found.value.map(({ what, found: there }) => `${what}: ${there}`);
}

/** Runs with other code at an address, and puts back what was there. */
async function withCode(address: Address, change: (code: string) => string, run: () => Promise<void>) {
  const code = await answerOf<string>('eth_getCode', [address, 'latest']);
  const other = change(code);
  expect(other).not.toBe(code);
  await answerOf('anvil_setCode', [address, other]);
  try {
    await run();
  } finally {
    await answerOf('anvil_setCode', [address, code]);
  }
}

const lastByteFlipped = (code: string) => {
  const last = Number.parseInt(code.slice(-2), 16) ^ 1;
  return code.slice(0, -2) + last.toString(16).padStart(2, '0');
};

/** A hub's description of itself that names a transfer app. */
function description(transferApp: Address): HubDescription {
  const hub = { identifier: 'indra', address: `0x${'11'.repeat(20)}` as Address };
  return {
    protocol: 2,
    hub,
    chains: [
      {
        ...chain.contracts,
        rpcUrl: chain.url,
        transferApp,
        challengePeriod: 86_400,
        confirmations: 1,
        appPeriods: [7_200, 14_400],
        patience: 300,
        reaction: 1_800,
        assets: [],
      },
    ],
    nats: { urls: [], websocketUrls: [] },
    limits: {
      maxOpenTransfers: 1,
      maxOperations: 1,
      minHold: 1,
      maxHold: 1,
      margin: 1,
      maxMessageBytes: 1,
    },
  };
}

/** What ends the attempt of a client to connect to a hub that names these contracts. */
const refusalOf = (named: object, contracts?: ConnectOptions['chain']) => {
  const told = description(chain.transferApp);
  return attempt({ ...told, chains: [{ ...told.chains[0]!, ...named }] }, contracts);
};

/** What ends the attempt of a client to connect to a hub that nothing but its description exists of. */
const refusal = (transferApp: Address) => attempt(description(transferApp));

const attempt = (told: HubDescription, more: ConnectOptions['chain'] = {}) =>
  connect({
    hubUrl: 'http://hub.invalid',
    key: key(),
    store: new MemoryStore(),
    description: told,
    chain: { rpcUrl: chain.url, ...more },
    fetch: () => Promise.reject(new Error('no such hub')),
  }).then(
    () => 'connected',
    (error: { code?: string }) => error.code,
  );

test('the deployment as it is passes, with and without the transfer app', async () => {
  expect(await mismatches()).toEqual([]);
  expect(await mismatches(chain.transferApp)).toEqual([]);
  await expect(openChain(settings(chain.transferApp), key())).resolves.toBeDefined();
  await expect(openChain(settings(), key())).resolves.toBeDefined();
  expect(await refusal(chain.transferApp)).toBe('unreachable');
});

test.each<[string, () => Address, string]>([
  ['another contract of the deployment', () => chain.contracts.registry, 'other code'],
  ['a token', () => chain.token, 'other code'],
  ['an account without code', () => `0x${'42'.repeat(20)}` as Address, 'none'],
])('a transfer app that is %s is refused by hub and client', async (_name, address, found) => {
  expect(await mismatches(address())).toEqual([`code of the transferApp ${address()}: ${found}`]);
  await expect(openChain(settings(address()), key())).rejects.toThrow(/is not as configured.*transferApp/);
  expect(await refusal(address())).toBe('hub_mismatch');
});

test('one bit of other code is refused, of the transfer app and of the channel', async () => {
  const { channelImplementation } = chain.contracts;
  for (const [what, address] of [
    ['transferApp', chain.transferApp],
    ['channel implementation', channelImplementation],
  ] as const) {
    await withCode(address, lastByteFlipped, async () => {
      expect(await mismatches(chain.transferApp)).toEqual([`code of the ${what} ${address}: other code`]);
      await expect(openChain(settings(chain.transferApp), key())).rejects.toThrow(what);
      expect(await refusal(chain.transferApp)).toBe('hub_mismatch');
    });
  }
  expect(await mismatches(chain.transferApp)).toEqual([]);
});

test("W-B4 contracts that a hub names are those this client knows, or those its caller names: never the hub's word", async () => {
  const { registry, factory, channelImplementation } = chain.contracts;
  const own = { registry, factory, channelImplementation, transferApp: chain.transferApp };
  expect(own).toEqual(
    Object.fromEntries(Object.keys(own).map((name) => [name, ADDRESSES[name as keyof typeof own]])),
  );
  const other = `0x${'42'.repeat(20)}` as string as Address;
  for (const name of Object.keys(own)) {
    // The very same code elsewhere is another contract all the same: its operator may have been first there.
    const code = await answerOf<string>('eth_getCode', [own[name as keyof typeof own], 'latest']);
    await withCode(
      other,
      () => code,
      async () => {
        expect(await refusalOf({ [name]: other })).toBe('hub_mismatch');
        expect(await refusalOf({}, { contracts: { ...own, [name]: other } })).toBe('hub_mismatch');
      },
    );
    // Named by the caller, it is still looked at.
    expect(await refusalOf({ [name]: other }, { contracts: { ...own, [name]: other } })).toBe('hub_mismatch');
  }
  expect(await refusalOf({}, { contracts: own })).toBe('unreachable');
  expect(await refusalOf({}, { contracts: { ...own, registry: 'nowhere' as Address } })).toBe(
    'invalid_argument',
  );
});

test('a channel that would check signatures for another domain is refused', async () => {
  const { chainId, registry, channelImplementation } = chain.contracts;
  const domain = toHex(domainSeparator({ chainId, registry })).slice(2);
  const foreign = toHex(domainSeparator({ chainId, registry: chain.token })).slice(2);
  await withCode(
    channelImplementation,
    (code) => code.replaceAll(domain, foreign),
    async () => {
      expect(await mismatches()).toEqual([`signing domain of the implementation: 0x${foreign}`]);
      expect(await refusal(chain.transferApp)).toBe('hub_mismatch');
    },
  );
});

test('the code compared with is that of the contracts, not of nothing', () => {
  for (const { deployedBytecode } of [registryCode, channelCode, ...Object.values(APP_CODE)]) {
    expect((deployedBytecode as Bytes).length).toBeGreaterThan(1_000);
  }
});
