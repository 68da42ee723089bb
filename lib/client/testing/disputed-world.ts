// SPDX-License-Identifier: MIT
/** One user, a hub's door and a real chain: the ground that tests of disputes stand on. Time passes when the test says so. */
import { EthereumChainReader } from '../../chain/chain-reader.ts';
import { EthereumChainWriter } from '../../chain/chain-writer.ts';
import type { LocalChain } from '../../chain/testing/local-chain.ts';
import { mined } from '../../chain/testing/mined.ts';
import { signerOf } from '../../chain/transaction.ts';
import type { Call } from '../../lane/ports.ts';
import type { AppCatalogue } from '../../protocol/apps/app-logic.ts';
import { transferApp } from '../../protocol/apps/transfer-app.ts';
import type { Outcomes } from '../../protocol/errors.ts';
import { ETHER, type Address, type Channel } from '../../protocol/types.ts';
import { MemoryStore } from '../../store/memory-store.ts';
import type { Store } from '../../store/store.ts';
import { channelKey } from '../channel-key.ts';
import type { IndraClient } from '../client.ts';
import { systemClock } from '../clock.ts';
import { connect, type ConnectOptions } from '../connect.ts';
import type { HubDescription } from '../hub-description.ts';
import type { ChannelKey, Clock } from '../ports.ts';
import { SigningDoor } from './signing-door.ts';
import { PROTOCOL_VERSION } from '../../protocol/subjects.ts';

export const CHALLENGE_PERIOD = 3_600;
export const APP_PERIODS = [1_200, 3_600] as const;
export const MARGIN = 900;
export const PACE = { patience: 300, reaction: 300 } as const;
const GAS_MONEY = 10n ** 18n;
const REFUSING = `0x${'fe'.repeat(20)}`;
/** PUSH0 PUSH0 REVERT */
const REVERT = '0x5f5ffd';
const POLL_MS = 25;
const PATIENCE_MS = 60_000;

export function valueOf<T>(outcome: Outcomes<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.error.code} ${JSON.stringify(outcome.error.details)}`);
  return outcome.value;
}

/** The chain's time and everybody's, moved together. */
export class ChainClock implements Clock {
  #passed = 0;
  readonly #chain: LocalChain;

  constructor(chain: LocalChain) {
    this.#chain = chain;
  }

  now(): number {
    return systemClock.now() + this.#passed;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    // A pause may be shorter here, but nobody's patience.
    return systemClock.sleep(ms < PATIENCE_MS ? Math.min(ms, 4 * POLL_MS) : ms, signal);
  }

  async pass(seconds: number): Promise<void> {
    this.#passed += seconds;
    await this.#chain.pass(seconds);
  }
}

let users = 0;

export class DisputedWorld {
  readonly chain: LocalChain;
  readonly clock: ChainClock;
  readonly key: ChannelKey;
  readonly privateKey: Uint8Array;
  readonly reader: EthereumChainReader;
  /** As the user would write, without the client. */
  readonly writer: EthereumChainWriter;
  readonly hubWriter: EthereumChainWriter;
  readonly door: SigningDoor;
  readonly channel: Channel;
  store: Store = new MemoryStore();
  readonly #clients: IndraClient[] = [];

  constructor(chain: LocalChain, clock: ChainClock) {
    this.chain = chain;
    this.clock = clock;
    users += 1;
    this.privateKey = new Uint8Array(32).fill(0x10).fill(users, 30);
    this.key = channelKey(this.privateKey);
    const { rpc, contracts } = chain;
    this.reader = new EthereumChainReader(rpc, contracts);
    this.door = new SigningDoor({
      catalogue: new Map([[chain.transferApp, transferApp]]),
      reader: this.reader,
      channel: (responder) => {
        const parties = { initiator: this.key.address, responder, challengePeriod: CHALLENGE_PERIOD };
        const { chainId, registry } = contracts;
        const address = this.reader.channelAddress(parties);
        return { domain: { chainId, registry }, address, ...parties };
      },
    });
    const parties = { initiator: this.key.address, responder: this.door.address };
    const address = this.reader.channelAddress({ ...parties, challengePeriod: CHALLENGE_PERIOD });
    const { chainId, registry } = contracts;
    this.channel = {
      domain: { chainId, registry },
      address,
      ...parties,
      challengePeriod: CHALLENGE_PERIOD,
    };
    this.writer = new EthereumChainWriter({ rpc, contracts, signer: signerOf(this.privateKey) });
    this.hubWriter = new EthereumChainWriter({ rpc, contracts, signer: signerOf(this.door.key) });
  }

  get catalogue(): AppCatalogue {
    return new Map([[this.chain.transferApp, transferApp]]);
  }

  get description(): HubDescription {
    const { contracts, token, url, transferApp: app } = this.chain;
    const asset = (address: Address, symbol: string) => ({
      address,
      symbol,
      decimals: 18,
      transfer: { min: 1n, max: 10n ** 18n },
      withdrawal: { min: 0n },
    });
    return {
      protocol: PROTOCOL_VERSION,
      hub: { identifier: this.door.identifier, address: this.door.address },
      chains: [
        {
          ...contracts,
          rpcUrl: url,
          transferApp: app,
          challengePeriod: CHALLENGE_PERIOD,
          confirmations: 0,
          appPeriods: APP_PERIODS,
          ...PACE,
          assets: [asset(ETHER, 'ETH'), asset(token, 'TST')],
        },
      ],
      nats: { urls: [], websocketUrls: [] },
      limits: {
        maxOpenTransfers: 200,
        maxOperations: 64,
        minHold: 60,
        maxHold: 30 * 86_400,
        margin: MARGIN,
        maxMessageBytes: 262_144,
      },
    };
  }

  /** A new process over what the last one stored. */
  async connect(
    store: Store = this.store,
    mayDie = false,
    more: Pick<ConnectOptions, 'watchtowers' | 'fetch'> = {},
  ): Promise<IndraClient> {
    const client = await connect({
      hubUrl: 'http://hub.test',
      key: this.privateKey,
      store,
      transport: this.door.line(),
      description: this.description,
      chain: { rpcUrl: this.chain.url },
      clock: this.clock,
      pollMs: POLL_MS,
      idleMs: 5,
      hubTimeoutMs: PATIENCE_MS,
      ...more,
    });
    // What died does not close.
    if (!mayDie) this.#clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map((client) => client.close()));
  }

  async giveGas(to: Address = this.key.address, wei = GAS_MONEY): Promise<void> {
    await this.#must('anvil_setBalance', [to, `0x${wei.toString(16)}`]);
  }

  /** The user's address runs another contract's code (EIP-7702), which takes no ether; it sends transactions as before. */
  async refuseEther(): Promise<void> {
    await this.#must('anvil_setCode', [REFUSING, REVERT]);
    await this.#must('anvil_setCode', [this.key.address, `0xef0100${REFUSING.slice(2)}`]);
  }

  /** Money from outside, into the channel: the user's, and the hub's in its own counted way. */
  async fund(own: bigint, hubs = 0n): Promise<void> {
    const [rich] = this.chain.keys;
    if (rich === undefined) throw new Error('nobody has money');
    const { rpc, contracts } = this.chain;
    const outside = new EthereumChainWriter({ rpc, contracts, signer: signerOf(rich) });
    if (own > 0n) await this.send(outside, { to: this.channel.address, data: '0x', value: own });
    if (hubs === 0n) return;
    await this.giveGas(this.door.address);
    for (const call of valueOf(await this.hubWriter.collateralCalls(this.channel, ETHER, hubs)))
      await this.send(this.hubWriter, call);
  }

  /** With gas to spare: what is estimated may be mined in another second than it was estimated for. */
  async send(writer: EthereumChainWriter, call: Call): Promise<void> {
    await mined(writer, call, 50_000n);
  }

  onChain(asset: Address = ETHER, owner: Address = this.key.address): Promise<bigint> {
    return this.reader.balance(owner, asset).then(valueOf);
  }

  async challenge() {
    const { number } = valueOf(await this.reader.latest());
    return valueOf(await this.reader.challenge(this.channel, number));
  }

  async until(what: string, isTrue: () => Promise<boolean> | boolean, ms = 15_000): Promise<void> {
    const end = Date.now() + ms;
    while (!(await isTrue())) {
      if (Date.now() > end) throw new Error(`it never came about: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Lets the chain's time pass until the promise is settled. */
  async passUntil<T>(promise: Promise<T>, step = 600): Promise<T> {
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    promise.then(settle, settle);
    for (let steps = 0; steps < 300 && !isSettled; steps++) {
      await this.clock.pass(step);
      await new Promise((resolve) => setTimeout(resolve, 2 * POLL_MS));
    }
    return isSettled ? promise : Promise.reject(new Error('nothing settles it'));
  }

  async #must(method: string, params: readonly unknown[]): Promise<void> {
    const answer = await this.chain.rpc.request(method, params);
    if (!answer.ok) throw new Error(`${method}: ${answer.error.reason}`);
  }
}
