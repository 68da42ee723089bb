// SPDX-License-Identifier: MIT
/** Everything one invocation works with. Nothing in here remembers a channel between two requests. */
import type { ChainConfig, HubConfig } from '../../infra/config/hub-config.ts';
import type { AppCatalogue } from '../protocol/apps/app-logic.ts';
import type { ChannelCode } from '../protocol/channel-address.ts';
import type { Address, Domain } from '../protocol/types.ts';
import type { Store } from '../store/store.ts';
import type {
  Bus,
  ChainReader,
  Clock,
  DefenceWriter,
  HubKey,
  Log,
  Recover,
  TreasuryWriter,
} from './ports.ts';

/** One chain this hub serves. */
export interface HubChain {
  readonly config: ChainConfig;
  readonly domain: Domain;
  readonly code: ChannelCode;
  readonly catalogue: AppCatalogue;
  readonly reader: ChainReader;
  readonly writer: DefenceWriter;
  readonly treasury: TreasuryWriter;
}

export interface Hub {
  readonly config: Pick<HubConfig, 'limits' | 'operators' | 'stage'>;
  readonly chains: ReadonlyMap<number, HubChain>;
  readonly store: Store;
  readonly key: HubKey;
  readonly recover: Recover;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly log: Log;
}

/** Who asks, as the bus or the bearer token vouches for it (invariant 9). */
export interface Caller {
  readonly chainId: number;
  readonly user: Address;
  /** The correlation id of the SDK call behind this request. */
  readonly id: string;
}
