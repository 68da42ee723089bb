// SPDX-License-Identifier: MIT
/** The real hub over a memory store and a real chain with the real contracts, in one process, ticking when the test says. */
import { Interface } from 'ethers';
import { waitUntil } from '../../infra/local/wait-until.ts';
import { deployAndCall, plainDepositCall, responderDepositCall, type Call } from '../../lib/chain/calls.ts';
import { EthereumChainReader } from '../../lib/chain/chain-reader.ts';
import { EthereumChainWriter } from '../../lib/chain/chain-writer.ts';
import type { LocalChain } from '../../lib/chain/testing/local-chain.ts';
import { mined } from '../../lib/chain/testing/mined.ts';
import { signerOf } from '../../lib/chain/transaction.ts';
import { countersign } from '../../lib/hub/countersign.ts';
import type { Hub, HubChain } from '../../lib/hub/hub.ts';
import { defenceLane } from '../../lib/hub/lanes.ts';
import { open } from '../../lib/hub/operations/open.ts';
import type { HubKey } from '../../lib/hub/ports.ts';
import { sweep } from '../../lib/hub/timers/sweep.ts';
import { watch, watchChannel } from '../../lib/hub/timers/watch.ts';
import { submit } from '../../lib/lane/submit.ts';
import { transferApp } from '../../lib/protocol/apps/transfer-app.ts';
import { toHex } from '../../lib/protocol/bytes.ts';
import type { DisputeStep } from '../../lib/protocol/dispute.ts';
import type { Outcomes } from '../../lib/protocol/errors.ts';
import { identifierOf } from '../../lib/protocol/identifier.ts';
import { ETHER, type Address, type Bytes, type Channel, type Pair } from '../../lib/protocol/types.ts';
import { addressOfPrivateKey, publicKey, recoverAddress, sign } from '../../lib/signing/native.ts';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import type { Store } from '../../lib/store/store.ts';
import { TEST_CHAIN, TEST_HUB } from './hub-in-memory.ts';
import { TestUser, type HubUnderTest } from './test-user.ts';

const token = new Interface(['function mint(address,uint256)', 'function approve(address,uint256)']);

export interface HubOnChainOptions {
  readonly key: Uint8Array;
  readonly store?: Store;
  readonly confirmations?: number;
}

export function valueOf<T>(outcome: Outcomes<T>): T {
  if (!outcome.ok)
    throw new Error(JSON.stringify(outcome.error, (_, v) => (typeof v === 'bigint' ? `${v}` : v)));
  return outcome.value;
}

export class HubOnChain {
  readonly hub: Hub;
  readonly chain: HubChain;
  readonly reader: EthereumChainReader;
  readonly door: HubUnderTest;
  readonly store: Store;
  readonly #local: LocalChain;
  readonly #asked: { readonly functionName: string; readonly body: Readonly<Record<string, unknown>> }[] = [];
  /** Whoever pays for what the tests put on chain. */
  readonly #payer: EthereumChainWriter;
  #now = 0;

  private constructor(local: LocalChain, { key, store, confirmations }: HubOnChainOptions) {
    const { rpc, contracts } = local;
    this.#local = local;
    this.reader = new EthereumChainReader(rpc, contracts);
    this.#payer = new EthereumChainWriter({ rpc, contracts, signer: signerOf(local.keys[3] as Uint8Array) });
    this.store = store ?? new MemoryStore();
    const text = (address: string) => address as `0x${string}`;
    const config = {
      ...TEST_CHAIN,
      factory: text(contracts.factory),
      channelImplementation: text(contracts.channelImplementation),
      registry: text(contracts.registry),
      transferApp: text(local.transferApp),
      assets: [ETHER, local.token].map((address) => ({ ...TEST_CHAIN.assets[0]!, address: text(address) })),
      confirmations: confirmations ?? 0,
    };
    const writer = new EthereumChainWriter({ rpc, contracts, signer: signerOf(key) });
    this.chain = {
      config,
      domain: { chainId: contracts.chainId, registry: contracts.registry },
      code: { factory: contracts.factory, implementation: contracts.channelImplementation },
      catalogue: new Map([[local.transferApp, transferApp]]),
      reader: this.reader,
      writer,
      treasury: writer,
    };
    const hubKey: HubKey = {
      address: addressOfPrivateKey(key) as string as Address,
      identifier: identifierOf(publicKey(key), 'hub.test'),
      sign: (digest) => toHex(sign(digest, key)),
    };
    this.hub = {
      config: TEST_HUB,
      chains: new Map([[contracts.chainId, this.chain]]),
      store: this.store,
      key: hubKey,
      recover: recoverAddress,
      clock: { now: () => this.#now },
      bus: { event() {}, trigger: (functionName, body) => void this.#asked.push({ functionName, body }) },
      log: { debug() {}, info() {}, warn() {}, error() {} },
    };
    this.door = {
      chain: config,
      catalogue: this.chain.catalogue,
      margin: this.hub.config.limits.margin,
      now: () => this.#now,
      open: (caller) => open(this.hub, this.chain, caller, { challengePeriod: config.challengePeriod }),
      propose: (caller, proposal) => countersign(this.hub, caller, proposal, null),
      arrive: (channel, asset, received) => this.#arrive(channel, asset, received),
    };
  }

  static async create(local: LocalChain, options: HubOnChainOptions): Promise<HubOnChain> {
    const made = new HubOnChain(local, options);
    await made.#readClock();
    await watch(made.hub, made.chain);
    return made;
  }

  async #readClock(): Promise<void> {
    this.#now = Math.max(this.#now, valueOf(await this.reader.latest()).timestamp);
  }

  /** A user with an open channel and ether for gas. */
  async user(key: Uint8Array): Promise<UserOnChain> {
    const user = new UserOnChain(this, this.#local, key);
    const wei = `0x${(10n ** 18n).toString(16)}`;
    const given = await this.#local.rpc.request('anvil_setBalance', [user.address, wei]);
    if (!given.ok) throw new Error(given.error.reason);
    await user.open();
    return user;
  }

  async #arrive(channel: Channel, asset: Address, received: Pair<bigint>): Promise<void> {
    const [own, hubs] = received;
    const { contracts } = this.#local;
    const minted = (to: Address, amount: bigint): Call => ({
      to: asset,
      data: token.encodeFunctionData('mint', [to, amount]) as Bytes,
      value: 0n,
    });
    if (own > 0n)
      await mined(
        this.#payer,
        asset === ETHER ? plainDepositCall(channel.address, ETHER, own) : minted(channel.address, own),
      );
    if (hubs === 0n) return;
    if (asset !== ETHER) {
      await mined(this.#payer, minted(this.#payer.address, hubs));
      const data = token.encodeFunctionData('approve', [channel.address, hubs]) as Bytes;
      await mined(this.#payer, { to: asset, data, value: 0n });
    }
    const deposit = responderDepositCall(channel.address, asset, hubs);
    const isDeployed = valueOf(await this.reader.isDeployed(channel.address));
    if (asset === ETHER && !isDeployed) {
      await mined(this.#payer, deployAndCall(contracts, channel, deposit));
      return;
    }
    if (!isDeployed) {
      const [deploy] = valueOf(await this.#payer.collateralCalls(channel, asset, hubs));
      if (deploy !== undefined) await mined(this.#payer, deploy);
    }
    await mined(this.#payer, deposit);
  }

  /** One round of the hub's timers; `as` is another process of it. */
  async tick(as: Hub = this.hub): Promise<void> {
    await this.#readClock();
    const lane = defenceLane(as, this.chain);
    await watch(as, this.chain);
    for (const { functionName, body } of this.#asked.splice(0))
      if (functionName === 'watch') await watchChannel(as, this.chain, body['channel'] as Address);
    await sweep(as, this.chain);
    await submit(lane);
    await this.#mined();
    await submit(lane);
    await this.#mined();
  }

  /** The node answers a broadcast before it mines the block. */
  async #mined(): Promise<void> {
    await waitUntil('the chain to mine what was sent', async () => {
      const pool = await this.#local.rpc.request('txpool_status', []);
      return pool.ok && BigInt((pool.value as { readonly pending: string }).pending) === 0n;
    });
  }

  /** Until nothing more happens at this time. */
  async settleDown(as: Hub = this.hub): Promise<void> {
    for (let rounds = 0; rounds < 4; rounds++) await this.tick(as);
  }

  /** Lets time pass on chain and for the hub. */
  async pass(seconds: number): Promise<void> {
    await this.#local.pass(seconds);
    await this.#readClock();
  }

  async passTo(time: number): Promise<void> {
    const { timestamp } = valueOf(await this.reader.latest());
    if (time > timestamp) await this.pass(time - timestamp);
  }

  balance(owner: Address, asset: Address): Promise<bigint> {
    return this.reader.balance(owner, asset).then(valueOf);
  }
}

/** A user who takes to the chain alone, with the keys of its channel. */
export class UserOnChain extends TestUser {
  readonly writer: EthereumChainWriter;

  constructor(world: HubOnChain, { rpc, contracts }: LocalChain, key: Uint8Array) {
    super(world.door, key);
    this.writer = new EthereumChainWriter({ rpc, contracts, signer: signerOf(key) });
  }

  async take(step: DisputeStep): Promise<void> {
    await mined(this.writer, this.writer.disputeCall(this.channel, step));
  }
}
