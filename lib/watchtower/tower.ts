// SPDX-License-Identifier: MIT
/** A watchtower's parts: what it knows of its chains, and what it lets strangers cost it. */
import type { Recover } from '../protocol/transition.ts';
import type { Address, Bytes } from '../protocol/types.ts';
import type { Store } from '../store/store.ts';
import type { Census } from './census.ts';
import type { Clock, Log, TowerReader, TowerWriter } from './ports.ts';

export interface TowerChain {
  readonly chainId: number;
  readonly registry: Address;
  /** Blocks that must follow the one an answer is in. */
  readonly confirmations: number;
  readonly reader: TowerReader;
  readonly writer: TowerWriter;
}

export interface TowerLimits {
  /** Channels held at a time, on each chain. */
  readonly maxChannels: number;
  /** Responders whose channels are taken; everyone's if empty. */
  readonly responders: readonly Address[];
  /** Seconds: a channel with a shorter challenge period is not taken, since its answers would go before all others. */
  readonly minChallengePeriod: number;
  /** Bytes of one request. */
  readonly maxMessageBytes: number;
}

export interface Tower {
  readonly store: Store;
  readonly chains: ReadonlyMap<number, TowerChain>;
  readonly limits: TowerLimits;
  readonly census: Census;
  /** Pays for the answers and signs the receipts. It holds no key of any channel. */
  readonly address: Address;
  sign(digest: Uint8Array): Bytes;
  readonly recover: Recover;
  readonly clock: Clock;
  readonly log: Log;
}
