// SPDX-License-Identifier: MIT
/** The real hub over a memory store, with a chain and a clock the test turns by hand. */
import type { ChainConfig } from '../../infra/config/hub-config.ts';
import { countersign } from '../../lib/hub/countersign.ts';
import type { Hub, HubChain } from '../../lib/hub/hub.ts';
import { open } from '../../lib/hub/operations/open.ts';
import type {
  Block,
  ChainReader,
  ChallengeStatus,
  DefenceWriter,
  HubKey,
  Move,
  TreasuryWriter,
} from '../../lib/hub/ports.ts';
import { cursorItem } from '../../lib/hub/chain-cursor.ts';
import { transferApp } from '../../lib/protocol/apps/transfer-app.ts';
import { toHash, toHex } from '../../lib/protocol/bytes.ts';
import { ledgerDigest } from '../../lib/protocol/digests.ts';
import type { DeadlineTerms } from '../../lib/protocol/deadlines.ts';
import {
  UNDISPUTED,
  type AppOnChain,
  type AppPath,
  type DisputeView,
  type Holding,
  type LedgerOnChain,
} from '../../lib/protocol/dispute.ts';
import { identifierOf } from '../../lib/protocol/identifier.ts';
import { firstState } from '../../lib/protocol/ledger.ts';
import { ok } from '../../lib/protocol/result.ts';
import { ETHER, ZERO_HASH, type Address, type Hash, type Pair } from '../../lib/protocol/types.ts';
import type { HubEvent } from '../../lib/protocol/wire/events.ts';
import { addressOfPrivateKey, publicKey, recoverAddress, sign } from '../../lib/signing/native.ts';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import type { Store } from '../../lib/store/store.ts';
import type { HubUnderTest } from './test-user.ts';

export const TOKEN = `0x${'70'.repeat(20)}` as const as Address;

export const TEST_HUB: Hub['config'] = {
  stage: 'test',
  operators: [],
  limits: {
    maxOpenTransfers: 200,
    maxOperations: 64,
    minHold: 3600,
    maxHold: 30 * 86_400,
    margin: 900,
    maxMessageBytes: 262_144,
    handlerLife: 30,
  },
};

export const TEST_CHAIN: ChainConfig = {
  chainId: 31337,
  rpcUrl: 'http://127.0.0.1:1',
  publicRpcUrl: 'http://127.0.0.1:1',
  factory: `0x${'f1'.repeat(20)}`,
  channelImplementation: `0x${'f2'.repeat(20)}`,
  registry: `0x${'f3'.repeat(20)}`,
  transferApp: `0x${'f4'.repeat(20)}`,
  assets: [ETHER, TOKEN].map((address) => ({
    address: address as `0x${string}`,
    symbol: address === ETHER ? 'ETH' : 'TST',
    decimals: 18,
    transfer: { min: 1n, max: 10n ** 18n },
    withdrawal: { min: address === ETHER ? 0n : 3n },
    collateral: { initial: 0n, target: 1000n, low: 0n },
  })),
  challengePeriod: 3600,
  confirmations: 0,
  appPeriods: [1200, 3600],
  patience: 300,
  reaction: 300,
  fromBlock: 0,
};

/** What the deadlines of a transfer follow from with this hub. */
export const TEST_TERMS: DeadlineTerms = { ...TEST_CHAIN, margin: TEST_HUB.limits.margin };

/** What each party put into each channel, as the test says. */
export class TestChain {
  block: Block = { number: 100, timestamp: 1_800_000_000, hash: ZERO_HASH };
  readonly received = new Map<string, Pair<bigint>>();
  readonly executed = new Set<Hash>();
  readonly moves: Move[] = [];
  readonly challenges = new Map<Address, ChallengeStatus & Partial<LedgerOnChain>>();
  /** From which block on a channel's status is what `challenges` says; before it, nothing had happened. */
  readonly since = new Map<Address, number>();
  /** Apps disputed on chain, and the paths they took there. */
  readonly apps = new Map<Hash, AppOnChain>();
  readonly paths = new Map<Hash, AppPath>();
  /** Of settled epochs, as `channel#epoch`; elsewhere the last state both held became final. */
  readonly finalRoots = new Map<string, Hash>();
  readonly claimable = new Map<string, bigint>();
  /** Of every address. */
  ether = 10n ** 18n;
  /** Of every token, as its contract says. */
  tokenDecimals = 18;

  put(channel: Address, asset: Address, received: Pair<bigint>): void {
    this.received.set(`${channel}#${asset}`, received);
  }

  readonly reader: ChainReader = {
    latest: async () => ok(this.block),
    block: async (number) => ok({ ...this.block, number }),
    received: async (channel, asset) => ok(this.received.get(`${channel.address}#${asset}`) ?? [0n, 0n]),
    challenge: async (channel, block) => {
      const isSeen = block >= (this.since.get(channel.address) ?? 0);
      const status = isSeen ? this.challenges.get(channel.address) : undefined;
      return ok(status ?? { epoch: 0n, floorVersion: 0n, finalizesAt: 0 });
    },
    withdrawalExecuted: async (_channel, digest) => ok(this.executed.has(digest)),
    disputesIn: async () => ok({ channels: [...this.challenges.keys()], moves: this.moves }),
    dispute: async (holding, { now }) => ok(this.#view(holding, now)),
    balance: async () => ok(this.ether),
    claimable: async (channel, asset) => ok(this.claimable.get(`${channel}#${asset}`) ?? 0n),
  };

  #view(holding: Holding, now: number): DisputeView {
    const { channel, epoch, states } = holding;
    const status = this.challenges.get(channel.address);
    const atFloor = [...states, firstState(channel.address, epoch)].find(
      ({ ledger }) => ledger.version === (status?.floorVersion ?? 0n),
    );
    const ledger: LedgerOnChain = {
      epoch: 0n,
      floorVersion: 0n,
      finalizesAt: 0,
      challengeId: 1n,
      digest: atFloor === undefined ? ZERO_HASH : toHash(ledgerDigest(channel.domain, atFloor.ledger)),
      ...status,
    };
    const root = this.finalRoots.get(`${channel.address}#${epoch}`) ?? states[0]?.ledger.appsRoot;
    const ids = states.flatMap(({ apps }) => apps.map(({ id }) => id));
    return {
      chainTime: this.block.timestamp,
      now,
      ledger,
      finalAppsRoot: ledger.epoch > epoch ? (root ?? ZERO_HASH) : null,
      apps: new Map(ids.map((id) => [id, this.apps.get(id) ?? UNDISPUTED])),
      paths: this.paths,
      outcomes: new Map(),
    };
  }
}

export interface TestHub {
  /** How test users meet it. */
  readonly door: HubUnderTest;
  readonly hub: Hub;
  readonly chain: HubChain;
  readonly world: TestChain;
  /** Events told to users, in order. */
  readonly told: { readonly user: Address; readonly event: HubEvent }[];
  /** What one function asked of another, in order. */
  readonly triggered: { readonly functionName: string; readonly body: Readonly<Record<string, unknown>> }[];
  /** Moves both the hub's clock and the chain's, and keeps the watcher's cursor fresh. */
  pass(seconds: number): Promise<void>;
}

const HUB_PRIVATE_KEY = new Uint8Array(32).fill(0x42);

export const testHubKey: HubKey = {
  address: addressOfPrivateKey(HUB_PRIVATE_KEY) as Address,
  identifier: identifierOf(publicKey(HUB_PRIVATE_KEY), 'hub.test'),
  sign: (digest) => toHex(sign(digest, HUB_PRIVATE_KEY)),
};

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export interface TestHubOptions {
  readonly store?: Store;
  /** Of both keys: in one process they need not be kept apart. */
  readonly writer?: DefenceWriter & TreasuryWriter;
  readonly log?: Hub['log'];
  readonly config?: Partial<ChainConfig>;
}

export async function createTestHub(options: TestHubOptions = {}): Promise<TestHub> {
  const world = new TestChain();
  const told: TestHub['told'] = [];
  const triggered: TestHub['triggered'] = [];
  const store = options.store ?? new MemoryStore();
  const chain: HubChain = {
    config: { ...TEST_CHAIN, ...options.config },
    domain: { chainId: TEST_CHAIN.chainId, registry: TEST_CHAIN.registry as string as Address },
    code: {
      factory: TEST_CHAIN.factory as string as Address,
      implementation: TEST_CHAIN.channelImplementation as string as Address,
    },
    catalogue: new Map([[TEST_CHAIN.transferApp as string as Address, transferApp]]),
    reader: world.reader,
    writer: options.writer ?? (undefined as never),
    treasury: options.writer ?? (undefined as never),
  };
  const hub: Hub = {
    config: TEST_HUB,
    chains: new Map([[TEST_CHAIN.chainId, chain]]),
    store,
    key: testHubKey,
    recover: recoverAddress,
    clock: { now: () => world.block.timestamp },
    bus: {
      event: (user, event) => void told.push({ user, event }),
      trigger: (functionName, body) => void triggered.push({ functionName, body }),
    },
    log: options.log ?? silent,
  };
  const watched = async (): Promise<void> => {
    const { number: block, hash, timestamp } = world.block;
    const item = cursorItem(TEST_CHAIN.chainId, { block, hash, timestamp, answers: null });
    const held = await store.get(item.key);
    await store.put(item, held === null ? 'absent' : held.etag);
  };
  await watched();
  const door: HubUnderTest = {
    chain: TEST_CHAIN,
    catalogue: chain.catalogue,
    margin: hub.config.limits.margin,
    now: () => hub.clock.now(),
    open: (caller) => open(hub, chain, caller, { challengePeriod: TEST_CHAIN.challengePeriod }),
    propose: (caller, proposal) => countersign(hub, caller, proposal, null),
    arrive: async (channel, asset, received) => world.put(channel.address, asset, received),
  };
  return {
    door,
    hub,
    chain,
    world,
    told,
    triggered,
    async pass(seconds) {
      world.block = {
        ...world.block,
        number: world.block.number + 1,
        timestamp: world.block.timestamp + seconds,
      };
      await watched();
    },
  };
}
