// SPDX-License-Identifier: MIT
/** What the hub needs from outside, each as small as its use. */
import type { Call, LaneWriter } from '../lane/ports.ts';
import type { DisputeStep, DisputeView, Holding } from '../protocol/dispute.ts';
import type { Outcomes } from '../protocol/errors.ts';
import type { Address, Bytes, Channel, Hash, Pair, Withdrawal } from '../protocol/types.ts';
import type { HubEvent } from '../protocol/wire/events.ts';

/** Seconds since 1970. */
export interface Clock {
  now(): number;
}

/** The hub's key. Signing is synchronous and never leaves the process. */
export interface HubKey {
  readonly address: Address;
  readonly identifier: string;
  sign(digest: Uint8Array): Bytes;
}

export type Recover = (digest: Uint8Array, signature: Uint8Array) => string | null;

/** Hints to users and triggers between functions: losing one costs time, never money. */
export interface Bus {
  event(user: Address, event: HubEvent): void;
  trigger(functionName: string, body: Readonly<Record<string, unknown>>): void;
}

export interface Block {
  readonly number: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly hash: Hash;
}

export interface ChallengeStatus {
  readonly epoch: bigint;
  /** No ledger below this version can be put on chain any more. */
  readonly floorVersion: bigint;
  /** Seconds; 0 where no ledger challenge is open. */
  readonly finalizesAt: number;
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

/** One chain as the hub reads it. `block` is a height; every answer is as of its end. Fails with `chain_unavailable`. */
export interface ChainReader {
  latest(): Promise<Outcomes<Block>>;
  block(height: number): Promise<Outcomes<Block>>;
  /** What each party put in during the current epoch, in the asset's smallest unit. */
  received(channel: Channel, asset: Address, block: number): Promise<Outcomes<Pair<bigint>>>;
  challenge(channel: Channel, block: number): Promise<Outcomes<ChallengeStatus>>;
  /** All that `planDispute` asks, as of the latest block; `fromBlock` is older than the dispute. */
  dispute(
    holding: Holding,
    at: { readonly now: number; readonly fromBlock: number },
  ): Promise<Outcomes<DisputeView>>;
  /** What waits in a channel for someone it could not be handed to. */
  claimable(channel: Address, asset: Address, owner: Address): Promise<Outcomes<bigint>>;
  withdrawalExecuted(channel: Channel, digest: Hash, block: number): Promise<Outcomes<boolean>>;
  /** Of an address, now. */
  balance(owner: Address, asset: Address): Promise<Outcomes<bigint>>;
  /** What the registry said in these blocks, both ends included. */
  disputesIn(from: number, to: number): Promise<Outcomes<Disputes>>;
}

/** One chain as the hub's treasury writes to it: what is paid out of it shares no nonces with what defends channels. */
export interface TreasuryWriter extends LaneWriter {
  /** Calls that put `amount` of the asset into the channel as the responder's counted deposit; an approval may come first. */
  collateralCalls(channel: Channel, asset: Address, amount: bigint): Promise<Outcomes<readonly Call[]>>;
  /** Executes a Withdrawal both signed, deploying the channel if need be. */
  withdrawalCall(channel: Channel, withdrawal: WithdrawalToExecute): Promise<Outcomes<Call>>;
}

/** One chain as the hub defends its channels on it, with its channel key: a party, which needs nobody's leave. */
export interface DefenceWriter extends LaneWriter {
  disputeCall(channel: Channel, step: DisputeStep): Call;
  /** Takes what could not be handed over to the hub. */
  claimCall(channel: Address, asset: Address): Call;
}

export interface WithdrawalToExecute {
  readonly withdrawal: Withdrawal;
  readonly signatures: Pair<Bytes>;
}

/** Structured, one line each; `id` is the correlation id. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
