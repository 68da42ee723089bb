// SPDX-License-Identifier: MIT
/** What the parts of one client share. */
import type { AppCatalogue } from '../protocol/apps/app-logic.ts';
import type { Channel } from '../protocol/types.ts';
import type { Store } from '../store/store.ts';
import type { ChannelWriter } from './channel-writer.ts';
import type { ConnectionWatch } from './connection-watch.ts';
import type { EventHub } from './events.ts';
import type { ChainDescription, HubDescription } from './hub-description.ts';
import type { HubRequests } from './hub-requests.ts';
import type { ChainReader, ChainWriter, ChannelKey, Clock } from './ports.ts';
import type { TransferTerms } from './transfer-terms.ts';

export interface Session {
  readonly hubUrl: string;
  readonly description: HubDescription;
  readonly chain: ChainDescription;
  readonly channel: Channel;
  readonly catalogue: AppCatalogue;
  readonly terms: TransferTerms;
  readonly key: ChannelKey;
  readonly hub: HubRequests;
  readonly reader: ChainReader;
  readonly chainWriter: ChainWriter;
  readonly store: Store;
  readonly clock: Clock;
  readonly events: EventHub;
  readonly connection: ConnectionWatch;
  readonly writer: ChannelWriter;
  /** Of the hub's state this client began with, where there was no local one. */
  readonly restoredVersion: bigint | null;
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal;
  /** Milliseconds between two looks at the chain, or at what an event may have been lost about. */
  readonly pollMs: number;
}
