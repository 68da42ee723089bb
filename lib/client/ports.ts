// SPDX-License-Identifier: MIT
/** What the client needs from outside, each as small as its use. */
import type { Outcomes } from '../protocol/errors.ts';
import type { Address, Bytes, Channel, Hash, Pair } from '../protocol/types.ts';
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
  challenge(
    channel: Channel,
    block: number,
  ): Promise<Outcomes<{ readonly epoch: bigint; readonly finalizesAt: number }>>;
  withdrawalExecuted(channel: Channel, digest: Hash, block: number): Promise<Outcomes<boolean>>;
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
