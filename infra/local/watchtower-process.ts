// SPDX-License-Identifier: MIT
/** A watchtower of its own process, for the tests. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressOfPrivateKey } from '../../lib/signing/native.ts';
import { freePort } from './free-port.ts';
import { setEther } from './fund.ts';
import { startProcess, type ManagedProcess } from './managed-process.ts';
import { waitUntil } from './wait-until.ts';

const SCRIPT = join(import.meta.dirname, '..', 'watchtower.ts');
const GAS_MONEY = 10n ** 18n;

export interface RunningWatchtower {
  readonly url: string;
  readonly process: ManagedProcess;
  /** To start it again where it was killed. */
  readonly env: Readonly<Record<string, string>>;
}

export interface WatchtowerProcessOptions {
  /** Where key and store are kept. */
  readonly folder: string;
  readonly chain: {
    readonly chainId: number;
    readonly rpcUrl: string;
    readonly registry: string;
    readonly factory: string;
    readonly channelImplementation: string;
  };
  readonly confirmations?: number;
  /** Over what this sets. */
  readonly env?: Readonly<Record<string, string>>;
}

/** With a key of its own that has ether, looking at the chain ten times a second. Resolves when it could answer. */
export async function newWatchtower(options: WatchtowerProcessOptions): Promise<RunningWatchtower> {
  const { folder, chain, confirmations = 0 } = options;
  const key = randomBytes(32);
  const keyFile = join(folder, 'watchtower.key');
  await mkdir(folder, { recursive: true });
  await writeFile(keyFile, `0x${key.toString('hex')}\n`, { mode: 0o600 });
  await setEther(chain.rpcUrl, addressOfPrivateKey(key), GAS_MONEY);
  return startWatchtower({
    INDRA_CHAINS: JSON.stringify([{ ...chain, confirmations }]),
    WATCHTOWER_PRIVATE_KEY_FILE: keyFile,
    INDRA_WATCHTOWER_SQLITE_PATH: join(folder, 'watchtower.sqlite'),
    INDRA_WATCHTOWER_PORT: String(await freePort()),
    INDRA_WATCHTOWER_ROUND_MS: '100',
    ...options.env,
  });
}

export async function startWatchtower(env: Readonly<Record<string, string>>): Promise<RunningWatchtower> {
  const tower = startProcess({
    name: 'watchtower',
    command: process.execPath,
    args: ['--no-warnings', SCRIPT, '--json'],
    env,
  });
  const url = `http://127.0.0.1:${env['INDRA_WATCHTOWER_PORT']}`;
  try {
    await waitUntil(
      'the watchtower',
      async () => !tower.running() || (await fetch(`${url}/health/ready`)).ok,
    );
    if (!tower.running()) throw new Error(`the watchtower ended at once:\n${tower.tail()}`);
  } catch (error) {
    await tower.stop();
    throw error;
  }
  return { url, process: tower, env };
}
