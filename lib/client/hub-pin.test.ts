// SPDX-License-Identifier: MIT
/** A hub whose description changes between two connections, and one whose terms were never good. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ADDRESSES } from '../chain/addresses.ts';
import { ok } from '../protocol/result.ts';
import { refuse } from '../protocol/errors.ts';
import { PROTOCOL_VERSION } from '../protocol/subjects.ts';
import { ZERO_HASH, type Address } from '../protocol/types.ts';
import { toJson } from '../protocol/wire/primitives.ts';
import { encodeReply } from '../messaging/envelope.ts';
import type { Fetch } from '../messaging/http-post.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { CATALOGUE, CHANNEL, HUB, TRANSFER, USER_KEY } from '../protocol/testing/two-parties.ts';
import { channelAddress } from '../protocol/channel-address.ts';
import type { IndraClient } from './client.ts';
import { connect, type ConnectOptions } from './connect.ts';
import type { HubDescription } from './hub-description.ts';
import { checkMinimums } from './hub-minimums.ts';
import type { IndraError } from './indra-error.ts';
import type { ChainReader, ChainWriter } from './ports.ts';
import { SigningDoor } from './testing/signing-door.ts';

const address = (digit: string) => `0x${digit.repeat(40)}` as Address;
const clients: IndraClient[] = [];
let store: MemoryStore;
let watched: Address[];
let door: SigningDoor;

/** A quiet chain that says which channels were looked at. */
const reader: ChainReader = {
  latest: async () => ok({ number: 100, timestamp: 1_800_000_000 }),
  block: async (number) => ok({ number, timestamp: 1_800_000_000 }),
  received: async () => ok([0n, 0n] as const),
  async challenge(channel) {
    watched.push(channel.address);
    return ok({ epoch: 0n, floorVersion: 0n, finalizesAt: 0, challengeId: 0n, digest: ZERO_HASH });
  },
  withdrawalExecuted: async () => ok(false),
  dispute: async () => refuse('chain_unavailable'),
  settlement: async () => ok([]),
  appTurn: async () => refuse('chain_unavailable'),
  appAction: async () => refuse('chain_unavailable'),
  claimable: async () => ok(0n),
  balance: async () => ok(0n),
  decimals: async () => ok(18),
};
const writer = { disputeCall: () => Promise.reject(new Error('sent')) } as unknown as ChainWriter;

const TERMS = {
  chainId: 31337,
  rpcUrl: 'http://rpc.hub',
  factory: address('1'),
  registry: address('2'),
  channelImplementation: address('3'),
  transferApp: TRANSFER,
  challengePeriod: 3_600,
  confirmations: 3,
  appPeriods: [600, 1_200] as const,
  patience: 30,
  reaction: 120,
  assets: [],
};
const describedAs = (terms: object = {}, responder: Address = door.address): HubDescription => ({
  protocol: PROTOCOL_VERSION,
  hub: { identifier: door.identifier, address: responder },
  chains: [{ ...TERMS, ...terms }],
  nats: { urls: [], websocketUrls: [] },
  limits: {
    maxOpenTransfers: 9,
    maxOperations: 9,
    minHold: 1,
    maxHold: 9_000_000,
    margin: 900,
    maxMessageBytes: 9_000,
  },
});

const channelOf = (terms: object = {}): Address => {
  const { factory, channelImplementation: implementation, challengePeriod } = { ...TERMS, ...terms };
  return channelAddress(
    { factory, implementation },
    { initiator: CHANNEL.initiator, responder: door.address, challengePeriod },
  );
};

async function come(description: HubDescription, more: Partial<ConnectOptions> = {}): Promise<IndraClient> {
  const client = await connect({
    hubUrl: 'https://hub.example',
    key: USER_KEY,
    store,
    reader,
    writer,
    description,
    transport: door.line(),
    pollMs: 20,
    ...more,
  });
  clients.push(client);
  return client;
}
const leave = () => Promise.all(clients.splice(0).map((client) => client.close()));
const refusal = (promise: Promise<unknown>): Promise<IndraError> =>
  promise.then(
    () => Promise.reject(new Error('it was accepted')),
    (error: unknown) => error as IndraError,
  );

beforeEach(() => {
  store = new MemoryStore();
  watched = [];
  door = new SigningDoor({
    catalogue: CATALOGUE,
    reader,
    channel: (responder) => ({
      domain: { chainId: 31337, registry: TERMS.registry },
      address: channelAddress(
        { factory: TERMS.factory, implementation: TERMS.channelImplementation },
        { initiator: CHANNEL.initiator, responder, challengePeriod: TERMS.challengePeriod },
      ),
      initiator: CHANNEL.initiator,
      responder,
      challengePeriod: TERMS.challengePeriod,
    }),
  });
});
afterEach(leave);

describe('W-B4 the same URL says something else', () => {
  const others: readonly [string, object, Address | null][] = [
    ['factory', { factory: address('9') }, null],
    ['registry', { registry: address('9') }, null],
    ['challengePeriod', { challengePeriod: 1 }, null],
    ['responder', {}, HUB],
    ['confirmations', { confirmations: 0 }, null],
    ['appPeriods', { appPeriods: [1, 2] }, null],
    ['transferApp', { transferApp: address('9') }, null],
    ['factory', { factory: address('9'), challengePeriod: 1 }, null],
  ];

  test.each(others)(
    '%s: nothing is signed, and the channel that is stored is watched',
    async (field, terms, responder) => {
      const hub = responder ?? door.address;
      await come(describedAs());
      await leave();
      watched = [];
      const client = await come(describedAs(terms, hub));
      const told = new Promise<IndraError>((resolve) =>
        client.on('hub.changed', ({ error }) => resolve(error)),
      );
      expect(client.channelAddress).toBe(channelOf());
      expect(client.distrusts).toMatchObject({ code: 'hub_changed', details: { field } });
      expect((await told).details).toMatchObject({
        field,
        pinned: expect.anything(),
        served: expect.anything(),
      });
      expect(
        await refusal(client.withdraw({ asset: address('0'), amount: 1n, recipient: HUB })),
      ).toMatchObject({
        code: 'hub_changed',
        outcome: 'unchanged',
      });
      const seen = watched.length;
      while (watched.length < seen + 3) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(new Set(watched)).toEqual(new Set([channelOf()]));
      await leave();
      // What was pinned stays pinned, however often the hub repeats itself.
      expect((await come(describedAs(terms, hub))).distrusts?.code).toBe('hub_changed');
      await leave();
      expect((await come(describedAs())).distrusts).toBeNull();
    },
  );

  test('with nothing stored there is nothing to begin with', async () => {
    await come(describedAs());
    await leave();
    const key = new Uint8Array(32).fill(0x77);
    expect(await refusal(come(describedAs({ factory: address('9') }), { key }))).toMatchObject({
      code: 'hub_changed',
      details: { field: 'factory', pinned: TERMS.factory, served: address('9') },
    });
  });

  test('what may change does: names, limits, nodes; and another chain beside it', async () => {
    await come(describedAs());
    await leave();
    const later = describedAs({ rpcUrl: 'http://other', assets: [] });
    const more = { ...later, limits: { ...later.limits, maxOpenTransfers: 7 } };
    const client = await come({ ...more, chains: [{ ...TERMS, chainId: 5 }, ...more.chains] });
    expect([client.distrusts, client.chainId]).toEqual([null, 31337]);
  });

  test('what was pinned of a chain stays while another one is used', async () => {
    const two = (terms: object): HubDescription => ({
      ...describedAs(),
      chains: [TERMS, { ...TERMS, chainId: 5, ...terms }],
    });
    await come(two({}));
    await leave();
    expect((await come(two({ factory: address('9') }))).chainId).toBe(31337);
    await leave();
    expect(await refusal(come(two({ factory: address('9') }), { chainId: 5 }))).toMatchObject({
      code: 'hub_changed',
      details: { field: 'factory', pinned: TERMS.factory },
    });
  });

  test('new terms are taken when their user says so, another channel never', async () => {
    await come(describedAs());
    await leave();
    expect((await come(describedAs({ confirmations: 12 }), { acceptTerms: true })).distrusts).toBeNull();
    await leave();
    expect((await come(describedAs({ confirmations: 12 }))).distrusts).toBeNull();
    await leave();
    const other = describedAs({ confirmations: 12, challengePeriod: 7_200 });
    expect((await come(other, { acceptTerms: true })).distrusts?.code).toBe('hub_changed');
  });

  test('a hub that serves another channel than it described is distrusted too', async () => {
    await come(describedAs());
    await leave();
    door = new SigningDoor({
      catalogue: CATALOGUE,
      reader,
      channel: (responder) => ({ ...CHANNEL, responder }),
    });
    const client = await come(describedAs());
    expect(client.distrusts?.code).toBe('hub_mismatch');
    expect(client.channelAddress).toBe(channelOf());
  });
});

describe('W-B4 terms that leave no time', () => {
  test.each([
    ['challengePeriod', { challengePeriod: 1 }],
    ['appPeriod', { appPeriods: [1, 1_200] }],
    ['confirmations', { confirmations: 0 }],
  ])('%s is refused on a chain with money, unless its user allows it', (field, terms) => {
    const chain = { ...TERMS, chainId: 1, ...terms } as HubDescription['chains'][number];
    expect(() => checkMinimums(chain)).toThrow(
      expect.objectContaining({ code: 'hub_unsafe', details: expect.objectContaining({ field }) }),
    );
    expect(() => checkMinimums(chain, { [field]: 0 })).not.toThrow();
    expect(() => checkMinimums({ ...chain, chainId: 31337 })).not.toThrow();
  });
});

describe('W-B4 whose chain it is', () => {
  const options = (more: object) =>
    ({ hubUrl: 'https://hub.example', key: USER_KEY, store, ...more }) as ConnectOptions;
  test.each([
    ['no node is named', {}],
    ['both are', { chain: { rpcUrl: 'http://mine', trustHubRpc: true } }],
    ['neither is', { chain: {} }],
    ['it is no address', { chain: { rpcUrl: 'mine' } }],
    ['the old name is used', { rpcUrl: 'http://mine' }],
  ])('%s: refused before anything is asked', async (_, more) => {
    expect(await refusal(connect(options(more)))).toMatchObject({
      code: 'invalid_argument',
      details: { field: expect.stringMatching(/^chain|^rpcUrl/) },
    });
  });

  test('a chain that cannot be asked is no chain to begin on', async () => {
    const more = {
      chain: { rpcUrl: 'http://127.0.0.1:1' },
      description: describedAs(ADDRESSES),
      transport: door.line(),
    };
    expect(await refusal(connect(options(more)))).toMatchObject({ code: 'chain_unavailable' });
  });
});

describe('W-D7 a silent hub', () => {
  const silent: Fetch = (_, init) =>
    new Promise((_resolve, reject) =>
      init?.signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true }),
    );
  const meeting = (more: Partial<ConnectOptions> = {}) => {
    const options = {
      hubUrl: 'https://hub.example',
      key: USER_KEY,
      store,
      reader,
      writer,
      fetch: silent,
      pollMs: 20,
    };
    return connect({ ...options, hubTimeoutMs: 50, ...more }).then(
      (client) => (clients.push(client), client),
    );
  };

  test('is unreachable after the stated time where there is nothing to start from', async () => {
    expect(await refusal(meeting())).toMatchObject({
      code: 'unreachable',
      outcome: 'unchanged',
      details: { hubUrl: 'https://hub.example', afterMs: 50 },
    });
    door.isThere = false;
    expect(await refusal(meeting({ description: describedAs(), transport: door.line() }))).toMatchObject({
      code: 'unreachable',
    });
  });

  test('is begun without where there is a channel, and is heard when it is back', async () => {
    await come(describedAs());
    await leave();
    watched = [];
    expect((await meeting()).channelAddress).toBe(channelOf());
    expect(watched).not.toEqual([]);
    await leave();
    door.isThere = false;
    const client = await meeting({ description: describedAs(), transport: door.line() });
    const online: boolean[] = [];
    const told = (wanted: boolean) =>
      new Promise<void>((resolve) =>
        client.on('connection', ({ isOnline }) => isOnline === wanted && resolve()),
      );
    client.on('connection', ({ isOnline }) => online.push(isOnline));
    const back = told(true);
    await told(false);
    door.isThere = true;
    await back;
    expect(online).toEqual([false, true]);
    expect([client.isOnline, client.distrusts]).toEqual([true, null]);
  });

  test('an aborted signal asks nobody anything', async () => {
    let asked = 0;
    const fetch: Fetch = async () => (asked++, new Response(encodeReply('1', ok(toJson(describedAs())))));
    expect(await refusal(meeting({ fetch, signal: AbortSignal.abort() }))).toMatchObject({
      code: 'aborted',
      outcome: 'unchanged',
    });
    expect(asked).toBe(0);
  });
});
