// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { VECTORS, fileOf, textOf, type VectorName } from './generate.ts';

test.each(Object.keys(VECTORS) as VectorName[])('%s.json is what the generator makes', (name) => {
  expect(readFileSync(fileOf(name), 'utf8')).toBe(textOf(name));
});
