// SPDX-License-Identifier: MIT
/** One chain as hub and client read it: only its own node is asked, and only what the contracts say counts. */
import { channelAddress } from '../protocol/channel-address.ts';
import type { AppOnChain, DisputeView, Holding, LedgerOnChain } from '../protocol/dispute.ts';
import { tipOf } from '../protocol/dispute/path.ts';
import { refuse, type Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import {
  ETHER,
  type Address,
  type App,
  type AppInstance,
  type Bytes,
  type Channel,
  type Hash,
  type Pair,
} from '../protocol/types.ts';
import { askAction, askTurn, type AppTurn } from './app-answers.ts';
import { ask, block as blockAnswer, blockTag, data, quantity, view } from './chain-answers.ts';
import { appHistory, type AppHistory } from './app-history.ts';
import { decodeLog, type ChainEvent } from './chain-events.ts';
import { channelInterface, registryInterface, tokenInterface, type ContractAddresses } from './contracts.ts';
import { checkDeployment, type Mismatch } from './deployment-check.ts';
import type { JsonRpc } from './json-rpc.ts';
import { LOG_SPAN, logsInSpans, type LogFilter } from './log-spans.ts';

export interface Block {
  readonly number: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly hash: Hash;
}

/** An action in an app, made on chain. */
export interface Move {
  readonly channel: Address;
  readonly appId: Hash;
  readonly action: Bytes;
}

export interface Disputes {
  /** Of which the registry said anything. */
  readonly channels: readonly Address[];
  /** Actions it accepted in their apps, in order. */
  readonly moves: readonly Move[];
}

/** What the settlement of an epoch paid in one asset, by party. */
export interface SettledAsset {
  readonly asset: Address;
  readonly paid: Pair<bigint>;
}

export interface Account {
  readonly received: Pair<bigint>;
  readonly executed: Pair<bigint>;
  /** What belongs to earlier epochs. */
  readonly held: bigint;
}

/** `block` is a height, and every answer is as of its end. All fail with `chain_unavailable` and nothing else. */
export class EthereumChainReader {
  readonly #rpc: JsonRpc;
  readonly #contracts: ContractAddresses;

  constructor(rpc: JsonRpc, contracts: ContractAddresses) {
    this.#rpc = rpc;
    this.#contracts = contracts;
  }

  latest(): Promise<Outcomes<Block>> {
    return this.#block('latest');
  }

  block(height: number): Promise<Outcomes<Block>> {
    return this.#block(height);
  }

  /** Computed, not asked; `checkDeployment` shows that the chain agrees. */
  channelAddress(parties: Pick<Channel, 'initiator' | 'responder' | 'challengePeriod'>): Address {
    const { factory, channelImplementation: implementation } = this.#contracts;
    return channelAddress({ factory, implementation }, parties);
  }

  /** What each party put in during the current epoch, in the asset's smallest unit; also before the channel is deployed. */
  received(
    channel: Pick<Channel, 'address'>,
    asset: Address,
    block: number,
  ): Promise<Outcomes<Pair<bigint>>> {
    return this.#registry('received', [channel.address, asset], block, ([received]) => pairOf(received));
  }

  account(channel: Pick<Channel, 'address'>, asset: Address, block: number): Promise<Outcomes<Account>> {
    return this.#registry('account', [channel.address, asset], block, ([found]) => {
      const { received, executed, held } = found as { received: unknown; executed: unknown; held: bigint };
      return { received: pairOf(received), executed: pairOf(executed), held };
    });
  }

  challenge(channel: Pick<Channel, 'address'>, block: number): Promise<Outcomes<LedgerOnChain>> {
    return this.#registry('channelStatus', [channel.address], block, ([found]) => {
      const status = found as Record<'epoch' | 'version' | 'finalizesAt' | 'challengeId', bigint> & {
        digest: Hash;
      };
      const { epoch, version: floorVersion, finalizesAt, challengeId, digest } = status;
      return { epoch, floorVersion, finalizesAt: Number(finalizesAt), challengeId, digest };
    });
  }

  /** Where the chain stands with an app, whether anybody disputes it or not. */
  app(appId: Hash, block: number): Promise<Outcomes<AppOnChain>> {
    return this.#registry('appStatus', [appId], block, readAppStatus);
  }

  /** The same of many at once: how many are open is up to the other side, and must not decide whether the node answers (invariant 15). */
  async #apps(ids: readonly Hash[], block: number): Promise<Outcomes<ReadonlyMap<Hash, AppOnChain>>> {
    if (ids.length === 0) return ok(new Map());
    const asked = ids.map((id) => registryInterface.encodeFunctionData('appStatus', [id]));
    const found = await this.#registry('multicall', [asked], block, ([answers]) =>
      (answers as readonly string[]).map((answer) =>
        readAppStatus(registryInterface.decodeFunctionResult('appStatus', answer)),
      ),
    );
    if (!found.ok) return found;
    const apps = new Map(found.value.flatMap((app, at) => (ids[at] === undefined ? [] : [[ids[at], app]])));
    return apps.size === ids.length
      ? ok(apps)
      : refuse('chain_unavailable', { method: 'multicall', reason: 'unexpected answer' });
  }

  /** What waits in a channel for someone it could not be handed to; zero before the channel is deployed. */
  async claimable(channel: Address, asset: Address, owner: Address): Promise<Outcomes<bigint>> {
    const deployed = await this.isDeployed(channel);
    if (!deployed.ok) return deployed;
    if (!deployed.value) return ok(0n);
    const asked = { to: channel, contract: channelInterface, method: 'claimable', values: [asset, owner] };
    return view(this.#rpc, { ...asked, block: 'latest' }, ([amount]) => amount as bigint);
  }

  /** All that `planDispute` asks, as of the latest block. `now` is one's own clock, `fromBlock` older than the dispute. */
  async dispute(
    holding: Holding,
    { now, fromBlock }: { readonly now: number; readonly fromBlock: number },
  ): Promise<Outcomes<DisputeView>> {
    const latest = await this.latest();
    if (!latest.ok) return latest;
    const { number: block, timestamp: chainTime } = latest.value;
    const { channel, epoch } = holding;
    const ledger = await this.challenge(channel, block);
    if (!ledger.ok) return ledger;
    let finalAppsRoot: Hash | null = null;
    if (ledger.value.epoch > epoch) {
      const root = await this.#finalAppsRoot(channel, epoch, block);
      if (!root.ok) return root;
      finalAppsRoot = root.value;
    }
    const instances = holding.states.flatMap((state) => state.apps);
    const ids = [...new Set(instances.map(({ id }) => id))];
    const found = await this.#apps(ids, block);
    if (!found.ok) return found;
    const apps = found.value;
    const told = await this.#histories(channel, unexplained(apps, instances), { from: fromBlock, to: block });
    return ok({ chainTime, now, ledger: ledger.value, finalAppsRoot, apps, ...told });
  }

  #finalAppsRoot(channel: Pick<Channel, 'address'>, epoch: bigint, block: number): Promise<Outcomes<Hash>> {
    return this.#registry('finalAppsRoot', [channel.address, epoch], block, ([root]) => root as Hash);
  }

  /**
   * How disputed apps came where they stand. It is read backwards, no further than to where each began. Of what cannot be
   * read nothing is known: that may keep a move from being made, and must not keep a ledger from being answered.
   */
  async #histories(
    channel: Pick<Channel, 'address'>,
    apps: ReadonlyMap<Hash, AppOnChain>,
    { from, to }: { readonly from: number; readonly to: number },
  ): Promise<Pick<DisputeView, 'paths' | 'outcomes'>> {
    const histories = new Map<Hash, AppHistory>();
    const events: ChainEvent[] = [];
    for (let end = to; apps.size > 0 && end >= from; end -= LOG_SPAN) {
      const said = await this.registryEvents(Math.max(from, end - LOG_SPAN + 1), end, channel.address);
      if (!said.ok) break;
      events.push(...said.value.toReversed());
      for (const [id, onChain] of apps) histories.set(id, appHistory(id, onChain, events));
      if ([...histories.values()].every(({ isWhole }) => isWhole)) break;
    }
    return {
      paths: new Map([...histories].map(([id, { path }]) => [id, path])),
      outcomes: new Map([...histories].flatMap(([id, { outcome }]) => (outcome ? [[id, outcome]] : []))),
    };
  }

  /** Whose turn it is in an app at a state. Fails with `invalid_state` too. */
  appTurn(app: Pick<App, 'definition' | 'participants'>, state: Bytes): Promise<Outcomes<AppTurn>> {
    return askTurn(this.#rpc, this.#contracts.registry, app, state);
  }

  /** The state that an action leads to. Fails with `invalid_action` too. */
  appAction(definition: Address, state: Bytes, action: Bytes): Promise<Outcomes<Bytes>> {
    return askAction(this.#rpc, this.#contracts.registry, definition, { state, action });
  }

  /** What the settlement of an epoch paid, apps apart; nothing before it. `fromBlock` is older than the settlement. */
  async settlement(
    channel: Pick<Channel, 'address'>,
    epoch: bigint,
    fromBlock: number,
  ): Promise<Outcomes<readonly SettledAsset[]>> {
    const latest = await this.latest();
    if (!latest.ok) return latest;
    const events = await this.channelEvents(channel.address, fromBlock, latest.value.number);
    if (!events.ok) return events;
    return ok(
      events.value.flatMap(({ name, values }) =>
        name === 'AssetSettled' && values['epoch'] === epoch
          ? [
              {
                asset: String(values['asset']).toLowerCase() as Address,
                paid: pairOf(values['paid']),
              },
            ]
          : [],
      ),
    );
  }

  withdrawalExecuted(
    channel: Pick<Channel, 'address'>,
    digest: Hash,
    block: number,
  ): Promise<Outcomes<boolean>> {
    return this.#registry(
      'withdrawalExecuted',
      [channel.address, digest],
      block,
      ([executed]) => executed === true,
    );
  }

  /** What the registry said in these blocks, both ends included. */
  async disputesIn(from: number, to: number): Promise<Outcomes<Disputes>> {
    const events = await this.registryEvents(from, to);
    if (!events.ok) return events;
    const channels = [...new Set(events.value.flatMap(({ channel }) => channel ?? []))];
    const moves = events.value.flatMap(({ name, channel, values }) =>
      name === 'AppProgressed' && channel !== null
        ? [{ channel, appId: values['appId'] as Hash, action: values['action'] as Bytes }]
        : [],
    );
    return ok({ channels, moves });
  }

  /** All that the registry said in these blocks, or about one channel, in order. */
  registryEvents(from: number, to: number, channel?: Address): Promise<Outcomes<readonly ChainEvent[]>> {
    const topics = channel === undefined ? [] : [null, `0x${channel.slice(2).padStart(64, '0')}`];
    return this.#events({ address: this.#contracts.registry, from, to, topics });
  }

  /** All that a channel said in these blocks, in order. */
  channelEvents(channel: Address, from: number, to: number): Promise<Outcomes<readonly ChainEvent[]>> {
    return this.#events({ address: channel, from, to, topics: [] });
  }

  isDeployed(contract: Address): Promise<Outcomes<boolean>> {
    return ask(this.#rpc, data, 'eth_getCode', [contract, 'latest']).then((code) =>
      code.ok ? ok(code.value !== '0x') : code,
    );
  }

  /** What an address holds outside channels. */
  async balance(owner: Address, asset: Address): Promise<Outcomes<bigint>> {
    if (asset === ETHER) return ask(this.#rpc, quantity, 'eth_getBalance', [owner, 'latest']);
    const asked = {
      to: asset,
      contract: tokenInterface,
      method: 'balanceOf',
      values: [owner],
      block: 'latest',
    } as const;
    return view(this.#rpc, asked, ([balance]) => balance as bigint);
  }

  /** Of a token, by its contract. */
  decimals(asset: Address): Promise<Outcomes<number>> {
    const asked = {
      to: asset,
      contract: tokenInterface,
      method: 'decimals',
      values: [],
      block: 'latest',
    } as const;
    return view(this.#rpc, asked, ([decimals]) => Number(decimals));
  }

  allowance(owner: Address, asset: Address, spender: Address): Promise<Outcomes<bigint>> {
    const values = [owner, spender];
    const asked = {
      to: asset,
      contract: tokenInterface,
      method: 'allowance',
      values,
      block: 'latest',
    } as const;
    return view(this.#rpc, asked, ([allowance]) => allowance as bigint);
  }

  /** What is not as configured: the chain, the contracts' code, or how they name each other. Empty if all is well. */
  checkDeployment(): Promise<Outcomes<readonly Mismatch[]>> {
    return checkDeployment(this.#rpc, this.#contracts);
  }

  async #block(at: number | 'latest'): Promise<Outcomes<Block>> {
    const found = await ask(this.#rpc, blockAnswer, 'eth_getBlockByNumber', [blockTag(at), false]);
    if (!found.ok) return found;
    const { number, timestamp, hash } = found.value;
    return ok({ number, timestamp, hash });
  }

  #registry<T>(
    method: string,
    values: readonly unknown[],
    block: number,
    read: (results: readonly unknown[]) => T,
  ): Promise<Outcomes<T>> {
    const { registry: to } = this.#contracts;
    return view(this.#rpc, { to, contract: registryInterface, method, values, block }, read);
  }

  async #events(filter: LogFilter): Promise<Outcomes<readonly ChainEvent[]>> {
    const found = await logsInSpans(this.#rpc, filter);
    return found.ok ? ok(found.value.flatMap((log) => decodeLog(log) ?? [])) : found;
  }
}

/** Disputed apps of which more must be known than that they stand at a base held here; where they were moved, afterwards too. */
function unexplained(
  apps: ReadonlyMap<Hash, AppOnChain>,
  held: readonly AppInstance[],
): ReadonlyMap<Hash, AppOnChain> {
  const isExplained = (id: Hash, { steps }: AppOnChain): boolean =>
    steps === 0n && tipOf({ apps, paths: new Map() }, id, held) !== null;
  return new Map(
    [...apps].filter(
      ([id, app]) =>
        app.finalizesAt !== 0 && (app.stage !== 'settled' || app.steps > 0n) && !isExplained(id, app),
    ),
  );
}

function readAppStatus([found]: readonly unknown[]): AppOnChain {
  const status = found as Record<
    'version' | 'steps' | 'baseEndsAt' | 'turnEndsAt' | 'finalizesAt' | 'challengeId' | 'stage',
    bigint
  > & { path: Hash };
  const { version, steps, challengeId, path } = status;
  return {
    version,
    steps,
    baseEndsAt: Number(status.baseEndsAt),
    turnEndsAt: Number(status.turnEndsAt),
    finalizesAt: Number(status.finalizesAt),
    challengeId,
    stage: stages[Number(status.stage)] ?? 'settled',
    path,
  };
}

/** As the registry numbers them. */
const stages = ['undecided', 'outcome-set', 'settled'] as const;

function pairOf(values: unknown): Pair<bigint> {
  const [first, second] = values as readonly [bigint, bigint];
  return [first, second];
}
