// SPDX-License-Identifier: MIT
/** Another checkout of this repository in a temporary folder, gone when the process ends, also by Ctrl-C. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ScratchWorktree {
  readonly folder: string;
  remove(): void;
}

/** Throws with what git said. */
export function git(folder: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('git', args, { cwd: folder, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr.trim()}`);
  return stdout.trim();
}

/** The checkout as it is now, with changes of tracked files that were not committed. */
export function currentState(root: string): string {
  const anybody = ['-c', 'user.name=scratch', '-c', 'user.email=scratch@localhost'];
  return git(root, ...anybody, 'stash', 'create') || git(root, 'rev-parse', 'HEAD');
}

export function addScratchWorktree(root: string, ref: string): ScratchWorktree {
  const commit = git(root, 'rev-parse', '--verify', '--end-of-options', `${ref}^{commit}`);
  const outer = mkdtempSync(join(tmpdir(), 'indra-scratch-'));
  const folder = join(outer, 'tree');
  let isThere = true;
  const remove = (): void => {
    if (!isThere) return;
    isThere = false;
    spawnSync('git', ['worktree', 'remove', '--force', folder], { cwd: root });
    rmSync(outer, { recursive: true, force: true });
    spawnSync('git', ['worktree', 'prune'], { cwd: root });
    process.off('exit', remove);
  };
  process.on('exit', remove);
  try {
    git(root, 'worktree', 'add', '--detach', '--quiet', folder, commit);
    linkTools(root, folder);
  } catch (error) {
    remove();
    throw error;
  }
  return { folder, remove };
}

/** What was fetched once serves both; what is compiled is copied, since it changes with the sources. */
function linkTools(root: string, folder: string): void {
  if (existsSync(join(root, '.indra/tools'))) {
    mkdirSync(join(folder, '.indra'), { recursive: true });
    symlinkSync(realpathSync(join(root, '.indra/tools')), join(folder, '.indra/tools'));
  }
  for (const compiled of ['contracts/artifacts', 'contracts/cache'])
    if (existsSync(join(root, compiled)))
      cpSync(join(root, compiled), join(folder, compiled), { recursive: true });
}

export function linkPackages(root: string, folder: string): void {
  symlinkSync(realpathSync(join(root, 'node_modules')), join(folder, 'node_modules'));
}
