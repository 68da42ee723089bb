// SPDX-License-Identifier: MIT
/** A tower over a chain that says what the test wants, for the channel of the two parties. */
import { addressOfPrivateKey, recoverAddress } from '#secp256k1';
import { ScriptedLaneWriter } from '../../lane/testing/scripted-lane-writer.ts';
import type { AppOnChain, AppPath, LedgerOnChain } from '../../protocol/dispute.ts';
import { UNDISPUTED } from '../../protocol/dispute.ts';
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import { CHANNEL, addressOf, hashOf, signWith } from '../../protocol/testing/two-parties.ts';
import { ZERO_HASH, type Address, type Hash } from '../../protocol/types.ts';
import { MemoryStore } from '../../store/memory-store.ts';
import type { Store } from '../../store/store.ts';
import { Census } from '../census.ts';
import type { Block, TowerReader, TowerWriter } from '../ports.ts';
import type { Tower, TowerChain, TowerLimits } from '../tower.ts';

export const TOWER_KEY = new Uint8Array(32).fill(9);
const TOWER_ADDRESS = addressOfPrivateKey(TOWER_KEY) as Address;

export class ScriptedChain {
  /** Height and branch of the chain: blocks of another branch have other hashes from `forkedAt` on. */
  height = 100;
  branch = 0;
  forkedAt = 0;
  ledger: LedgerOnChain = {
    epoch: 0n,
    floorVersion: 0n,
    finalizesAt: 0,
    challengeId: 0n,
    digest: ZERO_HASH,
  };
  readonly apps = new Map<Hash, AppOnChain>();
  readonly paths = new Map<Hash, AppPath>();
  /** Blocks the registry spoke in about the channel. */
  readonly spoken = new Set<number>();
  readonly asked: { from: number; to: number }[] = [];
  isAway = false;
  looks = 0;

  readonly reader: TowerReader = {
    latest: async () => this.#answer(this.#block(this.height)),
    block: async (height) =>
      height <= this.height ? this.#answer(this.#block(height)) : refuse('chain_unavailable'),
    channelAddress: ({ initiator, responder, challengePeriod }) =>
      initiator === CHANNEL.initiator &&
      responder === CHANNEL.responder &&
      challengePeriod === CHANNEL.challengePeriod
        ? CHANNEL.address
        : addressOf(0x78),
    challenge: async () => this.#answer(this.ledger),
    disputesIn: async (from, to) => {
      this.asked.push({ from, to });
      const blocks = [...this.spoken].filter((block) => block >= from && block <= to);
      return this.#answer({ channels: blocks.length > 0 ? [CHANNEL.address] : [] });
    },
    dispute: async (holding, { now }) => {
      this.looks += 1;
      const ids = holding.states.flatMap((state) => state.apps.map(({ id }) => id));
      const { ledger } = this;
      return this.#answer({
        chainTime: now,
        now,
        ledger,
        finalAppsRoot: ledger.epoch > holding.epoch ? ZERO_HASH : null,
        apps: new Map(ids.map((id) => [id, this.apps.get(id) ?? UNDISPUTED])),
        paths: this.paths,
        outcomes: new Map(),
      });
    },
    balance: async () => this.#answer(10n ** 18n),
  };

  readonly sender = new ScriptedLaneWriter(TOWER_ADDRESS);
  readonly writer: TowerWriter = Object.assign(this.sender, {
    disputeCall: () => ({ to: CHANNEL.domain.registry, data: '0x' as const, value: 0n }),
  });

  #block(number: number): Block {
    const branch = number >= this.forkedAt ? this.branch : 0;
    return { number, timestamp: number, hash: hashOf(number * 100 + branch) };
  }

  #answer<T>(value: T): Outcomes<T> {
    return this.isAway ? refuse('chain_unavailable') : ok(value);
  }
}

export interface ScriptedTower {
  readonly tower: Tower;
  readonly chain: TowerChain;
  readonly scripted: ScriptedChain;
  readonly store: Store;
  readonly warnings: string[];
  now: number;
}

export async function scriptedTower(
  limits: Partial<TowerLimits> = {},
  store: Store = new MemoryStore(),
  scripted = new ScriptedChain(),
): Promise<ScriptedTower> {
  const { chainId, registry } = CHANNEL.domain;
  const chain: TowerChain = {
    chainId,
    registry,
    confirmations: 0,
    reader: scripted.reader,
    writer: scripted.writer,
  };
  const warnings: string[] = [];
  const made = { now: 1_700_000_000 };
  const tower: Tower = {
    store,
    chains: new Map([[chainId, chain]]),
    limits: {
      maxChannels: 10,
      responders: [],
      minChallengePeriod: 60,
      maxMessageBytes: 131_072,
      ...limits,
    },
    census: await Census.taken(store),
    address: TOWER_ADDRESS,
    sign: (digest) => signWith(TOWER_KEY, digest),
    recover: recoverAddress,
    clock: { now: () => made.now },
    log: {
      info() {},
      warn: (_, message) => void warnings.push(message),
      error: (_, message) => void warnings.push(message),
    },
  };
  return Object.assign(made, { tower, chain, scripted, store, warnings });
}
