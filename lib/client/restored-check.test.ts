// SPDX-License-Identifier: MIT
/** A user who lost everything, a hub that serves an older state than it signed, and a watchtower that holds the newer one. */
import { addressOfPrivateKey, sign } from '#secp256k1';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { startLocalChain, type LocalChain } from '../chain/testing/local-chain.ts';
import { decodeRequest, encodeReply } from '../messaging/envelope.ts';
import type { Fetch } from '../messaging/http-post.ts';
import { toHex } from '../protocol/bytes.ts';
import { refuse, type ErrorCode } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import { receiptDigest } from '../protocol/tower-receipt.ts';
import { ETHER, type Address, type AgreedState } from '../protocol/types.ts';
import { toJson } from '../protocol/wire/primitives.ts';
import { shownState } from '../protocol/wire/watchtower.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { parseRecord, recordKey, type ChannelRecord } from './channel-record.ts';
import type { IndraClient } from './client.ts';
import type { ClientEvents } from './events.ts';
import type { IndraError } from './indra-error.ts';
import { newerThanHeld } from './restored-check.ts';
import { FUNDED } from './testing/writer-table.ts';
import { CHALLENGE_PERIOD, ChainClock, DisputedWorld } from './testing/disputed-world.ts';

const TOWER = 'http://tower.example';
const TOWER_KEY = new Uint8Array(32).fill(0x77);
const DEPOSIT = 1_000n;

let chain: LocalChain;
let clock: ChainClock;
let world: DisputedWorld;

beforeAll(async () => {
  chain = await startLocalChain();
  clock = new ChainClock(chain);
}, 30_000);
afterAll(() => chain.stop());
jest.setTimeout(30_000);

/** What the tower holds beside what it is shown, and whether it answers yet. */
let holds = 0n;
let refuses: ErrorCode | null = null;
let answers: Promise<void>;
let asked = 0;

const fetch: Fetch = async (_, init) => {
  const { id, request } = decodeRequest(String(init?.body), 1 << 20);
  if (!request.ok) throw new Error(request.error.code);
  const { ledger } = shownState.parse(request.value.body);
  asked += 1;
  await answers;
  if (refuses !== null) return new Response(encodeReply(id, refuse(refuses)), { status: 400 });
  const version = ledger.epoch === 0n && holds > ledger.version ? holds : ledger.version;
  const held = { epoch: ledger.epoch, version, at: 1 };
  const tower = addressOfPrivateKey(TOWER_KEY) as string as Address;
  const signature = toHex(sign(receiptDigest(world.channel, held), TOWER_KEY));
  return new Response(encodeReply(id, ok(toJson({ ...held, tower, signature }))));
};

beforeEach(async () => {
  world = new DisputedWorld(chain, clock);
  [holds, refuses, answers, asked] = [0n, null, Promise.resolve(), 0];
  await world.giveGas();
});
afterEach(() => world.close());

/** The states of three links, each agreed; then the store is lost, and the hub serves the second one. */
async function lost(): Promise<readonly AgreedState[]> {
  await world.fund(DEPOSIT);
  const client = await world.connect();
  await world.until('the deposit counts', () => client.balance(ETHER).certain === DEPOSIT);
  const states: AgreedState[] = [];
  for (let number = 0; number < 3; number++) {
    await client.createLink({ asset: ETHER, amount: 10n });
    states.push(world.door.state);
  }
  await client.close();
  world.store = new MemoryStore();
  world.door.state = states[1] as AgreedState;
  return states;
}

const restore = () => world.connect(world.store, false, { watchtowers: [TOWER], fetch });
const link = (client: IndraClient) => client.createLink({ asset: ETHER, amount: 1n });
const refusalOf = (promise: Promise<unknown>): Promise<IndraError | null> =>
  promise.then(
    () => null,
    (error: unknown) => error as IndraError,
  );

async function record(): Promise<ChannelRecord> {
  const item = await world.store.get(recordKey(chain.contracts.chainId, world.channel.address));
  if (item === null) throw new Error('nothing is stored');
  return parseRecord(item, world.catalogue);
}

describe('a tower that holds more than the hub served', () => {
  test('keeps the client from signing, also after a restart (invariant 2)', async () => {
    const [, served, newest] = (await lost()) as [AgreedState, AgreedState, AgreedState];
    holds = newest.ledger.version;
    const [known, held] = [served.ledger.version, newest.ledger.version];
    for (let start = 0; start < 2; start++) {
      const client = await restore();
      const told = new Promise<ClientEvents['channel.outdated']>((resolve) =>
        client.on('channel.outdated', resolve),
      );
      expect(await refusalOf(link(client))).toMatchObject({
        code: 'newer_state_exists',
        retryable: false,
        details: { epoch: '0', known: known.toString(), held: held.toString(), watchtower: TOWER },
      });
      expect(await told).toMatchObject({ epoch: 0n, known, held, url: TOWER, receipt: { version: held } });
      expect(client.outdatedBy?.code).toBe('newer_state_exists');
      expect(await refusalOf(link(client))).toMatchObject({ code: 'newer_state_exists' });
      await client.close();
      const { highestSigned, signed } = await record();
      expect(highestSigned - known).toBeGreaterThan(1n << 30n);
      expect(signed).toEqual([]);
      expect(world.door.state).toBe(served);
    }
  });

  test('leaves the chain watched, the way out open, and the next epoch as good as ever (invariants 10, 13, 14)', async () => {
    const [oldest, served, newest] = (await lost()) as [AgreedState, AgreedState, AgreedState];
    holds = newest.ledger.version;
    const client = await restore();
    await world.until('it is outdated', () => client.outdatedBy !== null);
    await world.giveGas(world.door.address);
    const { ledger, signatures } = oldest;
    const shown = { kind: 'challenge', ledger, signatures } as const;
    await world.send(world.hubWriter, world.hubWriter.disputeCall(world.channel, shown));
    await world.until('it is answered', async () => (await world.challenge()).finalizesAt === 0);
    expect((await world.challenge()).floorVersion).toBe(served.ledger.version);
    await client.dispute();
    await clock.pass(CHALLENGE_PERIOD + 1);
    // Two links of a day each, at that state.
    expect((await world.passUntil(client.settled(), 6_000)).paid).toEqual([
      { asset: ETHER, amount: DEPOSIT },
    ]);
    expect(client.outdatedBy).toBeNull();
    await world.fund(300n);
    await world.until('the deposit counts', () => client.balance(ETHER).certain === 300n);
    expect(await refusalOf(link(client))).toBeNull();
  });
});

describe('before the towers were heard', () => {
  const signedYet = async (): Promise<number> => (await record()).signed.length;

  test('nothing is signed, and then what was asked for is', async () => {
    await lost();
    let answer = (): void => {};
    answers = new Promise((resolve) => (answer = resolve));
    // Its answer comes within the patience for towers, which the world's clock cuts to a tenth of a second.
    const client = await restore();
    const linking = link(client);
    await world.until('the tower is asked and the record stored', async () => {
      const item = await world.store.get(recordKey(chain.contracts.chainId, world.channel.address));
      return asked > 0 && item !== null;
    });
    expect(await signedYet()).toBe(0);
    answer();
    await linking;
    expect(client.outdatedBy).toBeNull();
  });

  test('a tower that is gone keeps nobody from paying for long', async () => {
    await lost();
    answers = new Promise(() => {});
    expect(await refusalOf(link(await restore()))).toBeNull();
  });

  test('a tower that does not take the channel is not waited for', async () => {
    await lost();
    refuses = 'not_watched';
    expect(await refusalOf(link(await restore()))).toBeNull();
  });
});

describe('which receipts tell of a newer state', () => {
  const receipt = (version: bigint, epoch = 0n) =>
    ({ url: TOWER, receipt: { version, epoch } }) as ClientEvents['watchtower.accepted'];
  const restored: ChannelRecord = { ...FUNDED, highestSigned: 1n << 35n, isUnproven: true };
  const inFlight: ChannelRecord = { ...FUNDED, highestSigned: 3n };

  test.each([
    ['what the hub served', restored, receipt(1n), null],
    ['one above it', restored, receipt(2n), 2n],
    ['one of another epoch', restored, receipt(2n, 1n), null],
    ['what was signed here, though its answer is out', inFlight, receipt(3n), null],
    ['what was never signed here: the store is an old copy', inFlight, receipt(4n), 4n],
  ] as const)('%s', (_, held, accepted, expected) => {
    expect(newerThanHeld(held, accepted)).toBe(expected);
  });
});
