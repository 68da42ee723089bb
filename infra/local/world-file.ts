// SPDX-License-Identifier: MIT
/** Where a running `npm start` says how to reach it, for the demo and for `npm run fund`. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const LOCAL_FOLDER = join(import.meta.dirname, '..', '..', '.indra', 'local');

export interface WorldInfo {
  readonly pid: number;
  readonly hubUrl: string;
  readonly hubAddress: string;
  readonly treasuryAddress: string;
  readonly card: string | null;
  readonly natsUrl: string;
  readonly websocketUrl: string;
  readonly store: { readonly kind: string; readonly url: string | null };
  readonly chain: {
    readonly chainId: number;
    readonly rpcUrl: string;
    readonly registry: string;
    readonly factory: string;
    readonly transferApp: string;
    readonly token: string;
  };
}

const FILE = join(LOCAL_FOLDER, 'world.json');

export async function writeWorldInfo(info: WorldInfo): Promise<void> {
  await writeFile(FILE, `${JSON.stringify(info, null, 2)}\n`);
}

export async function removeWorldInfo(): Promise<void> {
  await rm(FILE, { force: true });
}

/** The world that runs now; undefined if none does. */
export async function runningWorld(): Promise<WorldInfo | undefined> {
  try {
    const info = JSON.parse(await readFile(FILE, 'utf8')) as WorldInfo;
    process.kill(info.pid, 0);
    return (await fetch(`${info.hubUrl}/health/live`)).ok ? info : undefined;
  } catch {
    return undefined;
  }
}
