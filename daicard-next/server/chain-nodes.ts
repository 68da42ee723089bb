// SPDX-License-Identifier: MIT
/** Which chain nodes the page may ask: those the hub publishes, unless the card's operator names one. */
import { z } from 'zod';
import { cardConfig } from './card-config.ts';

const published = z.object({ result: z.object({ chains: z.array(z.object({ rpcUrl: z.url() })) }) });

/** Milliseconds an answer is used for. */
const FRESH_MS = 60_000;
const PATIENCE_MS = 2_000;

let known: { readonly urls: readonly string[]; readonly until: number } | null = null;

/** Empty while the hub does not answer. */
export async function chainNodes(): Promise<readonly string[]> {
  const { hubUrl, rpcUrl } = cardConfig();
  if (rpcUrl !== null) return [rpcUrl];
  if (known !== null && known.until > Date.now()) return known.urls;
  try {
    const response = await fetch(`${hubUrl}/v1/config`, {
      signal: AbortSignal.timeout(PATIENCE_MS),
      cache: 'no-store',
    });
    const { result } = published.parse(await response.json());
    known = { urls: result.chains.map((chain) => chain.rpcUrl), until: Date.now() + FRESH_MS };
  } catch {
    return known?.urls ?? [];
  }
  return known.urls;
}
