// SPDX-License-Identifier: MIT
/** What a tower says of itself to anybody. Kept for a few seconds: a question to the tower must not cost one to its node. */
import { firstOpen } from '../lane/lane.ts';
import { PROTOCOL_VERSION } from '../protocol/subjects.ts';
import { ETHER } from '../protocol/types.ts';
import type { TowerStatus } from '../protocol/wire/watchtower.ts';
import { parseTowerCursor, towerCursorKey } from './tower-cursor.ts';
import type { Tower, TowerChain } from './tower.ts';
import { towerLane } from './tower-lane.ts';
import { attendedPartition } from './watched-item.ts';

/** Seconds. */
const KEPT = 5;
/** Seconds without a round after which a tower is of no use. */
const LONG_AGO = 60;
/** Gas of a large answer. */
const ANSWER_GAS = 300_000n;
const PAGE = 1_000;

export interface Readiness {
  readonly isReady: boolean;
  readonly store: boolean;
  readonly chains: readonly { chainId: number; isFollowed: boolean; canPay: boolean }[];
}

export class StatusBoard {
  readonly #tower: Tower;
  #kept: { readonly at: number; readonly status: Promise<TowerStatus> } | null = null;

  constructor(tower: Tower) {
    this.#tower = tower;
  }

  status(): Promise<TowerStatus> {
    const now = this.#tower.clock.now();
    if (this.#kept === null || now - this.#kept.at >= KEPT || now < this.#kept.at)
      this.#kept = { at: now, status: this.#ask() };
    return this.#kept.status;
  }

  /** Whether a challenge raised now would be answered. */
  async readiness(): Promise<Readiness> {
    const store = await this.#tower.store.ready();
    if (!store) return { isReady: false, store, chains: [] };
    const { chains } = await this.status();
    const now = this.#tower.clock.now();
    const each = chains.map(({ chainId, cursor, answersLeft }) => ({
      chainId,
      isFollowed: cursor !== null && now - cursor.seenAt < LONG_AGO,
      canPay: answersLeft === null || answersLeft > 0,
    }));
    return { isReady: each.every((chain) => chain.isFollowed && chain.canPay), store, chains: each };
  }

  async #ask(): Promise<TowerStatus> {
    const chains = await Promise.all([...this.#tower.chains.values()].map((chain) => this.#chain(chain)));
    return { protocol: PROTOCOL_VERSION, tower: this.#tower.address, chains };
  }

  async #chain(chain: TowerChain): Promise<TowerStatus['chains'][number]> {
    const { store, census, address } = this.#tower;
    const { chainId, registry, reader, writer } = chain;
    const item = await store.get(towerCursorKey(chainId));
    const cursor = item && parseTowerCursor(item);
    const attended = await store.query('due', attendedPartition(chainId), { limit: PAGE });
    const waiting = await firstOpen(towerLane(this.#tower, chain), PAGE);
    const balance = await reader.balance(address, ETHER);
    const fees = await writer.fees();
    return {
      chainId,
      registry,
      channels: census.of(chainId),
      attended: attended.items.length,
      waiting: waiting.length,
      cursor: cursor && { block: cursor.block, seenAt: cursor.seenAt },
      balance: balance.ok ? balance.value : null,
      answersLeft: balance.ok && fees.ok ? answersFor(balance.value, fees.value.maxFeePerGas) : null,
    };
  }
}

/** More than anybody counts is as good as that. */
const MANY = 1_000_000_000n;

function answersFor(balance: bigint, feePerGas: bigint): number {
  const count = balance / (ANSWER_GAS * (feePerGas || 1n));
  return Number(count > MANY ? MANY : count);
}
