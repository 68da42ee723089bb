// SPDX-License-Identifier: MIT
import { ConfigurationError } from './load-config.ts';
import type { SecretReference } from './hub-config.ts';

/** What a process needs that only carries messages to functions: it has no key of the hub and no store. */
export interface DispatcherConfig {
  readonly urls: readonly string[];
  readonly credentials: SecretReference;
  /** Invocations at a time, and messages that may wait for their turn. */
  readonly running: number;
  readonly waiting: number;
}

export function dispatcherConfig(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): DispatcherConfig {
  const lines: string[] = [];
  const urls = (environment['INDRA_NATS_URLS'] ?? '')
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '');
  if (urls.length === 0) lines.push('INDRA_NATS_URLS: is not set');
  const credentials = reference(environment);
  if (credentials === undefined)
    lines.push("INDRA_NATS_CREDENTIALS: set INDRA_NATS_CREDENTIALS_FILE to the hub user's .creds file");
  const running = count('INDRA_DISPATCH_RUNNING', environment, 64, lines);
  const waiting = count('INDRA_DISPATCH_WAITING', environment, 4_096, lines);
  if (lines.length > 0 || credentials === undefined) throw new ConfigurationError(lines);
  return { urls, credentials, running, waiting };
}

function reference(environment: Readonly<Record<string, string | undefined>>): SecretReference | undefined {
  const name = 'INDRA_NATS_CREDENTIALS';
  if (environment[name]) return { kind: 'environment', name };
  const path = environment[`${name}_FILE`];
  if (path) return { kind: 'file', path };
  const id = environment[`${name}_SECRET`];
  return id ? { kind: 'secrets-manager', id } : undefined;
}

function count(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
  usual: number,
  lines: string[],
): number {
  const text = environment[name];
  if (text === undefined || text === '') return usual;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) lines.push(`${name}: must be a whole number above 0`);
  return value;
}
