// SPDX-License-Identifier: MIT
/** The one place that reads the environment. `.env.example` lists the names. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ADDRESSES } from '../../lib/chain/addresses.ts';
import { unsoundTimes } from '../../lib/protocol/deadlines.ts';
import type { HubConfig, SecretReference } from './hub-config.ts';

/** Thrown once, at start: the hub cannot run, and each line says what to change. */
export class ConfigurationError extends Error {
  readonly code = 'misconfigured';
  readonly lines: readonly string[];
  constructor(lines: readonly string[]) {
    super(`the configuration is not complete:\n${lines.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'ConfigurationError';
    this.lines = lines;
  }
}

export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'must be 0x and 40 hex digits')
  .transform((text) => text.toLowerCase() as `0x${string}`);
const amount = z
  .union([z.string().regex(/^\d+$/, 'must be a decimal string'), z.int().nonnegative()])
  .transform((value) => BigInt(value));
const seconds = z.int().positive();
const url = z.url().transform((text) => text.replace(/\/+$/, ''));

const assetSchema = z.object({
  address,
  symbol: z.string().min(1).max(12),
  decimals: z.int().min(0).max(36),
  transfer: z.object({ min: amount, max: amount }),
  withdrawal: z.object({ min: amount }).default({ min: 0n }),
  collateral: z.object({ initial: amount, target: amount, low: amount }),
});

export const chainSchema = z.object({
  chainId: z.int().positive(),
  rpcUrl: url,
  publicRpcUrl: url,
  // The same on every chain; an operator whose chain has others says so.
  factory: address.default(ADDRESSES.factory),
  channelImplementation: address.default(ADDRESSES.channelImplementation),
  registry: address.default(ADDRESSES.registry),
  transferApp: address.default(ADDRESSES.transferApp),
  assets: z.array(assetSchema).min(1),
  challengePeriod: seconds,
  confirmations: z.int().min(0),
  appPeriods: z.tuple([seconds, seconds]),
  patience: seconds,
  reaction: seconds,
  fromBlock: z.int().min(0).default(0),
});

const limitsSchema = z.object({
  maxOpenTransfers: z.int().min(1).max(256).default(200),
  maxOperations: z.int().min(1).max(256).default(64),
  minHold: seconds.default(3_600),
  maxHold: seconds.default(60 * 60 * 24 * 30),
  margin: seconds.default(900),
  maxMessageBytes: z.int().positive().default(262_144),
  handlerLife: seconds.default(30),
});

const environmentSchema = z.object({
  INDRA_STAGE: z.string().min(1).default('dev'),
  INDRA_PUBLIC_URL: url,
  INDRA_STORE: z.enum(['dynamodb', 'sqlite', 'memory']),
  INDRA_TABLE: z.string().min(3).default('indra'),
  INDRA_DYNAMODB_ENDPOINT: url.optional(),
  INDRA_SQLITE_PATH: z.string().min(1).optional(),
  INDRA_CHAINS: z.string().optional(),
  INDRA_CHAINS_FILE: z.string().optional(),
  INDRA_NATS_URLS: z.string().min(1),
  INDRA_NATS_PUBLIC_URLS: z.string().optional(),
  INDRA_NATS_PUBLIC_WEBSOCKET_URLS: z.string().default(''),
  INDRA_NATS_ACCOUNT: z.string().regex(/^A[A-Z2-7]{55}$/, 'must be the public key of a NATS account'),
  INDRA_AUTH_DOMAIN: z.string().optional(),
  INDRA_CHALLENGE_SECONDS: z.coerce.number().int().positive().default(300),
  INDRA_SESSION_SECONDS: z.coerce.number().int().positive().default(3_600),
  INDRA_OPERATORS: z.string().default(''),
  INDRA_LIMITS: z.string().default('{}'),
  INDRA_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ConfigurationError listing everything that is missing or wrong, not only the first. */
export function loadConfig(environment: Environment = process.env): HubConfig {
  const lines: string[] = [];
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(present);
  if (!parsed.success) {
    const unset = (issue: z.core.$ZodIssue) => present[String(issue.path[0])] === undefined;
    lines.push(
      ...parsed.error.issues.map(
        (issue) => `${String(issue.path[0])}: ${unset(issue) ? 'is not set' : issue.message}`,
      ),
    );
  }
  const chains = readChains(present, lines);
  const limits = readJson(limitsSchema, present['INDRA_LIMITS'] ?? '{}', 'INDRA_LIMITS', lines);
  const operators = list(present['INDRA_OPERATORS'] ?? '').flatMap((text) => {
    const operator = address.safeParse(text);
    if (!operator.success) lines.push(`INDRA_OPERATORS: ${text} is not an address`);
    return operator.success ? [operator.data] : [];
  });
  const hubKey = secretReference('HUB_PRIVATE_KEY', present, lines);
  const treasuryKey = secretReference('HUB_TREASURY_KEY', present, lines);
  const credentials = secretReference('INDRA_NATS_CREDENTIALS', present, lines);
  const signingSeed = secretReference('INDRA_NATS_SIGNING_SEED', present, lines);
  const tokenSecret = secretReference('INDRA_TOKEN_SECRET', present, lines);
  if (present['INDRA_STORE'] === 'sqlite' && present['INDRA_SQLITE_PATH'] === undefined) {
    lines.push('INDRA_SQLITE_PATH: say in which file the SQLite store lives');
  }
  if (
    !parsed.success ||
    lines.length > 0 ||
    chains === undefined ||
    limits === undefined ||
    !hubKey ||
    !treasuryKey ||
    !credentials ||
    !signingSeed ||
    !tokenSecret
  ) {
    throw new ConfigurationError(lines);
  }
  const env = parsed.data;
  const urls = list(env.INDRA_NATS_URLS);
  return {
    stage: env.INDRA_STAGE,
    publicUrl: env.INDRA_PUBLIC_URL,
    store: storeConfig(env),
    hubKey,
    treasuryKey,
    chains,
    nats: {
      urls,
      publicUrls: env.INDRA_NATS_PUBLIC_URLS === undefined ? urls : list(env.INDRA_NATS_PUBLIC_URLS),
      publicWebsocketUrls: list(env.INDRA_NATS_PUBLIC_WEBSOCKET_URLS),
      credentials,
      account: env.INDRA_NATS_ACCOUNT,
      signingSeed,
    },
    auth: {
      domain: env.INDRA_AUTH_DOMAIN ?? new URL(env.INDRA_PUBLIC_URL).host,
      tokenSecret,
      challengeLifetime: env.INDRA_CHALLENGE_SECONDS,
      sessionLifetime: env.INDRA_SESSION_SECONDS,
    },
    limits,
    operators,
    logLevel: env.INDRA_LOG_LEVEL,
  };
}

function storeConfig(env: z.infer<typeof environmentSchema>): HubConfig['store'] {
  switch (env.INDRA_STORE) {
    case 'dynamodb': {
      const endpoint = env.INDRA_DYNAMODB_ENDPOINT;
      return { kind: 'dynamodb', table: env.INDRA_TABLE, ...(endpoint === undefined ? {} : { endpoint }) };
    }
    case 'sqlite':
      return { kind: 'sqlite', path: env.INDRA_SQLITE_PATH ?? '' };
    case 'memory':
      return { kind: 'memory' };
  }
}

/** The list of chains as JSON text; what is wrong goes into `lines`. */
export function chainsText(environment: Environment, lines: string[]): string | undefined {
  const file = environment['INDRA_CHAINS_FILE'];
  let text = environment['INDRA_CHAINS'];
  if (text === undefined && file !== undefined) {
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      lines.push(`INDRA_CHAINS_FILE: cannot read ${file}`);
      return undefined;
    }
  }
  if (text === undefined) {
    lines.push('INDRA_CHAINS or INDRA_CHAINS_FILE: give the list of chains as JSON');
    return undefined;
  }
  return text;
}

function readChains(environment: Environment, lines: string[]): HubConfig['chains'] | undefined {
  const text = chainsText(environment, lines);
  if (text === undefined) return undefined;
  const chains = readJson(z.array(chainSchema).min(1), text, 'INDRA_CHAINS', lines);
  if (chains === undefined) return undefined;
  for (const chain of chains) {
    const shortest = Math.min(...chain.appPeriods);
    if (chain.appPeriods[1] <= chain.appPeriods[0]) {
      lines.push(`INDRA_CHAINS: on chain ${chain.chainId} the responder's app period must be the longer one`);
    }
    if (shortest > chain.challengePeriod) {
      lines.push(`INDRA_CHAINS: on chain ${chain.chainId} an app period is longer than the challenge period`);
    }
    for (const line of unsoundTimes(chain)) lines.push(`INDRA_CHAINS: on chain ${chain.chainId} ${line}`);
  }
  const [first, ...rest] = chains;
  if (new Set(chains.map((chain) => chain.chainId)).size !== chains.length) {
    lines.push('INDRA_CHAINS: a chain id is there twice');
  }
  return first === undefined ? undefined : [first, ...rest];
}

export function readJson<T>(
  schema: z.ZodType<T>,
  text: string,
  name: string,
  lines: string[],
): T | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    lines.push(`${name}: not JSON`);
    return undefined;
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  lines.push(...issueLines(parsed.error).map((line) => `${name} at ${line}`));
  return undefined;
}

/** A secret is named in one of three ways: NAME, NAME_FILE (a path), NAME_SECRET (an id in AWS Secrets Manager). */
export function secretReference(
  name: string,
  environment: Environment,
  lines: string[],
): SecretReference | undefined {
  if (environment[name] !== undefined) return { kind: 'environment', name };
  const path = environment[`${name}_FILE`];
  if (path !== undefined) return { kind: 'file', path };
  const id = environment[`${name}_SECRET`];
  if (id !== undefined) return { kind: 'secrets-manager', id };
  lines.push(`${name}: set ${name}_FILE to a file that holds it (or ${name}, or ${name}_SECRET)`);
  return undefined;
}

export function issueLines(error: z.ZodError): string[] {
  return error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
}

export function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
