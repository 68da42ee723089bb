// SPDX-License-Identifier: MIT
/**
 * Writes the golden vectors beside it: `node lib/protocol/vectors/generate.ts`. Expected values come from ethers alone,
 * never from the encoders they check. The output depends on nothing but this folder and the installed packages.
 */
import { writeFileSync } from 'node:fs';
import { appsRoots } from './apps-root.ts';
import { channelAddresses } from './channel-address.ts';
import { identifiers, links } from './names.ts';
import { secrets } from './secrets.ts';
import { batchedTransferApp, signedTransferApp } from './signed-payments.ts';
import { domains, keys, structures } from './structures.ts';
import { swapApp } from './swap-app.ts';
import { transferApp } from './transfer-app.ts';

/** File name → what it holds. */
export const VECTORS = {
  keys,
  domains,
  structures,
  'apps-root': appsRoots,
  'transfer-app': transferApp,
  'signed-transfer-app': signedTransferApp,
  'batched-transfer-app': batchedTransferApp,
  'swap-app': swapApp,
  'channel-address': channelAddresses,
  identifiers,
  links,
  secrets,
} as const;

export type VectorName = keyof typeof VECTORS;

export const fileOf = (name: VectorName): URL => new URL(`./${name}.json`, import.meta.url);
export const textOf = (name: VectorName): string => `${JSON.stringify(VECTORS[name], null, 2)}\n`;

if (import.meta.main)
  for (const name of Object.keys(VECTORS) as VectorName[]) writeFileSync(fileOf(name), textOf(name));
