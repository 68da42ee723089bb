// SPDX-License-Identifier: MIT
/** Takes each fix out again, in a checkout of its own, and requires the test that attacks it to go red. */
import { join } from 'node:path';
import { addScratchWorktree, currentState, git, linkPackages } from '../harness/scratch-worktree.ts';
import { runNamedTests, type TestCounts } from './named-tests.ts';
import { readReversePatches, type ReversePatch } from './reverse-patch.ts';

export type PatchResult =
  | 'red, as it must be'
  | 'does not apply: make it anew'
  | 'stays green without the fix'
  | 'not green with the fix'
  | 'broken: no test ran without the fix';

export interface PatchReport {
  readonly patch: ReversePatch;
  readonly result: PatchResult;
  readonly ok: boolean;
  readonly seconds: number;
  readonly detail?: string;
}

export interface RegressOptions {
  readonly root: string;
  readonly only?: readonly string[];
  /** For each run of a test file. */
  readonly seconds?: number;
  readonly onReport?: (report: PatchReport) => void;
}

export async function regress(options: RegressOptions): Promise<readonly PatchReport[]> {
  const { root, seconds = 600 } = options;
  const patches = readReversePatches(join(root, 'test/reverted'), options.only);
  const scratch = addScratchWorktree(root, currentState(root));
  try {
    linkPackages(root, scratch.folder);
    const green = new Map<string, Promise<TestCounts>>();
    const reports: PatchReport[] = [];
    for (const patch of patches) {
      const began = performance.now();
      const names = patches.filter(({ test }) => test === patch.test).map(({ match }) => `(?:${match})`);
      const before =
        green.get(patch.test) ?? runNamedTests(scratch.folder, patch.test, names.join('|'), seconds);
      green.set(patch.test, before);
      const outcome = await tryPatch(scratch.folder, patch, await before, seconds);
      const report = {
        patch,
        ...outcome,
        ok: outcome.result === 'red, as it must be',
        seconds: Math.round((performance.now() - began) / 100) / 10,
      };
      reports.push(report);
      options.onReport?.(report);
    }
    return reports;
  } finally {
    scratch.remove();
  }
}

async function tryPatch(
  folder: string,
  patch: ReversePatch,
  before: TestCounts,
  seconds: number,
): Promise<{ readonly result: PatchResult; readonly detail?: string }> {
  if (before.broken !== undefined || before.failed > 0 || before.passed === 0)
    return {
      result: 'not green with the fix',
      detail: before.broken ?? `${before.passed} passed, ${before.failed} failed in ${patch.test}`,
    };
  try {
    git(folder, 'apply', patch.file);
  } catch (error) {
    return {
      result: 'does not apply: make it anew',
      detail: error instanceof Error ? error.message : String(error),
    };
  }
  try {
    const { passed, failed, broken } = await runNamedTests(folder, patch.test, patch.match, seconds);
    if (failed > 0) return { result: 'red, as it must be' };
    // What does not compile says nothing about the test.
    if (broken !== undefined) return { result: 'broken: no test ran without the fix', detail: broken };
    return { result: 'stays green without the fix', detail: `${passed} passed that match ${patch.match}` };
  } finally {
    git(folder, 'apply', '--reverse', patch.file);
  }
}
