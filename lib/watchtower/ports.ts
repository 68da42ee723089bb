// SPDX-License-Identifier: MIT
/** What a watchtower needs from outside, each as small as its use. */
import type { Call, LaneLog, LaneWriter } from '../lane/ports.ts';
import type { DisputeStep, DisputeView, Holding, LedgerOnChain } from '../protocol/dispute.ts';
import type { Outcomes } from '../protocol/errors.ts';
import type { Address, Channel, Hash } from '../protocol/types.ts';

/** Seconds since 1970. */
export interface Clock {
  now(): number;
}

export interface Block {
  readonly number: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly hash: Hash;
}

/** One chain as the tower reads it. Fails with `chain_unavailable`. */
export interface TowerReader {
  latest(): Promise<Outcomes<Block>>;
  block(height: number): Promise<Outcomes<Block>>;
  channelAddress(parties: Pick<Channel, 'initiator' | 'responder' | 'challengePeriod'>): Address;
  challenge(channel: Pick<Channel, 'address'>, block: number): Promise<Outcomes<LedgerOnChain>>;
  /** Channels of which the registry said something in these blocks, both ends included. */
  disputesIn(from: number, to: number): Promise<Outcomes<{ readonly channels: readonly Address[] }>>;
  /** As of the latest block. */
  dispute(
    holding: Holding,
    at: { readonly now: number; readonly fromBlock: number },
  ): Promise<Outcomes<DisputeView>>;
  balance(owner: Address, asset: Address): Promise<Outcomes<bigint>>;
}

/** One chain as the tower writes to it, with its own key. */
export interface TowerWriter extends LaneWriter {
  disputeCall(channel: Channel, step: DisputeStep): Call;
}

/** Structured, one line each. */
export interface Log extends LaneLog {
  info(fields: object, message: string): void;
}
