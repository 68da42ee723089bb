// SPDX-License-Identifier: MIT
/** Runs the named tests of one file, under jest, or under Hardhat where they are the contracts'. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { runChild } from '../harness/child.ts';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  /** Why there is no count: it could not be compiled, or took too long. */
  readonly broken?: string;
}

export async function runNamedTests(
  folder: string,
  test: string,
  match: string,
  seconds: number,
): Promise<TestCounts> {
  return test.startsWith('contracts/')
    ? hardhat(folder, test, match, seconds)
    : jest(folder, test, match, seconds);
}

const lastLines = (text: string): string =>
  stripVTControlCharacters(text).trim().split('\n').slice(-12).join('\n');

async function jest(folder: string, test: string, match: string, seconds: number): Promise<TestCounts> {
  const own = mkdtempSync(join(tmpdir(), 'indra-jest-'));
  const report = join(own, 'report.json');
  try {
    const { timedOut, stderr } = await runChild(
      process.execPath,
      [
        '--no-warnings',
        '--experimental-vm-modules',
        join('node_modules', 'jest', 'bin', 'jest.js'),
        '--maxWorkers=1',
        '--testTimeout=60000',
        '--json',
        `--outputFile=${report}`,
        `--testNamePattern=${match}`,
        '--runTestsByPath',
        test,
      ],
      { cwd: folder, seconds },
    );
    if (timedOut) return { passed: 0, failed: 0, broken: `took more than ${seconds} s` };
    if (!existsSync(report)) return { passed: 0, failed: 0, broken: lastLines(stderr) };
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
      readFileSync(report, 'utf8'),
    ) as Record<string, number>;
    const counts = { passed: numPassedTests ?? 0, failed: numFailedTests ?? 0 };
    return numRuntimeErrorTestSuites ? { ...counts, broken: lastLines(stderr) } : counts;
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

async function hardhat(folder: string, test: string, match: string, seconds: number): Promise<TestCounts> {
  const cli = join('node_modules', 'hardhat', 'dist', 'src', 'cli.js');
  const { timedOut, status, stdout, stderr } = await runChild(
    process.execPath,
    ['--no-warnings', cli, 'test', 'mocha', '--grep', match, test],
    { cwd: folder, seconds },
  );
  if (timedOut) return { passed: 0, failed: 0, broken: `took more than ${seconds} s` };
  const output = stripVTControlCharacters(stdout);
  const count = (word: string): number =>
    Number(new RegExp(`^\\s*(\\d+) ${word}`, 'm').exec(output)?.[1] ?? 0);
  const counts = { passed: count('passing'), failed: count('failing') };
  return status !== 0 && counts.failed === 0 ? { ...counts, broken: lastLines(stdout + stderr) } : counts;
}
