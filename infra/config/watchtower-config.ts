// SPDX-License-Identifier: MIT
/** What a watchtower is configured with. The list of chains may be the hub's own; what is the hub's alone is passed over. */
import { z } from 'zod';
import type { SecretReference, StoreConfig } from './hub-config.ts';
import {
  address,
  chainSchema,
  chainsText,
  ConfigurationError,
  issueLines,
  list,
  readJson,
  secretReference,
  type Environment,
} from './load-config.ts';

const towerChain = chainSchema.pick({
  chainId: true,
  rpcUrl: true,
  factory: true,
  channelImplementation: true,
  registry: true,
  confirmations: true,
});
export type WatchtowerChainConfig = z.output<typeof towerChain>;

const count = (usual: number) => z.coerce.number().int().positive().default(usual);

const settings = z.object({
  INDRA_WATCHTOWER_HOST: z.string().min(1).default('127.0.0.1'),
  INDRA_WATCHTOWER_PORT: z.coerce.number().int().min(1).max(65_535).default(3_010),
  INDRA_WATCHTOWER_STORE: z.enum(['sqlite', 'dynamodb']).default('sqlite'),
  INDRA_WATCHTOWER_SQLITE_PATH: z.string().min(1).optional(),
  INDRA_WATCHTOWER_TABLE: z.string().min(3).default('indra-watchtower'),
  INDRA_DYNAMODB_ENDPOINT: z.url().optional(),
  INDRA_WATCHTOWER_MAX_CHANNELS: count(100_000),
  INDRA_WATCHTOWER_RESPONDERS: z.string().default(''),
  INDRA_WATCHTOWER_MIN_CHALLENGE_SECONDS: count(3_600),
  INDRA_WATCHTOWER_MAX_BYTES: z.coerce.number().int().min(4_096).max(131_072).default(131_072),
  INDRA_WATCHTOWER_STATES_PER_MINUTE: count(600),
  INDRA_WATCHTOWER_BEHIND_PROXY: z.enum(['true', 'false']).default('false'),
  INDRA_WATCHTOWER_ROUND_MS: count(3_000),
  INDRA_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export interface WatchtowerConfig {
  readonly host: string;
  readonly port: number;
  readonly store: StoreConfig;
  readonly chains: readonly [WatchtowerChainConfig, ...WatchtowerChainConfig[]];
  /** Pays for answers and signs receipts. */
  readonly key: SecretReference;
  /** Channels held at a time, on each chain. */
  readonly maxChannels: number;
  /** Hubs whose channels are taken; everyone's if empty. */
  readonly responders: readonly `0x${string}`[];
  readonly minChallengePeriod: number;
  readonly maxMessageBytes: number;
  /** Of one sender. */
  readonly statesPerMinute: number;
  /** The sender is whom the proxy names last in `x-forwarded-for`. */
  readonly isBehindProxy: boolean;
  /** Milliseconds between two rounds. */
  readonly roundMs: number;
  readonly logLevel: z.output<typeof settings>['INDRA_LOG_LEVEL'];
}

export const WATCHTOWER_KEY = 'WATCHTOWER_PRIVATE_KEY';

/** @throws ConfigurationError listing everything that is missing or wrong, not only the first. */
export function watchtowerConfig(
  sqlitePath: string,
  environment: Environment = process.env,
): WatchtowerConfig {
  const lines: string[] = [];
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = settings.safeParse(present);
  if (!parsed.success) lines.push(...issueLines(parsed.error));
  const text = chainsText(present, lines);
  const chains =
    text === undefined ? undefined : readJson(z.array(towerChain).min(1), text, 'INDRA_CHAINS', lines);
  if (chains !== undefined && new Set(chains.map((chain) => chain.chainId)).size !== chains.length)
    lines.push('INDRA_CHAINS: a chain id is there twice');
  const responders = list(present['INDRA_WATCHTOWER_RESPONDERS'] ?? '').flatMap((one) => {
    const responder = address.safeParse(one);
    if (!responder.success) lines.push(`INDRA_WATCHTOWER_RESPONDERS: ${one} is not an address`);
    return responder.success ? [responder.data] : [];
  });
  const key = secretReference(WATCHTOWER_KEY, present, lines);
  const [first, ...rest] = chains ?? [];
  if (!parsed.success || lines.length > 0 || first === undefined || key === undefined)
    throw new ConfigurationError(lines);
  const env = parsed.data;
  return {
    host: env.INDRA_WATCHTOWER_HOST,
    port: env.INDRA_WATCHTOWER_PORT,
    store: storeOf(env, sqlitePath),
    chains: [first, ...rest],
    key,
    maxChannels: env.INDRA_WATCHTOWER_MAX_CHANNELS,
    responders,
    minChallengePeriod: env.INDRA_WATCHTOWER_MIN_CHALLENGE_SECONDS,
    maxMessageBytes: env.INDRA_WATCHTOWER_MAX_BYTES,
    statesPerMinute: env.INDRA_WATCHTOWER_STATES_PER_MINUTE,
    isBehindProxy: env.INDRA_WATCHTOWER_BEHIND_PROXY === 'true',
    roundMs: env.INDRA_WATCHTOWER_ROUND_MS,
    logLevel: env.INDRA_LOG_LEVEL,
  };
}

function storeOf(env: z.output<typeof settings>, sqlitePath: string): StoreConfig {
  if (env.INDRA_WATCHTOWER_STORE === 'sqlite')
    return { kind: 'sqlite', path: env.INDRA_WATCHTOWER_SQLITE_PATH ?? sqlitePath };
  const endpoint = env.INDRA_DYNAMODB_ENDPOINT;
  const table = env.INDRA_WATCHTOWER_TABLE;
  return { kind: 'dynamodb', table, ...(endpoint === undefined ? {} : { endpoint }) };
}
