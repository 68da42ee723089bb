// SPDX-License-Identifier: MIT
/** Chromium without a head, each one with a profile of its own that is gone afterwards. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';

const DEBIAN = '/usr/bin/chromium';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-quic',
  '--no-first-run',
  '--disable-component-update',
  '--disable-sync',
];

export interface Browser {
  readonly context: BrowserContext;
  close(): Promise<void>;
}

export interface BrowserOptions {
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
}

const PHONE = { width: 390, height: 844 };

/** Where the browser is: the one named, else Debian's. Throws with what to do. */
export function chromiumPath(): string {
  const path = process.env['CHROMIUM_PATH'] ?? DEBIAN;
  if (!existsSync(path))
    throw new Error(`no Chromium at ${path}: apt-get install chromium, or set CHROMIUM_PATH`);
  return path;
}

export async function launchBrowser({
  viewport = PHONE,
  colorScheme = 'light',
}: BrowserOptions = {}): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'indra-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath(),
    args: ARGUMENTS,
    headless: true,
    viewport,
    colorScheme,
    locale: 'en-GB',
  });
  return {
    context,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
