// SPDX-License-Identifier: MIT
/** The benchmark of this checkout and of another, in turn, so that what else the machine does falls on both. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endChildrenOnSignals, runChild } from '../test/harness/child.ts';
import { addScratchWorktree, currentState, git, linkPackages } from '../test/harness/scratch-worktree.ts';

/** A run starts a whole world and connects its users before it measures. */
const SET_UP_SECONDS = 600;
const INSTALL_SECONDS = 1_800;

export interface CompareOptions {
  readonly root: string;
  readonly ref: string;
  readonly rounds: number;
  readonly args: readonly string[];
  readonly onProgress: (text: string) => void;
}

type Result = Readonly<Record<string, unknown>>;

export interface Comparison {
  readonly ref: string;
  readonly commit: string;
  readonly runs: { readonly here: readonly Result[]; readonly there: readonly Result[] };
  readonly medians: readonly Median[];
}

export interface Median {
  readonly name: string;
  readonly here: number;
  readonly there: number;
  /** Here over there; null where there it is zero. */
  readonly ratio: number | null;
}

export async function compareWith(options: CompareOptions): Promise<Comparison> {
  const { root, ref, rounds, onProgress } = options;
  endChildrenOnSignals();
  const commit = git(root, 'rev-parse', '--short', '--end-of-options', `${ref}^{commit}`);
  const scratch = addScratchWorktree(root, ref);
  // This side is fixed as well: files may change while it runs.
  const own = addScratchWorktree(root, currentState(root));
  try {
    linkPackages(root, own.folder);
    await providePackages(root, scratch.folder, onProgress);
    const runs: { here: Result[]; there: Result[] } = { here: [], there: [] };
    for (let round = 1; round <= rounds; round++)
      for (const side of ['there', 'here'] as const) {
        onProgress(
          `round ${round} of ${rounds}: ${side === 'here' ? 'this checkout' : `${ref} (${commit})`}`,
        );
        runs[side].push(await runBench(side === 'here' ? own.folder : scratch.folder, options.args));
      }
    return { ref, commit, runs, medians: medians(runs.here, runs.there) };
  } finally {
    own.remove();
    scratch.remove();
  }
}

async function providePackages(root: string, folder: string, tell: (text: string) => void): Promise<void> {
  const lock = (at: string): string => readFileSync(join(at, 'package-lock.json'), 'utf8');
  if (lock(root) === lock(folder)) return linkPackages(root, folder);
  tell('its package-lock.json is another: installing its packages');
  const { status, stderr } = await runChild('node', ['infra/bootstrap.mjs'], {
    cwd: folder,
    seconds: INSTALL_SECONDS,
  });
  if (status !== 0) throw new Error(`the other version's packages were not installed: ${stderr.trim()}`);
}

async function runBench(folder: string, args: readonly string[]): Promise<Result> {
  const { status, timedOut, stdout, stderr } = await runChild(
    process.execPath,
    ['--no-warnings', 'bench/bench.ts', '--json', ...args],
    { cwd: folder, seconds: SET_UP_SECONDS },
  );
  if (timedOut) throw new Error(`the benchmark in ${folder} took more than ${SET_UP_SECONDS} s`);
  if (status !== 0) throw new Error(`the benchmark in ${folder} failed: ${stderr.trim()}`);
  return JSON.parse(stdout) as Result;
}

/** Every number that both sides told in every round. */
export function medians(here: readonly Result[], there: readonly Result[]): Median[] {
  const ours = here.map((run) => numbers(run));
  const theirs = there.map((run) => numbers(run));
  const [first] = ours;
  if (first === undefined) return [];
  const median = (runs: readonly ReadonlyMap<string, number>[], name: string): number | undefined => {
    const values = runs.flatMap((run) => run.get(name) ?? []).sort((a, b) => a - b);
    if (values.length < runs.length) return undefined;
    const middle = values.slice((values.length - 1) >> 1, (values.length >> 1) + 1);
    return Number((middle.reduce((sum, value) => sum + value, 0) / middle.length).toPrecision(6));
  };
  return [...first.keys()].flatMap((name) => {
    const [a, b] = [median(ours, name), median(theirs, name)];
    if (a === undefined || b === undefined) return [];
    return [{ name, here: a, there: b, ratio: b === 0 ? null : Number((a / b).toFixed(3)) }];
  });
}

function numbers(result: Result, prefix = ''): Map<string, number> {
  const found = new Map<string, number>();
  for (const [name, value] of Object.entries(result)) {
    if (name === 'settings') continue;
    if (typeof value === 'number') found.set(prefix + name, value);
    else if (typeof value === 'object' && value !== null)
      for (const [inner, number] of numbers(value as Result, `${prefix}${name}.`)) found.set(inner, number);
  }
  return found;
}

export function comparisonTable({ ref, commit, runs, medians: rows }: Comparison): string {
  const line = (name: string, ...cells: readonly string[]): string =>
    name.padEnd(40) + cells.map((cell) => cell.padStart(14)).join('');
  return [
    `medians of ${runs.here.length} rounds each; there: ${ref} (${commit})`,
    line('', 'here', 'there', 'here/there'),
    ...rows.map(({ name, here, there, ratio }) =>
      line(name, `${here}`, `${there}`, ratio === null ? '' : `${ratio}`),
    ),
  ].join('\n');
}
