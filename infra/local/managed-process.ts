// SPDX-License-Identifier: MIT
/** Child processes that never outlive us: each in its own group, all of them known to a guardian (see guardian.mjs). */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { inheritedEnvironment } from '../config/inherited-environment.ts';

export interface ProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** The whole environment of the child; nothing is inherited but PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  /** Every line of its output. */
  readonly onLine?: (line: string) => void;
}

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  /** Settles when it ended, however it ended. */
  readonly exited: Promise<{ readonly code: number | undefined; readonly signal: string | undefined }>;
  running(): boolean;
  /** The last lines it wrote, to explain why it ended. */
  tail(): string;
  /** Asks it to end, and makes it end after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
  /** kill -9, with everything it started. */
  kill(): Promise<void>;
}

let guardian: ChildProcess | undefined;

export function startProcess(options: ProcessOptions): ManagedProcess {
  const child = execa(options.command, [...options.args], {
    cwd: options.cwd ?? process.cwd(),
    env: { ...inheritedEnvironment(), ...options.env },
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const pid = child.pid;
  if (pid === undefined)
    throw new Error(`${options.name} could not be started: ${options.command} is missing`);
  tellGuardian(`+${pid}`);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > 40) lines.shift();
      options.onLine?.(line);
    });
  }
  let running = true;
  const exited = child.then((result) => {
    running = false;
    signalGroup(pid, 'SIGKILL');
    tellGuardian(`-${pid}`);
    return { code: result.exitCode, signal: result.signal };
  });
  const end = async (signal: NodeJS.Signals, graceMs: number) => {
    if (!running) return;
    signalGroup(pid, signal);
    const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
    await exited;
    clearTimeout(timer);
  };
  return {
    name: options.name,
    pid,
    exited,
    running: () => running,
    tail: () => lines.join('\n'),
    stop: (graceMs = 5_000) => end('SIGTERM', graceMs),
    kill: () => end('SIGKILL', 0),
  };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

function tellGuardian(line: string): void {
  if (guardian === undefined || guardian.exitCode !== null) {
    guardian = spawn(process.execPath, [join(import.meta.dirname, 'guardian.mjs')], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    guardian.unref();
    const input = guardian.stdin;
    if (input !== null && 'unref' in input && typeof input.unref === 'function') input.unref();
    input?.on('error', () => {});
  }
  guardian.stdin?.write(`${line}\n`);
}
