// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import type { VECTORS, VectorName } from './generate.ts';

/** The committed vectors of one file. */
export const readVectors = <Name extends VectorName>(name: Name): (typeof VECTORS)[Name] =>
  JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8')) as (typeof VECTORS)[Name];
