// SPDX-License-Identifier: MIT
/** The demo as somebody's script runs it: one object on standard output, an exit code, and nothing left behind. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const demo = (...options: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const program = join(import.meta.dirname, 'demo.ts');
    const child = execFile(
      process.execPath,
      ['--no-warnings', program, ...options],
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });

test('it does the whole job in a world of its own and tells it in one object', async () => {
  const { code, stdout } = await demo('--json', '--own-world', '--store', 'sqlite', '--payments', '8');
  const told = JSON.parse(stdout) as {
    ok: boolean;
    steps: { name: string; ms: number }[];
    balances: Record<string, { unaccounted: string }>;
  };
  expect(told).toMatchObject({
    ok: true,
    balances: { ETH: { unaccounted: '0' }, TEST: { unaccounted: '0' } },
  });
  expect(told.steps.map(({ name }) => name)).toEqual([
    ...['world', 'sign in', 'fund', 'deposit', 'collateral'],
    ...['payments', 'offline', 'link', 'withdraw', 'add up'],
  ]);
  expect(stdout.trim()).not.toContain('\n');
  expect(code).toBe(0);
}, 180_000);

test('what it cannot do it says in one line, and exits with 1', async () => {
  const { code, stdout, stderr } = await demo('--json', '--payments', 'many');
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, balances: null });
  expect(stderr).toBe('indra demo: --payments many: a number from 4 to 100000\n');
  expect(code).toBe(1);
}, 60_000);
