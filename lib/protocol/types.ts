// SPDX-License-Identifier: MIT
/** The words of the protocol. Amounts are in the asset's smallest unit, times in seconds since 1970. */

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Lowercase `0x` hex of any whole number of bytes. */
export type Bytes = `0x${string}`;
/** Lowercase `0x` hex of 20 bytes. */
export type Address = Brand<`0x${string}`, 'Address'>;
/** Lowercase `0x` hex of 32 bytes. */
export type Hash = Brand<`0x${string}`, 'Hash'>;

export type Pair<T> = readonly [T, T];
/** 0 = initiator, 1 = responder. */
export type Party = 0 | 1;
export const INITIATOR: Party = 0;
export const RESPONDER: Party = 1;
export const otherParty = (party: Party): Party => (party === INITIATOR ? RESPONDER : INITIATOR);

export const ETHER = '0x0000000000000000000000000000000000000000' as Address;
export const NO_ADDRESS = ETHER;
export const ZERO_HASH = `0x${'00'.repeat(32)}` as Hash;

export const MAX_ASSETS = 16;
export const MAX_APPS = 256;
export const MAX_WITHDRAWALS = 256;
/** Amounts stay below this, as on chain, where two of them and flags share a word. */
export const AMOUNT_LIMIT = 1n << 112n;

/** The EIP-712 domain: one per chain. */
export interface Domain {
  readonly chainId: number;
  readonly registry: Address;
}

export interface AssetLedger {
  readonly asset: Address;
  readonly balances: Pair<bigint>;
  /** Deposits of each party processed in this epoch. */
  readonly deposits: Pair<bigint>;
  /** Withdrawals of each party signed in this epoch, executed or not. */
  readonly withdrawn: Pair<bigint>;
  /** Sum of the stakes of the open apps. */
  readonly locked: bigint;
}

export interface Ledger {
  readonly channel: Address;
  readonly epoch: bigint;
  readonly version: bigint;
  readonly assets: readonly AssetLedger[];
  readonly appsRoot: Hash;
}

/** `amounts` are by participant position, like every pair of an App. */
export interface Stake {
  readonly asset: Address;
  readonly amounts: Pair<bigint>;
}

export const OutcomeType = {
  TwoPartyFixedOutcome: 0,
  SingleAssetTwoPartyCoinTransfer: 1,
  MultiAssetMultiPartyCoinTransfer: 2,
} as const;
export type OutcomeType = (typeof OutcomeType)[keyof typeof OutcomeType];

export interface App {
  readonly channel: Address;
  readonly epoch: bigint;
  readonly installVersion: bigint;
  readonly nonce: Hash;
  readonly definition: Address;
  readonly participants: Pair<Address>;
  readonly outcomeType: OutcomeType;
  readonly stakes: readonly Stake[];
  readonly periods: Pair<number>;
  /** The registry refuses actions after it; 0 = none. */
  readonly actionDeadline: number;
  /** The registry finalizes no non-terminal state before it; 0 = none. */
  readonly holdUntil: number;
  readonly initialStateHash: Hash;
}

export interface AppState {
  readonly appId: Hash;
  readonly version: bigint;
  readonly stateHash: Hash;
}

export interface Withdrawal {
  readonly channel: Address;
  readonly epoch: bigint;
  readonly party: Party;
  readonly asset: Address;
  readonly amount: bigint;
  readonly recipient: Address;
  readonly nonce: Hash;
  readonly deadline: number;
  readonly handler: Address;
  readonly data: Bytes;
}

export interface Cancel {
  readonly channel: Address;
  readonly epoch: bigint;
  readonly subject: Hash;
  readonly challengeId: bigint;
  readonly deadline: number;
}

/** Signed by one party alone: whoever carries it may start that one challenge for the signer. */
export interface Challenge {
  readonly channel: Address;
  readonly epoch: bigint;
  /** The number the started challenge will get; 0 where an app is opened. */
  readonly challengeId: bigint;
  /** Zero for the ledger's challenge, an app's id for opening that app. */
  readonly subject: Hash;
  readonly minVersion: bigint;
  readonly deadline: number;
}

/**
 * What a payer promises, signed by its channel key in the domain of its own chain. Chain, asset and amount are what the payee
 * gets; its digest names the payment wherever something is said of it.
 */
export interface Payment {
  readonly transferId: Hash;
  readonly payer: Address;
  /** Zero for a link. */
  readonly payee: Address;
  readonly toChainId: number;
  readonly asset: Address;
  readonly amount: bigint;
  /** No claim is accepted after it; fixed once per intent. */
  readonly expiresAt: number;
  /** Of the ciphertext; zero where there is none. */
  readonly metadataHash: Hash;
}

/** Of a metered payment, by the signer in the app's state: `paid` in all so far. */
export interface Receipt {
  /** The digest of the Payment. */
  readonly paymentId: Hash;
  readonly paid: bigint;
}

/** Opens a signed transfer; by the signer in the app's state. */
export interface Attestation {
  /** The digest of the Payment. */
  readonly paymentId: Hash;
  readonly attested: Hash;
}

/** Signed by the payee. */
export interface Invoice {
  readonly invoiceId: Hash;
  readonly payee: Address;
  readonly toChainId: number;
  readonly asset: Address;
  /** 0 = the payer chooses. */
  readonly amount: bigint;
  /** Zero = the payer brings a bound lock. */
  readonly lockHash: Hash;
  readonly expiresAt: number;
  readonly metadataHash: Hash;
}

/** The maker's offer and the taker's acceptance are signatures on the same digest. */
export interface Swap {
  readonly swapId: Hash;
  readonly maker: Address;
  /** Zero for anybody. */
  readonly taker: Address;
  readonly fromChainId: number;
  readonly fromAsset: Address;
  readonly fromAmount: bigint;
  readonly toChainId: number;
  readonly toAsset: Address;
  readonly toAmount: bigint;
  readonly expiresAt: number;
}

/** A mirrored app, signed by both users; pairs are by participant position, the proposer being 0. */
export interface AppOffer {
  readonly offerId: Hash;
  readonly proposer: Address;
  readonly counterparty: Address;
  readonly definition: Address;
  readonly outcomeType: OutcomeType;
  readonly stakes: readonly Stake[];
  readonly periods: Pair<number>;
  readonly expiresAt: number;
  readonly initialStateHash: Hash;
}

/** A wallet authorizes a channel key towards one hub, for one origin. */
export interface KeyDelegation {
  readonly owner: Address;
  readonly key: Address;
  readonly responder: Address;
  readonly origin: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Signed by the hub alone. */
export interface Quote {
  readonly channel: Address;
  readonly nonce: Hash;
  readonly paymentId: Hash;
  readonly fromAsset: Address;
  readonly fromAmount: bigint;
  readonly toChainId: number;
  readonly toAsset: Address;
  readonly toAmount: bigint;
  readonly validUntil: number;
}

/** What identifies a channel; its address follows from these and the factory. */
export interface Channel {
  readonly domain: Domain;
  readonly address: Address;
  readonly initiator: Address;
  readonly responder: Address;
  readonly challengePeriod: number;
}

/** An installed app with its latest state. Signatures are by party, on the AppState; none are needed at version 0. */
export interface AppInstance {
  readonly id: Hash;
  readonly app: App;
  readonly version: bigint;
  readonly state: Bytes;
  readonly signatures: Pair<Bytes | null>;
}

/** A withdrawal that the ledger already debits and that is not known to be executed. */
export interface OpenWithdrawal {
  readonly digest: Hash;
  readonly withdrawal: Withdrawal;
}

/** A ledger with all that its digest commits to. */
export interface ChannelState {
  readonly ledger: Ledger;
  readonly apps: readonly AppInstance[];
  readonly withdrawals: readonly OpenWithdrawal[];
}

/** A state both signed; `signatures` is null only for version 0 of an epoch, which nobody signs. */
export interface AgreedState extends ChannelState {
  readonly signatures: Pair<Bytes> | null;
}
