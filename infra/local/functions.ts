// SPDX-License-Identifier: MIT
import { join } from 'node:path';
import { startProcess, type ManagedProcess } from './managed-process.ts';
import { waitUntil } from './wait-until.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface FunctionsOptions {
  readonly name: string;
  /** The hub's configuration, as environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly httpPort: number;
  readonly lambdaPort: number;
  /** Path that answers 200 when the functions can do their work. */
  readonly readyPath: string;
  /** Another serverless.yml in the root folder. */
  readonly configFile?: string;
  readonly onLine?: (line: string) => void;
}

export interface FunctionsProcess {
  readonly process: ManagedProcess;
  readonly httpUrl: string;
  /** Lambda's API, for the bridge. */
  readonly lambdaUrl: string;
}

/** `serverless offline` with every function. Resolves when it answers. */
export async function startFunctions(options: FunctionsOptions): Promise<FunctionsProcess> {
  const { name, env, httpPort, lambdaPort, readyPath, configFile = 'serverless.yml', onLine } = options;
  const httpUrl = `http://127.0.0.1:${httpPort}`;
  const functions = startProcess({
    name,
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js'),
      'offline',
      'start',
      '--config',
      configFile,
      '--host',
      '127.0.0.1',
      '--httpPort',
      String(httpPort),
      '--lambdaPort',
      String(lambdaPort),
      '--noSponsor',
    ],
    cwd: ROOT,
    env: { ...env, SLS_INTERACTIVE_SETUP_ENABLE: '0', NO_COLOR: '1' },
    ...(onLine === undefined ? {} : { onLine }),
  });
  try {
    await waitUntil(
      `${name} on port ${httpPort}`,
      async () => !functions.running() || (await fetch(`${httpUrl}${readyPath}`)).ok,
      { timeoutMs: 60_000, everyMs: 50 },
    );
    if (!functions.running()) throw new Error(`${name} ended at once:\n${functions.tail()}`);
  } catch (error) {
    await functions.stop();
    throw error instanceof Error ? new Error(`${error.message}\n${functions.tail()}`) : error;
  }
  return { process: functions, httpUrl, lambdaUrl: `http://127.0.0.1:${lambdaPort}` };
}
