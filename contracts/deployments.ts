// SPDX-License-Identifier: MIT
/** What is on a chain besides the contracts, which are at the same addresses everywhere. `deployments/README.md` has the shape. */
import { readFileSync } from 'node:fs';

import { z } from 'zod';

const deploymentsSchema = z.strictObject({
  chainId: z.int().positive(),
  fromBlock: z.int().min(0).optional(),
  tokens: z
    .array(
      z.strictObject({
        address: z.string().regex(/^0x[0-9a-f]{40}$/, 'must be 0x and 40 lowercase hex digits'),
        symbol: z.string().min(1).max(12),
        decimals: z.int().min(0).max(36),
      }),
    )
    .refine((tokens) => new Set(tokens.map(({ address }) => address)).size === tokens.length, {
      error: 'names a token twice',
    })
    .default([]),
});
export type Deployments = z.output<typeof deploymentsSchema>;

const FOLDER = new URL('deployments/', import.meta.url);

/** Undefined for a chain nothing was written down of. Throws where the file is not as described. */
export function deploymentsOf(chainId: number, folder: URL = FOLDER): Deployments | undefined {
  const file = new URL(`${chainId}.json`, folder);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const said = deploymentsSchema.parse(JSON.parse(text));
  if (said.chainId !== chainId) throw new Error(`${file.pathname} speaks of chain ${said.chainId}`);
  return said;
}
