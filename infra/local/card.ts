// SPDX-License-Identifier: MIT
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess, type ManagedProcess } from './managed-process.ts';
import { waitUntil } from './wait-until.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CARD = join(ROOT, 'daicard-next');

export function hasCard(): boolean {
  return existsSync(join(CARD, 'app', 'page.tsx'));
}

export interface CardOptions {
  readonly port: number;
  /** The hub the card talks to unless it is told otherwise. */
  readonly hubUrl: string;
  readonly rpcUrl: string;
  readonly onLine?: (line: string) => void;
}

/** The Dai Card under `next dev`. Resolves when its first page is served. */
export async function startCard({ port, hubUrl, rpcUrl, onLine }: CardOptions): Promise<ManagedProcess> {
  const card = startProcess({
    name: 'card',
    command: process.execPath,
    args: [
      join(ROOT, 'node_modules', 'next', 'dist', 'bin', 'next'),
      'dev',
      CARD,
      '--hostname',
      '127.0.0.1',
      '--port',
      String(port),
    ],
    cwd: CARD,
    env: { INDRA_HUB_URL: hubUrl, INDRA_RPC_URL: rpcUrl, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' },
    ...(onLine === undefined ? {} : { onLine }),
  });
  try {
    await waitUntil(
      `the card on port ${port}`,
      async () => !card.running() || (await fetch(`http://127.0.0.1:${port}/`)).ok,
      { timeoutMs: 120_000, everyMs: 200 },
    );
    if (!card.running()) throw new Error(whyItEnded(card.tail()));
  } catch (error) {
    await card.stop();
    throw error;
  }
  return card;
}

function whyItEnded(tail: string): string {
  // Next keeps one development server per folder.
  const other = /Another next dev server is already running[\s\S]*?PID:\s*(\d+)/.exec(tail)?.[1];
  return other === undefined
    ? `the card ended at once:\n${tail}`
    : `another next dev (process ${other}) serves daicard-next: stop it, or run: npm start -- --no-card`;
}
