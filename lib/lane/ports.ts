// SPDX-License-Identifier: MIT
/** What a lane needs from outside, each as small as its use. */
import type { Outcomes } from '../protocol/errors.ts';
import type { Address, Bytes, Hash } from '../protocol/types.ts';

/** A call to be sent from the lane's own address. */
export interface Call {
  readonly to: Address;
  readonly data: Bytes;
  readonly value: bigint;
}

/** Wei per unit of gas. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

export interface SignedTransaction {
  readonly raw: Bytes;
  readonly hash: Hash;
}

export interface Receipt {
  readonly block: number;
  readonly succeeded: boolean;
}

/** One chain as one key writes to it. What the chain cannot be asked fails with `chain_unavailable`. */
export interface LaneWriter {
  /** Whose nonces the lane gives out. */
  readonly address: Address;
  /** The first nonce that nothing sent so far has used, waiting transactions included. */
  nextNonce(): Promise<Outcomes<number>>;
  /** How many transactions of this address are mined as of a height: the first nonce that none of them has. */
  minedNonce(block: number): Promise<Outcomes<number>>;
  fees(): Promise<Outcomes<Fees>>;
  /** Fails with another code than `chain_unavailable` only where the call itself would fail: it is then not sent. */
  estimateGas(call: Call): Promise<Outcomes<bigint>>;
  sign(call: Call, nonce: number, gas: bigint, fees: Fees): SignedTransaction;
  /** Already known to the network is success. */
  broadcast(raw: Bytes): Promise<Outcomes<void>>;
  /** Null while it is not mined. */
  receipt(hash: Hash): Promise<Outcomes<Receipt | null>>;
}

/** Structured, one line each. */
export interface LaneLog {
  /** A send is held up, or will not be sent. */
  warn(fields: object, message: string): void;
  /** A send ended otherwise than hoped. */
  error(fields: object, message: string): void;
}
