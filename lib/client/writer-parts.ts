// SPDX-License-Identifier: MIT
/** What a channel's writer works with, and whom it tells. */
import type { AppCatalogue } from '../protocol/apps/app-logic.ts';
import type { Recover } from '../protocol/transition.ts';
import type { NewItem, Store } from '../store/store.ts';
import type { ChannelRecord, SignedProposal } from './channel-record.ts';
import type { HubRequests } from './hub-requests.ts';
import type { IndraError } from './indra-error.ts';
import type { Intent } from './intents.ts';
import type { OperationBuilder } from './operation-builder.ts';
import type { PlanLimits } from './plan-proposal.ts';
import type { ChannelKey, Clock } from './ports.ts';
import type { PreimageGate } from './preimage-gate.ts';

export interface Agreement {
  readonly entry: SignedProposal;
  /** The record just before. */
  readonly before: ChannelRecord;
  /** The countersignature took so long that the chain must be looked at before anything in a new app is relied on. */
  readonly isLate: boolean;
}

/** Told after the record is durable. */
export interface WriterListener {
  agreed(agreement: Agreement): void;
  /** An intent nobody waits for was refused: one that outlived the process that asked for it. */
  dropped(intent: Intent, error: IndraError): void;
  /** Something threw. What could not be done is tried again, or was refused; the writer goes on. */
  troubled(error: IndraError): void;
  changed(record: ChannelRecord): void;
  /** The hub says the channel is disputed, or was settled: to be looked up on chain. */
  disputed(): void;
  /** Nothing will be signed any more by this writer. */
  halted(error: IndraError): void;
}

export interface WriterParts {
  readonly store: Store;
  readonly hub: HubRequests;
  readonly key: ChannelKey;
  readonly catalogue: AppCatalogue;
  readonly builder: OperationBuilder;
  readonly limits: PlanLimits;
  readonly gate: Pick<PreimageGate, 'judge' | 'tooLate'>;
  readonly recover: Recover;
  readonly clock: Clock;
  /** Why nothing is ever signed with this hub; null if it is trusted to be what it was. */
  readonly distrust: IndraError | null;
  /** Seconds after which a countersignature is late. */
  readonly lateAfter: number;
  /** Milliseconds an intent that is in no hurry waits for company. */
  readonly idleMs: number;
  readonly listener: WriterListener;
  /** What an agreed proposal makes due at once. */
  readonly followUps: (agreement: Agreement) => readonly Intent[];
}

export interface SubmitOptions {
  /** Correlation id. */
  readonly id: string;
  /** May wait `idleMs` for company. */
  readonly isPatient?: boolean;
  /** Durable before anything signed for the intent leaves; one that is there already stays as it is. */
  readonly item?: NewItem | null;
}
