// SPDX-License-Identifier: MIT
/** The client alone against a real chain with the real contracts, with a hub's door that the test opens and shuts. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { startLocalChain, type LocalChain } from '../chain/testing/local-chain.ts';
import { deployApps } from '../../contracts/deploy.ts';
import { mortalStore, type Life, type Mortality } from '../../test/model/mortal-store.ts';
import { decodeTransferState, encodeTransferState } from '../protocol/apps/transfer-app.ts';
import { appsRoot } from '../protocol/apps-root.ts';
import { toHex, Words } from '../protocol/bytes.ts';
import { appId, appStateDigest, ledgerDigest, stateHash } from '../protocol/digests.ts';
import { NO_PROOF, proofFrom } from '../protocol/dispute/path.ts';
import { firstState } from '../protocol/ledger.ts';
import { paymentOf } from '../protocol/payment.ts';
import { boundPreimage, lockHashOf, transferIdOf } from '../protocol/secrets.ts';
import { paymentDigest } from '../protocol/statement-digests.ts';
import {
  ETHER,
  type Address,
  type AgreedState,
  type App,
  type AppInstance,
  type Bytes,
  type Hash,
} from '../protocol/types.ts';
import type { TransferView } from '../protocol/wire/requests.ts';
import { publicKey } from '#secp256k1';
import { JsonRpcProvider, NonceManager, Wallet } from 'ethers';
import { requireProtocol } from '../store/stored-protocol.ts';
import { parseRecord, recordItem, recordKey, restoredRecord, type ChannelRecord } from './channel-record.ts';
import type { IndraClient } from './client.ts';
import { runningHolding } from './holding.ts';
import { seal } from './seal.ts';
import { CHALLENGE_PERIOD, ChainClock, DisputedWorld } from './testing/disputed-world.ts';

let chain: LocalChain;
let clock: ChainClock;
let world: DisputedWorld;
let client: IndraClient;

beforeAll(async () => {
  chain = await startLocalChain();
  clock = new ChainClock(chain);
}, 30_000);
afterAll(() => chain.stop());

/** Every test makes transactions by the dozen. */
jest.setTimeout(30_000);

const DEPOSIT = 1_000n;
const OUTSIDE = `0x${'99'.repeat(20)}` as string as Address;
const hashOf = (seed: number): Hash => `0x${seed.toString(16).padStart(64, '0')}` as string as Hash;

beforeEach(async () => {
  world = new DisputedWorld(chain, clock);
  await world.giveGas();
});
afterEach(() => world.close());

const certain = () => client.balance(ETHER).certain;

async function funded(own = DEPOSIT, hubs = 0n): Promise<void> {
  await world.fund(own, hubs);
  client = await world.connect();
  await world.until('the deposit counts', () => certain() === own);
}

/** Another process goes on from what this one stored. */
async function restart(): Promise<void> {
  await client.close();
  client = await world.connect();
}

const latest = async (): Promise<{ readonly number: number }> => {
  const block = await world.reader.latest();
  if (!block.ok) throw new Error(block.error.code);
  return block.value;
};

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );

/** What the channel paid out: the user's address also pays for gas, so its balance says little. */
const leftInChannel = () => world.onChain(ETHER, world.channel.address);
const epochEnds = () => clock.pass(CHALLENGE_PERIOD + 1);

async function record(): Promise<ChannelRecord> {
  const item = await world.store.get(recordKey(chain.contracts.chainId, world.channel.address));
  if (item === null) throw new Error('nothing is stored');
  return parseRecord(item, world.catalogue);
}

/** A payment to this user that the hub holds ready: the secret is sealed to its key. */
function offered(amount: bigint, seed = 1): TransferView {
  const secret = hashOf(0xabc + seed);
  const sealed = seal(secret, publicKey(world.privateKey), new Uint8Array(32).fill(9));
  if (sealed === null) throw new Error('not sealed');
  const { chainId } = chain.contracts;
  const terms = {
    transferId: transferIdOf(chainId, OUTSIDE, hashOf(seed)),
    payer: world.door.address,
    recipient: world.key.address,
    toChainId: chainId,
    asset: ETHER,
    amount,
    expiresAt: clock.now() + 20_000,
    metadata: null,
  };
  const digest = paymentDigest(world.channel.domain, paymentOf(terms));
  return {
    ...terms,
    status: 'pending',
    role: 'payee',
    signature: world.door.sign(digest),
    lockHash: lockHashOf(boundPreimage(secret, digest)),
    claimant: null,
    sealed,
    holdUntil: clock.now() + 40_000,
    preimage: null,
    claimerSignature: null,
    appId: null,
    createdAt: clock.now(),
  };
}

/** An app is installed that pays this user, and the hub ignores the closing: only the chain can pay. */
async function heldUpClaim(amount: bigint): Promise<void> {
  world.door.ignored.add('uninstall');
  world.door.pending = [offered(amount)];
  void client.settle().catch(() => {});
  await world.until('the app is installed', async () => (await record()).agreed.apps.length === 1);
}

describe('leaving alone (invariant 14)', () => {
  test('the last agreed balance is paid out though the hub never answers again', async () => {
    await funded();
    world.door.isThere = false;
    const { finalizesAt } = await client.dispute();
    expect(finalizesAt).toBeGreaterThan(clock.now());
    expect(await client.disputeStatus()).toMatchObject({ stage: 'open', wantsToLeave: true, heldUp: null });
    await epochEnds();
    expect(await client.settled()).toEqual({
      epoch: 0n,
      paid: [{ asset: ETHER, amount: DEPOSIT }],
      apps: [],
    });
    expect(await leftInChannel()).toBe(0n);
    expect(await client.disputeStatus()).toMatchObject({ stage: 'none', wantsToLeave: false, epoch: 1n });
  });

  test('a deposit that was never countersigned comes back from version 0', async () => {
    world.door.ignored.add('deposit');
    client = await world.connect();
    await world.fund(DEPOSIT);
    await client.dispute();
    await epochEnds();
    expect(await client.settled()).toMatchObject({ paid: [{ asset: ETHER, amount: DEPOSIT }] });
    expect(await leftInChannel()).toBe(0n);
  });

  test('a claim the hub does not close is opened on chain with its preimage and paid', async () => {
    await funded(DEPOSIT, 500n);
    await heldUpClaim(200n);
    const hubs = await world.onChain(ETHER, world.door.address);
    await client.dispute();
    const settled = await world.passUntil(client.settled());
    expect(settled.paid).toEqual([{ asset: ETHER, amount: DEPOSIT + 200n }]);
    expect(settled.apps).toHaveLength(1);
    expect(await leftInChannel()).toBe(0n);
    // The hub sent nothing since, so the rest of what was in the channel went to this user.
    expect((await world.onChain(ETHER, world.door.address)) - hubs).toBe(300n);
  });

  test('what nobody claimed comes back to the payer once its time is over', async () => {
    await funded();
    await client.createLink({ asset: ETHER, amount: 150n, expiresIn: 60 });
    world.door.isThere = false;
    await client.dispute();
    const settled = await world.passUntil(client.settled());
    expect(settled.paid).toEqual([{ asset: ETHER, amount: DEPOSIT }]);
    expect(settled.apps).toHaveLength(1);
    expect(await leftInChannel()).toBe(0n);
  });

  test('a countersignature that was withheld changes nothing: whatever the hub shows was signed here', async () => {
    await funded(DEPOSIT, 500n);
    world.door.swallowed.add('install');
    const paying = codeOf(client.createLink({ asset: ETHER, amount: 100n, expiresIn: 60 }));
    await world.until('the hub has agreed', () => world.door.state.apps.length === 1);
    const { ledger, signatures } = world.door.state;
    const shown = { kind: 'challenge', ledger, signatures } as const;
    await world.send(world.hubWriter, world.hubWriter.disputeCall(world.channel, shown));
    expect(await paying).toBe('channel_disputed');
    expect(certain()).toBe(DEPOSIT - 100n);
    const settled = await world.passUntil(client.settled());
    expect(settled.paid).toEqual([{ asset: ETHER, amount: DEPOSIT }]);
    expect(await leftInChannel()).toBe(0n);
  });

  test('W-C6 a move that the hub countersigned and showed before it was mined is paid like any', async () => {
    await funded(DEPOSIT, 500n);
    await heldUpClaim(200n);
    const { door, key, channel, hubWriter } = world;
    const { agreed, routes } = await record();
    const [{ id, app, state: locked }] = agreed.apps as [AppInstance];
    const [route] = routes;
    const terms = decodeTransferState(locked);
    if (terms === null || route?.side !== 'payee') throw new Error('no payment to this user');
    const state = encodeTransferState({ ...terms, preimage: route.preimage });
    // All of it can be read from the transaction that waits to be mined.
    const digest = appStateDigest(channel.domain, { appId: id, version: 1n, stateHash: stateHash(state) });
    const signatures = [door.sign(digest), key.sign(digest)] as const;
    const step = { kind: 'set-app-state', app, version: 1n, state, signatures } as const;
    await world.send(hubWriter, hubWriter.disputeCall(channel, { ...step, path: NO_PROOF, moves: [] }));
    await client.dispute();
    const settled = await world.passUntil(client.settled());
    expect(settled).toMatchObject({ paid: [{ asset: ETHER, amount: DEPOSIT + 200n }], apps: [id] });
  });

  test('W-B3 a proposal that the hub refused, and made the floor, keeps nobody in nor a preimage from its pay', async () => {
    await funded(DEPOSIT, 500n);
    const { door, channel, hubWriter } = world;
    door.refused.add('uninstall');
    door.pending = [offered(200n)];
    void client.settle().catch(() => {});
    await world.until('the closing was refused', async () => (await record()).signed[0]?.abandoned === true);
    door.ignored.add('install');
    void client.createLink({ asset: ETHER, amount: 100n, expiresIn: 60 }).catch(() => {});
    const isSigned = async () => (await record()).signed.some(({ operation }) => operation === 'install');
    await world.until('a payment is signed', isSigned);
    const { agreed, signed } = await record();
    const half = signed.find(({ operation }) => operation === 'install') as (typeof signed)[number];
    const { ledger } = half.next;
    const hubs = door.sign(ledgerDigest(channel.domain, ledger));
    const steps = [
      { kind: 'challenge', ledger: agreed.ledger, signatures: agreed.signatures },
      { kind: 'answer', ledger, signatures: [half.proposal.signature, hubs] },
    ] as const;
    const floored = { kind: 'bundle', parts: steps, otherwise: [] } as const;
    await world.send(hubWriter, hubWriter.disputeCall(channel, floored));
    expect(await world.challenge()).toMatchObject({ finalizesAt: 0, floorVersion: ledger.version });
    door.isThere = false;
    await client.dispute();
    const settled = await world.passUntil(client.settled());
    expect(settled.paid).toEqual([{ asset: ETHER, amount: DEPOSIT + 200n }]);
    expect(settled.apps).toHaveLength(2);
  });
});

describe('watching (invariants 10 and 13)', () => {
  test('a stale challenge is answered unasked, nothing is signed meanwhile, and the channel goes on', async () => {
    await funded();
    const stale = world.door.state;
    const told: string[] = [];
    for (const name of ['channel.disputed', 'dispute.answered'] as const)
      client.on(name, () => told.push(name));
    await client.createLink({ asset: ETHER, amount: 10n });
    const held = world.door.state;
    // Held back, so that what is refused meanwhile is refused for the challenge and nothing else.
    await world.giveGas(world.key.address, 0n);
    const { ledger, signatures } = stale;
    const shown = { kind: 'challenge', ledger, signatures } as const;
    await world.giveGas(world.door.address);
    await world.send(world.hubWriter, world.hubWriter.disputeCall(world.channel, shown));
    await world.until('the challenge is seen', () => told.length === 1);
    expect(await codeOf(client.createLink({ asset: ETHER, amount: 1n }))).toBe('channel_disputed');
    expect((await record()).highestSigned).toBe(held.ledger.version);
    await world.giveGas();
    await world.until('it is answered', async () => (await world.challenge()).finalizesAt === 0);
    expect((await world.challenge()).floorVersion).toBe(held.ledger.version);
    await world.until('the client saw it', () => told.includes('dispute.answered'));
    await client.createLink({ asset: ETHER, amount: 1n });
    expect(certain()).toBe(DEPOSIT - 11n);
  });

  test('a client that was away answers when it comes back, though the hub is gone', async () => {
    await funded();
    const { ledger, signatures } = world.door.state;
    await client.createLink({ asset: ETHER, amount: 10n });
    await client.close();
    await world.giveGas(world.door.address);
    const shown = { kind: 'challenge', ledger, signatures } as const;
    await world.send(world.hubWriter, world.hubWriter.disputeCall(world.channel, shown));
    client = await world.connect();
    await world.until('it is answered', async () => (await world.challenge()).finalizesAt === 0);
  });

  test('a client that starts without the hub answers and leaves, and signs nothing until the hub is heard', async () => {
    await funded();
    const { ledger, signatures } = world.door.state;
    await client.createLink({ asset: ETHER, amount: 10n });
    await client.close();
    await world.giveGas(world.door.address);
    const shown = { kind: 'challenge', ledger, signatures } as const;
    await world.send(world.hubWriter, world.hubWriter.disputeCall(world.channel, shown));
    world.door.isThere = false;
    client = await world.connect();
    await world.until('it is answered', async () => (await world.challenge()).finalizesAt === 0);
    await world.until('the client saw it', async () => (await client.disputeStatus()).stage === 'none');
    const { highestSigned } = await record();
    const link = client.createLink({ asset: ETHER, amount: 1n });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await record()).highestSigned).toBe(highestSigned);
    world.door.isThere = true;
    await link;
    expect(certain()).toBe(DEPOSIT - 11n);
    await restart();
    world.door.isThere = false;
    await restart();
    await client.dispute();
    // Both links stay open for a day, and nobody opens them: what they hold comes back.
    expect((await world.passUntil(client.settled(), 6_000)).paid).toEqual([
      { asset: ETHER, amount: DEPOSIT },
    ]);
  });

  test('a hub that only says so disputes nothing', async () => {
    await funded();
    const before = world.door.state;
    world.door.state = firstState(world.channel.address, 3n);
    world.door.followsChain = false;
    const link = client.createLink({ asset: ETHER, amount: 10n });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(client.isReadOnly).toBe(false);
    world.door.state = before;
    await link;
    expect(certain()).toBe(DEPOSIT - 10n);
  });
});

describe('the next epoch (invariant 13)', () => {
  test('begins without a reconnect, with money that came late, and pays like the first', async () => {
    await funded();
    await client.dispute();
    await epochEnds();
    await client.settled();
    expect(client.balance(ETHER)).toMatchObject({ available: 0n, certain: 0n });
    await world.fund(300n);
    await world.until('the deposit counts', () => certain() === 300n);
    await client.createLink({ asset: ETHER, amount: 50n });
    expect(certain()).toBe(250n);
    expect((await record()).agreed.ledger).toMatchObject({ epoch: 1n });
  });

  test('is found at the next start, and what the old one owes is enforced from there', async () => {
    await funded(DEPOSIT, 500n);
    await heldUpClaim(200n);
    await client.dispute();
    await client.close();
    await epochEnds();
    const { agreed } = await record();
    const settle = { kind: 'settle', ledger: agreed.ledger, others: [] } as const;
    await world.send(world.hubWriter, world.hubWriter.disputeCall(world.channel, settle));
    client = await world.connect();
    expect((await record()).agreed.ledger).toMatchObject({ epoch: 1n, version: 0n });
    expect((await world.passUntil(client.settled())).apps).toHaveLength(1);
    expect(await leftInChannel()).toBe(0n);
  });

  test('voids a withdrawal that nobody sent: the settlement pays it', async () => {
    await funded();
    const { digest } = await client.withdraw({ asset: ETHER, amount: 400n, recipient: OUTSIDE });
    expect(certain()).toBe(600n);
    await client.dispute();
    await epochEnds();
    expect((await client.settled()).paid).toEqual([{ asset: ETHER, amount: DEPOSIT }]);
    expect(await codeOf(client.withdrawalExecuted(digest))).toBe('unknown_withdrawal');
  });
});

describe('W-D2 what stops another part never stops watching and answering (invariant 15)', () => {
  const showStale = async ({ ledger, signatures }: AgreedState): Promise<void> => {
    await world.giveGas(world.door.address);
    const shown = { kind: 'challenge', ledger, signatures } as const;
    await world.send(world.hubWriter, world.hubWriter.disputeCall(world.channel, shown));
  };
  const answered = () =>
    world.until('the newest ledger is shown', async () => {
      const { floorVersion, finalizesAt } = await world.challenge();
      return floorVersion === world.door.state.ledger.version && finalizesAt === 0;
    });

  test('a client that only reads, because another writes, answers with what that one stored', async () => {
    await funded();
    const stale = world.door.state;
    await client.createLink({ asset: ETHER, amount: 10n });
    const item = await world.store.get(recordKey(chain.contracts.chainId, world.channel.address));
    if (item === null) throw new Error('nothing is stored');
    await world.store.put({ key: item.key, schema: item.schema, body: item.body }, item.etag);
    expect(await codeOf(client.createLink({ asset: ETHER, amount: 1n }))).toBe('another_writer');
    expect(client.isReadOnly).toBe(true);
    await showStale(stale);
    await answered();
  });

  test('a store that takes nothing more keeps no answer back', async () => {
    await funded();
    const stale = world.door.state;
    await client.createLink({ asset: ETHER, amount: 10n });
    await client.close();
    const refused = () => Promise.reject(new Error('the disk is full'));
    const full = new Proxy(world.store, {
      get(store, name) {
        if (name === 'put' || name === 'putInOrder' || name === 'remove') return refused;
        const member: unknown = Reflect.get(store, name, store);
        return typeof member === 'function' ? (member.bind(store) as unknown) : member;
      },
    });
    client = await world.connect(full);
    await showStale(stale);
    await answered();
  });
});

describe('gas', () => {
  test('is asked for before anything is changed, and the dispute begins once it is there', async () => {
    await funded();
    await world.giveGas(world.key.address, 0n);
    const refusal = (await client.dispute().catch((error: unknown) => error)) as {
      code: string;
      details: { address: string; wei: string };
    };
    expect(refusal.code).toBe('insufficient_gas');
    expect(refusal.details.address).toBe(world.key.address);
    expect(await client.disputeStatus()).toMatchObject({ stage: 'none', wantsToLeave: false });
    await client.createLink({ asset: ETHER, amount: 1n });
    await world.giveGas(world.key.address, 4n * BigInt(refusal.details.wei));
    await client.dispute();
  });

  test('that runs out on the way is asked for, and the rest follows', async () => {
    await funded();
    await client.dispute();
    await world.giveGas(world.key.address, 0n);
    const needed = new Promise((resolve) => client.on('gas.needed', resolve));
    await epochEnds();
    expect(await needed).toMatchObject({ address: world.key.address });
    expect((await client.disputeStatus()).heldUp).toMatchObject({ code: 'insufficient_gas' });
    await world.giveGas();
    await client.settled();
  });
});

describe('by agreement', () => {
  test('a challenge is cancelled and the channel goes on; there is nothing to cancel twice', async () => {
    await funded();
    expect(await codeOf(client.cancelDispute())).toBe('no_dispute');
    await client.dispute();
    expect(await codeOf(client.createLink({ asset: ETHER, amount: 1n }))).toBe('channel_disputed');
    await client.cancelDispute();
    expect(await world.challenge()).toMatchObject({ epoch: 0n, finalizesAt: 0 });
    await client.createLink({ asset: ETHER, amount: 1n });
    expect(certain()).toBe(DEPOSIT - 1n);
    expect(await codeOf(client.settled())).toBe('no_dispute');
    expect(await codeOf(client.cancelDispute())).toBe('no_dispute');
  });

  test('asking twice is one dispute', async () => {
    await funded();
    const [first, second] = await Promise.all([client.dispute(), client.dispute()]);
    expect(second).toEqual(first);
    expect((await world.challenge()).challengeId).toBe(1n);
  });
});

describe('a withdrawal', () => {
  test('that the hub never sends is sent by the client itself', async () => {
    await funded();
    const { digest } = await client.withdraw({ asset: ETHER, amount: 400n, recipient: OUTSIDE });
    const before = await world.onChain(ETHER, OUTSIDE);
    expect(await client.sendWithdrawal(digest)).toMatchObject({ digest, amount: 400n });
    expect((await world.onChain(ETHER, OUTSIDE)) - before).toBe(400n);
  });

  test('that nobody sends comes back after its deadline', async () => {
    await funded();
    const deadline = clock.now() + 100;
    await client.withdraw({ asset: ETHER, amount: 400n, recipient: OUTSIDE, deadline });
    expect(certain()).toBe(600n);
    await clock.pass(200);
    await world.until('it came back', () => certain() === DEPOSIT);
  });
});

describe('a claim', () => {
  test('finds nothing where everything could be handed over', async () => {
    await funded();
    expect(await codeOf(client.claim(ETHER))).toBe('nothing_to_claim');
  });

  test('takes elsewhere what the own address refused, and nobody counts it as a deposit (invariant 11)', async () => {
    await funded();
    await world.refuseEther();
    await client.dispute();
    await epochEnds();
    expect((await client.settled()).paid).toEqual([{ asset: ETHER, amount: DEPOSIT }]);
    expect(await leftInChannel()).toBe(DEPOSIT);
    expect(await codeOf(client.claim(ETHER))).toBe('chain_refused');
    await world.fund(70n);
    await world.until('the deposit counts', () => certain() === 70n);
    const before = await world.onChain(ETHER, OUTSIDE);
    expect(await client.claim(ETHER, OUTSIDE)).toEqual({ asset: ETHER, amount: DEPOSIT });
    expect((await world.onChain(ETHER, OUTSIDE)) - before).toBe(DEPOSIT);
    expect(await leftInChannel()).toBe(70n);
    expect(await codeOf(client.claim(ETHER, OUTSIDE))).toBe('nothing_to_claim');
    await client.createLink({ asset: ETHER, amount: 30n });
    expect(certain()).toBe(40n);
  });
});

describe('a process that dies at any write goes on to the end (invariant 12)', () => {
  /** Leaves a channel with an open claim, over a store that dies once. Returns how many writes the leaving took. */
  async function leave(deathAt: number, death: 'before' | 'after'): Promise<number> {
    await world.close();
    world = new DisputedWorld(chain, clock);
    await world.giveGas();
    await funded(DEPOSIT, 500n);
    await heldUpClaim(200n);
    await client.close();
    let writes = 0;
    const mortality: Mortality = { deathAt: () => ((writes += 1) === deathAt ? death : null) };
    const life: Life = { isDead: false, onDeath: () => {} };
    const died = new Promise<'died'>((resolve) => (life.onDeath = () => resolve('died')));
    let dying: IndraClient | null = null;
    const living = async (): Promise<'lived'> => {
      dying = await world.connect(mortalStore(world.store, 'client', life, mortality), true);
      await dying.dispute();
      await world.passUntil(Promise.race([died, dying.settled()]));
      await dying.close();
      return 'lived';
    };
    if ((await Promise.race([died, living()])) === 'died') {
      // Its loops end; what it waits for in its store never comes.
      void (dying as IndraClient | null)?.close();
      client = await world.connect();
      // Whoever asked for it asks again, since the wish itself may have been lost; where it was not, it may be fulfilled.
      expect(['none', 'wrong_epoch']).toContain(await codeOf(client.dispute()));
      await world.passUntil(client.settled());
    }
    expect(await leftInChannel()).toBe(0n);
    return writes;
  }

  test.each(['before', 'after'] as const)(
    '%s it',
    async (death) => {
      const writes = await leave(0, death);
      expect(writes).toBeGreaterThan(10);
      for (let number = 1; number <= writes; number++) await leave(number, death);
    },
    300_000,
  );
});

describe('a game of two keys, moved in on chain', () => {
  const STAKE = 100n;
  let game: Address;

  beforeAll(async () => {
    const provider = new JsonRpcProvider(chain.url, chain.contracts.chainId, {
      staticNetwork: true,
      pollingInterval: 20,
      cacheTimeout: -1,
    });
    const signer = new NonceManager(new Wallet(toHex(chain.keys[3] as Uint8Array), provider));
    game = (await deployApps(signer)).ticTacToeApp.toLowerCase() as Address;
    provider.destroy();
  }, 30_000);

  const board = (own: number, theirs: number): Bytes =>
    toHex(new Words(2).uint(BigInt(own)).uint(BigInt(theirs)).bytes);
  const cell = (number: number): Bytes => toHex(new Words(1).uint(BigInt(number)).bytes);

  /** A ledger both signed, with a game of 100 each at a state both signed. */
  async function play(state: Bytes, version: bigint): Promise<Hash> {
    await world.fund(500n, 500n);
    const { channel, door, key } = world;
    const app: App = {
      channel: channel.address,
      epoch: 0n,
      installVersion: 1n,
      nonce: hashOf(7),
      definition: game,
      participants: [key.address, door.address],
      outcomeType: 0,
      stakes: [{ asset: ETHER, amounts: [STAKE, STAKE] }],
      periods: [1_200, 1_200],
      actionDeadline: 0,
      holdUntil: 0,
      initialStateHash: stateHash(board(0, 0)),
    };
    const id = appId(channel.domain, app);
    const digest = appStateDigest(channel.domain, { appId: id, version, stateHash: stateHash(state) });
    const instance: AppInstance = {
      id,
      app,
      version,
      state,
      signatures: version === 0n ? [null, null] : [key.sign(digest), door.sign(digest)],
    };
    const ledger = {
      channel: channel.address,
      epoch: 0n,
      version: 1n,
      assets: [
        {
          asset: ETHER,
          balances: [400n, 400n],
          deposits: [500n, 500n],
          withdrawn: [0n, 0n],
          locked: 2n * STAKE,
        },
      ],
      appsRoot: appsRoot([id]),
    } as const;
    const both = ledgerDigest(channel.domain, ledger);
    const agreed: AgreedState = {
      ledger,
      apps: [instance],
      withdrawals: [],
      signatures: [key.sign(both), door.sign(both)],
    };
    const held: ChannelRecord = { ...restoredRecord(channel, agreed, 1n), isUnproven: false };
    await requireProtocol(world.store);
    await world.store.put(recordItem(held), 'absent');
    world.door.state = agreed;
    client = await world.connect();
    return id;
  }

  const hubMoves = async (
    id: Hash,
    from: Bytes,
    to: Bytes,
    version: bigint,
    number: number,
  ): Promise<void> => {
    const next = { appId: id, version, stateHash: stateHash(to) };
    const signature = world.door.sign(appStateDigest(world.channel.domain, next));
    const held = runningHolding(await record(), []);
    const app = held.states[0]?.apps[0]?.app as App;
    const moves = [{ action: cell(number), signature }];
    const view = await world.reader.dispute(held, { now: 0, fromBlock: 0 });
    const previous = (view.ok ? view.value.paths.get(id)?.at(-1)?.before : undefined) as Hash;
    const step = { kind: 'progress-app', app, version: version - 1n, previous, state: from, moves } as const;
    await world.send(world.hubWriter, world.hubWriter.disputeCall(world.channel, step));
  };

  test('each move is made once, in turn, and the winner takes the stakes', async () => {
    const id = await play(board(0b11, 0b11000), 4n);
    expect(await codeOf(client.progress(id, cell(2)))).toBe('no_dispute');
    expect(await codeOf(client.progress(hashOf(5), cell(2)))).toBe('unknown_app');
    await client.dispute();
    expect(await codeOf(client.progress(id, cell(0)))).toBe('invalid_action');
    expect(await client.progress(id, cell(8))).toMatchObject({ version: 5n });
    expect(await codeOf(client.progress(id, cell(2)))).toBe('not_turn_taker');
    await restart();
    await hubMoves(id, board(0b100000011, 0b11000), board(0b100000011, 0b10011000), 6n, 7);
    expect(await client.progress(id, cell(2))).toMatchObject({ version: 7n });
    const settled = await world.passUntil(client.settled());
    expect(settled).toMatchObject({ paid: [{ asset: ETHER, amount: 600n }], apps: [id] });
    expect(await leftInChannel()).toBe(0n);
  });

  test('is finished on chain though the other side never says anything again (invariant 14)', async () => {
    const id = await play(board(0b11, 0b11000), 4n);
    world.door.isThere = false;
    await client.dispute();
    expect(await client.progress(id, cell(2))).toMatchObject({ version: 5n });
    const settled = await world.passUntil(client.settled());
    expect(settled).toMatchObject({ paid: [{ asset: ETHER, amount: 600n }], apps: [id] });
    expect(await leftInChannel()).toBe(0n);
  });

  test('W-A6 a hub that countersigns a public move takes back nothing that was played upon it', async () => {
    const id = await play(board(0b11, 0b11000), 4n);
    await client.dispute();
    await client.progress(id, cell(8));
    const fifth = board(0b100000011, 0b11000);
    await hubMoves(id, fifth, board(0b100000011, 0b10011000), 6n, 7);
    await client.progress(id, cell(2));
    const { number } = await latest();
    const told = await world.reader.registryEvents(0, number, world.channel.address);
    const made = told.ok ? told.value.find(({ values }) => values['version'] === 5n) : undefined;
    const digest = appStateDigest(world.channel.domain, {
      appId: id,
      version: 5n,
      stateHash: stateHash(fifth),
    });
    const signatures = [made?.values['signature'] as Bytes, world.door.sign(digest)] as const;
    const held = runningHolding(await record(), []);
    const view = await world.reader.dispute(held, { now: 0, fromBlock: 0 });
    const path = view.ok ? proofFrom(view.value.paths.get(id), 5n) : null;
    const app = held.states[0]?.apps[0]?.app as App;
    for (const proof of [path ?? NO_PROOF, NO_PROOF]) {
      const step = {
        kind: 'set-app-state',
        app,
        version: 5n,
        state: fifth,
        signatures,
        path: proof,
        moves: [],
      } as const;
      await world.send(world.hubWriter, world.hubWriter.disputeCall(world.channel, step));
    }
    const after = await world.reader.app(id, (await latest()).number);
    expect(after).toMatchObject({ value: { version: 7n, steps: 2n } });
    const settled = await world.passUntil(client.settled());
    expect(settled).toMatchObject({ paid: [{ asset: ETHER, amount: 600n }], apps: [id] });
  });

  test('another action on the same state is refused, after a restart too (invariant 2)', async () => {
    const id = await play(board(0, 0), 0n);
    await client.dispute();
    await world.giveGas(world.key.address, 0n);
    expect(await codeOf(client.progress(id, cell(4)))).toBe('insufficient_gas');
    await restart();
    expect(await codeOf(client.progress(id, cell(5)))).toBe('invalid_action');
    await world.giveGas();
    expect(await client.progress(id, cell(4))).toMatchObject({ version: 1n });
    expect(await codeOf(client.progress(id, cell(5)))).toBe('not_turn_taker');
  });
});
