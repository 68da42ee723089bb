// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A patch that takes one fix out, and the test that must notice. */
export interface ReversePatch {
  /** The file's name without `.patch`: the letter of the weakness, or the number of the invariant. */
  readonly name: string;
  readonly file: string;
  /** The test file, from the repository's root. */
  readonly test: string;
  /** A regular expression on the full names of tests. */
  readonly match: string;
}

/** git ignores what stands before the first `diff`, so that the header lives in the patch itself. */
export function readReversePatch(file: string): ReversePatch {
  const [header = ''] = readFileSync(file, 'utf8').split(/^diff --git /m);
  const field = (name: string): string => {
    const value = new RegExp(`^# ${name}: *(.+)$`, 'm').exec(header)?.[1]?.trim();
    if (value === undefined)
      throw new Error(`${file}: the line "# ${name}: …" is missing above the first diff`);
    return value;
  };
  return { name: basename(file, '.patch'), file, test: field('test'), match: field('match') };
}

export function readReversePatches(folder: string, only: readonly string[] = []): ReversePatch[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.patch'));
  const known = files.map((name) => basename(name, '.patch'));
  const missing = only.filter((name) => !known.includes(name));
  if (missing.length > 0)
    throw new Error(`no patch ${missing.join(', ')} in ${folder}; there are ${known.join(', ')}`);
  return files
    .sort()
    .map((name) => readReversePatch(join(folder, name)))
    .filter(({ name }) => only.length === 0 || only.includes(name));
}
