// SPDX-License-Identifier: MIT
/** What the client needs from outside, each as small as its use. */
import type { Outcomes } from '../protocol/errors.ts';
import type { Call, LaneWriter } from '../lane/ports.ts';
import type { DisputeStep, DisputeView, Holding, LedgerOnChain } from '../protocol/dispute.ts';
import type {
  Address,
  App,
  AppInstance,
  Bytes,
  Cancel,
  Channel,
  Hash,
  Pair,
  Withdrawal,
} from '../protocol/types.ts';
import type { Transport } from '../messaging/transport.ts';

export interface Clock {
  /** Seconds since 1970. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Block {
  readonly number: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

/** One chain as the client reads it, for itself: what the hub says of the chain is never taken on trust. Fails with `chain_unavailable`. */
export interface ChainReader {
  latest(): Promise<Outcomes<Block>>;
  block(height: number): Promise<Outcomes<Block>>;
  /** What each party put in during the current epoch, in the asset's smallest unit, as of the end of `block`. */
  received(channel: Channel, asset: Address, block: number): Promise<Outcomes<Pair<bigint>>>;
  challenge(channel: Channel, block: number): Promise<Outcomes<LedgerOnChain>>;
  withdrawalExecuted(channel: Channel, digest: Hash, block: number): Promise<Outcomes<boolean>>;
  /** All that `planDispute` asks, as of the latest block. `now` is one's own clock, `fromBlock` older than the dispute. */
  dispute(
    holding: Holding,
    at: { readonly now: number; readonly fromBlock: number },
  ): Promise<Outcomes<DisputeView>>;
  /** What an epoch paid so far, by party: its settlement, and those of `apps` that are settled too. */
  settlement(
    channel: Channel,
    epoch: bigint,
    fromBlock: number,
    apps: readonly AppInstance[],
  ): Promise<Outcomes<readonly { readonly asset: Address; readonly paid: Pair<bigint> }[]>>;
  /** Whose turn it is in an app at a state, by its contract. Fails with `invalid_state` too. */
  appTurn(
    app: Pick<App, 'definition' | 'participants'>,
    state: Bytes,
  ): Promise<Outcomes<{ readonly isTerminal: boolean; readonly taker: Address | null }>>;
  /** The state an action leads to, by the app's contract. Fails with `invalid_action` too. */
  appAction(definition: Address, state: Bytes, action: Bytes): Promise<Outcomes<Bytes>>;
  /** What waits in the channel for someone it could not be handed to. */
  claimable(channel: Address, asset: Address, owner: Address): Promise<Outcomes<bigint>>;
  /** What an address holds outside channels. */
  balance(owner: Address, asset: Address): Promise<Outcomes<bigint>>;
  /** Of a token, by its contract. */
  decimals(asset: Address): Promise<Outcomes<number>>;
}

/** One chain as the user's own key writes to it: what needs no hub. */
export interface ChainWriter extends LaneWriter {
  disputeCall(channel: Channel, step: DisputeStep): Call;
  /** Ends a challenge by agreement of both. `app` null: the ledger's. */
  cancelCall(
    channel: Channel,
    agreed: { readonly cancel: Cancel; readonly signatures: Pair<Bytes>; readonly app: App | null },
  ): Call;
  /** Takes what could not be handed over to this key's address. */
  claimCall(channel: Address, asset: Address, recipient: Address): Call;
  /** Executes a withdrawal that both signed, deploying the channel if need be. */
  withdrawalCall(
    channel: Channel,
    signed: { readonly withdrawal: Withdrawal; readonly signatures: Pair<Bytes> },
  ): Promise<Outcomes<Call>>;
}

/** The user's key, as far as the channel needs it. */
export interface ChannelKey {
  readonly address: Address;
  readonly identifier: string;
  /** 65 bytes; the same for the same digest, so that a resend is byte-identical (invariant 3). */
  sign(digest: Uint8Array): Bytes;
  /** The key all nonces and transfer secrets follow from. */
  readonly appSecretKey: Uint8Array;
  /** The secret sealed to this key; null if it is sealed to another or damaged. */
  unseal(sealed: Bytes): Hash | null;
}

export type Line = Pick<Transport, 'request' | 'events' | 'publishToPeer' | 'peerMessages' | 'close'>;
