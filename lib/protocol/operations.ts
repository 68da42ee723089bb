// SPDX-License-Identifier: MIT
/** What a proposal may do. Only the resulting ledger is signed; operations say how to get there. */
import type { Address, App, Bytes, Hash, Pair, Party, Quote } from './types.ts';

/** Reconciles what arrived on chain: `deposits` are the new totals of this epoch. */
export interface DepositOperation {
  readonly kind: 'deposit';
  readonly asset: Address;
  readonly deposits: Pair<bigint>;
}

/** An App without what the proposal fixes: channel, epoch and the version it is installed at. */
export type AppTerms = Omit<App, 'channel' | 'epoch' | 'installVersion' | 'initialStateHash'>;

/**
 * The payer's half of a routed transfer: what the Payment says beyond the install, and the payer's signature on it. The hub
 * hands it on, and the lock is bound to it, so it can change nothing (invariant 16).
 */
export interface SendRoute {
  readonly kind: 'send';
  readonly paymentId: Hash;
  /** The only one who may claim; null for whoever holds the secret. */
  readonly recipient: Address | null;
  /** Address of the claim key derived from the secret; null if a recipient is named. */
  readonly claimant: Address | null;
  /** The secret, sealed to the recipient's public key; null if it travels by link or is someone else's. */
  readonly sealed: Bytes | null;
  /** No claim is accepted after it. */
  readonly expiresAt: number;
  /** What the payee gets, and on which chain. */
  readonly toChainId: number;
  readonly asset: Address;
  readonly amount: bigint;
  /** Ciphertext for the payee alone (docs/formats.md, "Metadata"). */
  readonly metadata: Bytes | null;
  /** By the payer, on the Payment. */
  readonly signature: Bytes;
}

/** The payee's half. */
export interface ClaimRoute {
  readonly kind: 'claim';
  readonly transferId: Hash;
  /** Signature by the claim key on the claim digest; null where the recipient is named. */
  readonly proof: Bytes | null;
}

export type TransferRoute = SendRoute | ClaimRoute;

export interface InstallOperation {
  readonly kind: 'install';
  readonly app: AppTerms;
  readonly state: Bytes;
  readonly route: TransferRoute | null;
}

/** An action of whoever's turn it is, in an app that the same proposal uninstalls: the ledger's signatures cover it. */
export interface UpdateOperation {
  readonly kind: 'update';
  readonly appId: Hash;
  readonly action: Bytes;
  /** With the preimage of a routed transfer, by its claimer: on the Payment, the payer's proof of receipt. */
  readonly claimerSignature?: Bytes | undefined;
}

/** Closes an app at its outcome. */
export interface UninstallOperation {
  readonly kind: 'uninstall';
  readonly appId: Hash;
}

/** Debits the ledger now; the Withdrawal itself is signed by the responder in its reply and by the initiator last. */
export interface WithdrawOperation {
  readonly kind: 'withdraw';
  readonly party: Party;
  readonly asset: Address;
  readonly amount: bigint;
  readonly recipient: Address;
  readonly nonce: Hash;
  readonly deadline: number;
  readonly handler: Address;
  readonly data: Bytes;
}

/** A withdrawal that passed its deadline unexecuted goes back to its party. */
export interface ReturnOperation {
  readonly kind: 'return';
  readonly digest: Hash;
}

export interface SwapOperation {
  readonly kind: 'swap';
  readonly quote: Quote;
  /** By the hub, on the quote. */
  readonly signature: Bytes;
}

export type Operation =
  | DepositOperation
  | InstallOperation
  | UpdateOperation
  | UninstallOperation
  | WithdrawOperation
  | ReturnOperation
  | SwapOperation;

/** The state a proposal builds on. */
export interface Previous {
  readonly version: bigint;
  readonly digest: Hash;
}

export interface Proposal {
  readonly channel: Address;
  readonly epoch: bigint;
  readonly version: bigint;
  readonly previous: Previous;
  readonly operations: readonly Operation[];
  /** By the initiator, on the resulting ledger. */
  readonly signature: Bytes;
}

/** An action outside a ledger: the app's own state moves one version (design, section 3). */
export interface AppUpdate {
  readonly channel: Address;
  readonly appId: Hash;
  /** The version after the action. */
  readonly version: bigint;
  readonly action: Bytes;
  /** As in `UpdateOperation`. */
  readonly claimerSignature?: Bytes | undefined;
  /** By the initiator, on the resulting AppState. */
  readonly signature: Bytes;
}
