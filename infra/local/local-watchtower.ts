// SPDX-License-Identifier: MIT
/** What a watchtower needs to watch over the running local world: its chain, and a key with ether of the tower's own. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressOfPrivateKey } from '../../lib/signing/native.ts';
import { writeSecret } from '../nats/authority-files.ts';
import { setEther } from './fund.ts';
import { contractsOf } from './local-chain.ts';
import { LOCAL_FOLDER, runningWorld } from './world-file.ts';

const GAS_MONEY = 100n * 10n ** 18n;

export async function localWatchtower(): Promise<Record<string, string>> {
  const world = await runningWorld();
  if (world === undefined) throw new Error('no local world runs: npm start first');
  const { rpcUrl } = world.chain;
  const port = Number(new URL(rpcUrl).port);
  const { chainId, deployment } = await contractsOf(port);
  const keys = join(LOCAL_FOLDER, 'keys');
  await mkdir(keys, { recursive: true, mode: 0o700 });
  const file = join(keys, 'watchtower.key');
  if (!existsSync(file)) await writeSecret(file, `0x${randomBytes(32).toString('hex')}\n`);
  const key = Buffer.from((await readFile(file, 'utf8')).trim().slice(2), 'hex');
  await setEther(rpcUrl, addressOfPrivateKey(key), GAS_MONEY);
  return {
    INDRA_CHAINS: JSON.stringify([{ chainId, rpcUrl, confirmations: 0, ...deployment }]),
    WATCHTOWER_PRIVATE_KEY_FILE: file,
    INDRA_WATCHTOWER_SQLITE_PATH: join(LOCAL_FOLDER, 'watchtower', 'watchtower.sqlite'),
    INDRA_WATCHTOWER_MIN_CHALLENGE_SECONDS: '1',
  };
}
