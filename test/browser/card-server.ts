// SPDX-License-Identifier: MIT
/** The card as it is deployed: built, and served by `next start`. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../infra/local/free-port.ts';
import { startProcess, type ManagedProcess, type ProcessOptions } from '../../infra/local/managed-process.ts';
import { waitUntil } from '../../infra/local/wait-until.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CARD = join(ROOT, 'daicard-next');
const BUILT = join(CARD, '.next', 'BUILD_ID');
const NEXT = join(ROOT, 'node_modules', 'next', 'dist', 'bin', 'next');

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

export interface CardServer {
  readonly origin: string;
  readonly process: ManagedProcess;
}

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

/** Resolves when it serves its first page. */
export async function serveCard(hubUrl: string): Promise<CardServer> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const args = ['start', CARD, '--hostname', '127.0.0.1', '--port', String(port)];
  const server = startProcess(next('card', args, { INDRA_HUB_URL: hubUrl }));
  try {
    await waitUntil('the card', async () => !server.running() || (await fetch(origin)).ok, {
      timeoutMs: 60_000,
      everyMs: 100,
    });
    if (!server.running()) throw new Error('the card ended at once');
  } catch (cause) {
    await server.stop();
    throw new Error(`${String(cause)}\n${server.tail()}`, { cause });
  }
  return { origin, process: server };
}

/** Time of the youngest file in a folder, or of the file itself. Tests and what is built do not count. */
async function newestIn(path: string): Promise<number> {
  const found = await stat(path);
  if (!found.isDirectory()) return found.mtimeMs;
  const entries = await readdir(path);
  const counted = entries.filter((name) => !/^\.next$|^next-env|\.test\.ts$|\.tsbuildinfo$/.test(name));
  return Math.max(0, ...(await Promise.all(counted.map((name) => newestIn(join(path, name))))));
}
