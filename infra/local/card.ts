// SPDX-License-Identifier: MIT
/** The Dai Card as it is deployed: built once, and served by `next start`. */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { startProcess, type ManagedProcess, type ProcessOptions } from './managed-process.ts';
import { waitUntil } from './wait-until.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CARD = join(ROOT, 'daicard-next');
const BUILT = join(CARD, '.next', 'BUILD_ID');
const NEXT = join(ROOT, 'node_modules', 'next', 'dist', 'bin', 'next');

export function hasCard(): boolean {
  return existsSync(join(CARD, 'app', 'page.tsx'));
}

export interface CardOptions {
  readonly port: number;
  /** The hub the card talks to unless it is told otherwise. */
  readonly hubUrl: string;
  /** The chain's node the card asks. */
  readonly rpcUrl: string;
  readonly onLine?: (line: string) => void;
}

const next = (
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ProcessOptions => ({
  name,
  command: process.execPath,
  args: [NEXT, ...args],
  cwd: CARD,
  env: { NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1', ...env },
});

/** Builds it, unless what was built is newer than everything it is made of. */
export async function buildCard(): Promise<void> {
  const built = await stat(BUILT).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  const newest = await Promise.all([
    newestIn(CARD),
    newestIn(join(ROOT, 'lib')),
    newestIn(join(ROOT, 'package-lock.json')),
  ]);
  if (built > Math.max(...newest)) return;
  const build = startProcess(next('card build', ['build', CARD], {}));
  const { code } = await build.exited;
  if (code !== 0) throw new Error(`the card could not be built:\n${build.tail()}`);
}

/** Resolves when the built card serves its first page. */
export async function startCard({ port, hubUrl, rpcUrl, onLine }: CardOptions): Promise<ManagedProcess> {
  const env = { INDRA_HUB_URL: hubUrl, INDRA_RPC_URL: rpcUrl };
  const card = startProcess({
    ...next('card', ['start', CARD, '--hostname', '127.0.0.1', '--port', String(port)], env),
    ...(onLine === undefined ? {} : { onLine }),
  });
  try {
    await waitUntil(
      `the card on port ${port}`,
      async () => !card.running() || (await fetch(`http://127.0.0.1:${port}/`)).ok,
      { timeoutMs: 60_000, everyMs: 100 },
    );
    if (!card.running()) throw new Error('the card ended at once');
  } catch (cause) {
    await card.stop();
    throw new Error(`${String(cause)}\n${card.tail()}`, { cause });
  }
  return card;
}

/** Time of the youngest file in a folder, or of the file itself. Tests and what is built do not count. */
async function newestIn(path: string): Promise<number> {
  const found = await stat(path);
  if (!found.isDirectory()) return found.mtimeMs;
  const entries = await readdir(path);
  const counted = entries.filter((name) => !/^\.next$|^next-env|\.test\.ts$|\.tsbuildinfo$/.test(name));
  return Math.max(0, ...(await Promise.all(counted.map((name) => newestIn(join(path, name))))));
}
