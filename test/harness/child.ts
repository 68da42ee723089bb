// SPDX-License-Identifier: MIT
/** Commands that are ended, with all they started, when their time is over or this process is interrupted. */
import { spawn, type ChildProcess } from 'node:child_process';

export interface ChildResult {
  readonly status: number | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

const running = new Set<ChildProcess>();

/** To the child and all it started, unless they have ended by themselves. */
function signal(child: ChildProcess, name: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {}
}

/** Time to put away what it made. */
const GRACE_MS = 5_000;

export function runChild(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly seconds: number; readonly env?: NodeJS.ProcessEnv },
): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    running.add(child);
    let [stdout, stderr, timedOut] = ['', '', false];
    const timer = setTimeout(() => {
      timedOut = true;
      signal(child, 'SIGTERM');
      setTimeout(() => signal(child, 'SIGKILL'), GRACE_MS).unref();
    }, options.seconds * 1000);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ status, timedOut, stdout, stderr });
    });
  });
}

/** For command lines: an interrupted command ends its children, and what listens for `exit` cleans up. */
export function endChildrenOnSignals(): void {
  for (const [name, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const)
    process.once(name, () => {
      for (const child of running) signal(child, 'SIGTERM');
      process.exit(128 + number);
    });
}
