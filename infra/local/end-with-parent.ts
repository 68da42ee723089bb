// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { inheritedByNpm } from '../config/inherited-environment.ts';

/**
 * Calls back once when we are asked to end, or when the process we were started by is gone. npm puts a shell between
 * itself and us, which outlives npm; so under npm the shell's parent counts too.
 */
export function onEndAsked(end: (reason: string) => void): void {
  let told = false;
  const once = (reason: string) => {
    if (told) return;
    told = true;
    end(reason);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => once(signal));
  const parent = process.ppid;
  const grandparent = inheritedByNpm() ? parentOf(parent) : undefined;
  setInterval(() => {
    if (process.ppid !== parent) once('the process it was started by ended');
    else if (grandparent !== undefined && parentOf(parent) !== grandparent) once('npm ended');
  }, 500).unref();
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
