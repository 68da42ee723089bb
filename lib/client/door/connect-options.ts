// SPDX-License-Identifier: MIT
/** What a client is made from, read once before anything is opened. */
import type { Fetch } from '../../messaging/http-post.ts';
import type { Store } from '../../store/store.ts';
import type { HubDescription } from '../hub-description.ts';
import type { HubMinimums } from '../hub-minimums.ts';
import type { NamedContracts } from '../named-contracts.ts';
import type { ChainReader, ChainWriter, Clock, Line } from '../ports.ts';
import type { RiskLimit, RiskOptions } from '../risk-limits.ts';
import { address } from './address.ts';
import { flag, having, invalid, optional, shape, type Parser } from './argument.ts';
import { signal } from './call-options.ts';
import { address as chainAddress } from './address.ts';
import { nodeAddress, webAddress } from './text.ts';
import { chainId, LONGEST_MS, milliseconds, wholeNumber } from './whole-number.ts';

/** How the chain is read and written to. What is seen there decides about money, so it is not the hub's word unless said so. */
export interface ChainAccess {
  /** The user's own node, or one it trusts. */
  readonly rpcUrl?: string | undefined;
  /** Reads the chain through the node the hub names: then the hub could show another chain than there is. */
  readonly trustHubRpc?: boolean | undefined;
  /** What the hub's terms must be at least, instead of what is usual. */
  readonly minimums?: Partial<HubMinimums> | undefined;
  /** The contracts of a chain that cannot have those that every other chain has. */
  readonly contracts?: NamedContracts | undefined;
}

export interface ConnectOptions {
  /** Origin of the hub's HTTP API. */
  readonly hubUrl: string;
  /** The channel key: 32 bytes or `0x` hex. This or `mnemonic`. */
  readonly key?: Uint8Array | string | undefined;
  /** A BIP-39 phrase; the key is at `m/44'/60'/0'/25446`. */
  readonly mnemonic?: string | undefined;
  /** Where the channel's state is kept. Losing it means a restore from the hub alone. `openClientStore` opens one. */
  readonly store: Store;
  /** The user's own node: `{ rpcUrl }`. Needed unless `reader` and `writer` are given. */
  readonly chain?: ChainAccess | undefined;
  /** One of the hub's chains; its first if absent. */
  readonly chainId?: number | undefined;
  /** Take new terms of a known hub, such as more confirmations. Never those that would make it another channel. */
  readonly acceptTerms?: boolean | undefined;
  /** Another line to the hub than NATS. */
  readonly transport?: Line | undefined;
  readonly reader?: ChainReader | undefined;
  /** What the client sends to the chain itself, in a dispute; paid for by the channel key's address. */
  readonly writer?: ChainWriter | undefined;
  readonly description?: HubDescription | undefined;
  readonly fetch?: Fetch | undefined;
  readonly clock?: Clock | undefined;
  /** Take the channel over from another device, explicitly. */
  readonly takeOver?: boolean | undefined;
  /** Milliseconds between two looks at the chain. */
  readonly pollMs?: number | undefined;
  /**
   * By asset: what may be shown though it could not be enforced. If absent 0.01 ether, and ten whole units of a token. Set it
   * for tokens that are dear.
   */
  readonly atRisk?: RiskOptions | undefined;
  /** Origins of watchtowers, which answer stale challenges while this client is away. */
  readonly watchtowers?: readonly string[] | undefined;
  /** Milliseconds a closing waits to ride with the next payment. */
  readonly idleMs?: number | undefined;
  /** Milliseconds a silent hub is waited for; 30,000 if absent. Then the client begins without it, if there is a channel to go on with. */
  readonly hubTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const key: Parser<Uint8Array | string> = (value, field) => {
  if (typeof value !== 'string' && !(value instanceof Uint8Array))
    throw invalid(field, 'give a private key: 32 bytes, or 0x and 64 hex digits');
  return value;
};

const phrase: Parser<string> = (value, field) => {
  if (typeof value !== 'string') throw invalid(field, 'give a BIP-39 phrase');
  return value;
};

const towers: Parser<readonly string[]> = (value, field) => {
  if (!Array.isArray(value)) throw invalid(field, 'give a list of web addresses');
  return value.map((one, number) => webAddress(one, `${field}[${number}]`));
};

const unsigned: Parser<bigint> = (value, field) => {
  if (typeof value !== 'bigint' || value < 0n) throw invalid(field, 'give a bigint that is not negative');
  return value;
};
const riskLimit = shape<RiskLimit>({ limit: optional(unsigned), floor: optional(unsigned) }, 'a limit');

const atRisk: Parser<RiskOptions> = (value, field) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(field, 'give an object with a limit by asset address');
  return Object.fromEntries(
    Object.entries(value).map(([asset, limit]) => [
      address(asset, `${field}.${asset}`),
      riskLimit(limit, `${field}.${asset}`),
    ]),
  );
};

const callable: Parser<Fetch> = (value, field) => {
  if (typeof value !== 'function') throw invalid(field, 'give a function');
  return value as Fetch;
};

/** It has its own schema: `parseDescription` made it. */
const description: Parser<HubDescription> = (value, field) => {
  if (typeof value !== 'object' || value === null)
    throw invalid(field, 'give what fetchDescription resolves to');
  return value as HubDescription;
};

const bound = wholeNumber(0, 2 ** 32 - 1);
const minimums = shape<Partial<HubMinimums>>(
  { challengePeriod: optional(bound), appPeriod: optional(bound), confirmations: optional(bound) },
  'minimums',
);

const contracts = shape<NamedContracts>(
  {
    registry: chainAddress,
    factory: chainAddress,
    channelImplementation: chainAddress,
    transferApp: chainAddress,
  },
  'contracts',
);

const chainAccess: Parser<ChainAccess> = (value, field) => {
  const access = shape<ChainAccess>(
    {
      rpcUrl: optional(nodeAddress),
      trustHubRpc: optional(flag),
      minimums: optional(minimums),
      contracts: optional(contracts),
    },
    'chain',
  )(value, field);
  if ((access.rpcUrl === undefined) !== (access.trustHubRpc === true))
    throw invalid(
      field,
      'name your own node as chain.rpcUrl, or set chain.trustHubRpc to take the word of the hub',
    );
  return access;
};

const options = shape<ConnectOptions>(
  {
    hubUrl: webAddress,
    key: optional(key),
    mnemonic: optional(phrase),
    store: having<Store>('get', 'put', 'query', 'remove'),
    chain: optional(chainAccess),
    chainId: optional(chainId),
    acceptTerms: optional(flag),
    transport: optional(having<Line>('request', 'events', 'close')),
    reader: optional(having<ChainReader>('latest', 'challenge', 'received')),
    writer: optional(having<ChainWriter>('disputeCall')),
    description: optional(description),
    fetch: optional(callable),
    clock: optional(having<Clock>('now', 'sleep')),
    takeOver: optional(flag),
    pollMs: optional(milliseconds),
    atRisk: optional(atRisk),
    watchtowers: optional(towers),
    idleMs: optional(milliseconds),
    hubTimeoutMs: optional(wholeNumber(1, LONGEST_MS)),
    signal: optional(signal),
  },
  'the options of connect',
);

export function connectOptions(value: unknown): ConnectOptions {
  const given = options(value, '');
  if (given.chain === undefined && (given.reader === undefined || given.writer === undefined))
    throw invalid(
      'chain',
      'name your own node: chain: { rpcUrl }; the hub’s own is its word about your money',
    );
  if ((given.key === undefined) === (given.mnemonic === undefined))
    throw invalid('key', 'give a key or a mnemonic, one of them');
  return given;
}
