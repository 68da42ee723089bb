// SPDX-License-Identifier: MIT
/**
 * What a hub needs to know, and nothing about where it is written down. `load-config.ts` fills it from the
 * environment; everything else takes it as a parameter.
 */

/** A `0x` lowercase 20-byte address. */
export type ConfigAddress = `0x${string}`;

/** Where a secret is kept. `read-secret.ts` fetches it; the value itself is never part of the config. */
export type SecretReference =
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'secrets-manager'; readonly id: string };

export type StoreConfig =
  | { readonly kind: 'dynamodb'; readonly table: string; readonly endpoint?: string }
  | { readonly kind: 'sqlite'; readonly path: string }
  /** Forgets everything when its process ends, and no two processes share it. Tests and benchmarks only. */
  | { readonly kind: 'memory' };

/** Hub-side money per channel and asset, in the asset's smallest unit. */
export interface CollateralProfile {
  /** Bought when a channel opens. */
  readonly initial: bigint;
  /** What a purchase tops the hub's balance up to. */
  readonly target: bigint;
  /** A hub balance below this makes the next purchase due. */
  readonly low: bigint;
}

export interface AssetConfig {
  /** Ether is the zero address. */
  readonly address: ConfigAddress;
  readonly symbol: string;
  readonly decimals: number;
  /** Smallest and largest amount of one transfer. */
  readonly transfer: { readonly min: bigint; readonly max: bigint };
  /** Smallest withdrawal that the hub sends, and pays for; smaller ones their users send. */
  readonly withdrawal: { readonly min: bigint };
  readonly collateral: CollateralProfile;
}

export interface ChainConfig {
  readonly chainId: number;
  /** The hub's own node of this chain. */
  readonly rpcUrl: string;
  /** What clients are told to use. */
  readonly publicRpcUrl: string;
  readonly factory: ConfigAddress;
  /** What every channel is a clone of; with the factory it fixes channel addresses. */
  readonly channelImplementation: ConfigAddress;
  readonly registry: ConfigAddress;
  readonly transferApp: ConfigAddress;
  readonly assets: readonly AssetConfig[];
  /** Seconds, of every channel opened with this hub on this chain. */
  readonly challengePeriod: number;
  /** Blocks on top of the one that holds a transaction before it counts. 0 on a local chain. */
  readonly confirmations: number;
  /** Seconds each side has for an action in an app: `[initiator, responder]`. */
  readonly appPeriods: readonly [number, number];
  /** W and D of this chain in seconds: see docs/operating.md for how they are made. */
  readonly patience: number;
  readonly reaction: number;
  /** First block that can hold an event of these contracts. */
  readonly fromBlock: number;
}

export interface LimitsConfig {
  /** Apps one channel may have open at a time (the format allows 256). */
  readonly maxOpenTransfers: number;
  /** Operations in one proposal. */
  readonly maxOperations: number;
  /** Seconds a transfer may be held: from now to the payer's `holdUntil`. */
  readonly minHold: number;
  readonly maxHold: number;
  /** Seconds that clocks may differ, with the time that confirmations take: part of every span between deadlines. */
  readonly margin: number;
  /** Bytes of one request. */
  readonly maxMessageBytes: number;
  /** Seconds a handler may live; whatever is older and unfinished belongs to the sweep. Longer than any function's timeout. */
  readonly handlerLife: number;
}

export interface NatsConfig {
  /** Servers the hub itself connects to. */
  readonly urls: readonly string[];
  /** Servers clients are told to use, by TCP and by websocket. */
  readonly publicUrls: readonly string[];
  readonly publicWebsocketUrls: readonly string[];
  /** The hub user's `.creds` file (JWT and seed). */
  readonly credentials: SecretReference;
  /** Public key of the account users belong to, and the seed of its scoped signing key. */
  readonly account: string;
  readonly signingSeed: SecretReference;
}

export interface AuthConfig {
  /** `host[:port]` users sign in to: the domain of the EIP-4361 message. */
  readonly domain: string;
  /** Signs challenges and bearer tokens (HMAC-SHA256, at least 32 bytes). */
  readonly tokenSecret: SecretReference;
  /** Seconds. */
  readonly challengeLifetime: number;
  readonly sessionLifetime: number;
}

export interface HubConfig {
  /** `local`, `test`, `dev`, `production`, … */
  readonly stage: string;
  /** Origin of the HTTP API as clients see it, without a trailing slash. */
  readonly publicUrl: string;
  readonly store: StoreConfig;
  /** The channel key: it signs ledgers, and sends what defends channels. Read it with `readHubKey`. */
  readonly hubKey: SecretReference;
  /** The treasury's: it pays for collateral and for withdrawals the hub sends. Read it with `readTreasuryKey`. */
  readonly treasuryKey: SecretReference;
  readonly chains: readonly [ChainConfig, ...ChainConfig[]];
  readonly nats: NatsConfig;
  readonly auth: AuthConfig;
  readonly limits: LimitsConfig;
  /** Users who may call `admin`. */
  readonly operators: readonly ConfigAddress[];
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** The chain every development key is welcome on. */
export const LOCAL_CHAIN_ID = 31337;

export function chainOf(config: HubConfig, chainId: number): ChainConfig | undefined {
  return config.chains.find((chain) => chain.chainId === chainId);
}

export function assetOf(chain: ChainConfig, address: string): AssetConfig | undefined {
  return chain.assets.find((asset) => asset.address === address);
}
