// SPDX-License-Identifier: MIT
/** Solidity tests under Hardhat, then TypeScript tests under jest; both always run. Arguments go to jest. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const report = join(root, '.indra', 'jest.json');
mkdirSync(dirname(report), { recursive: true });
rmSync(report, { force: true });

const contracts = await contractTests();
const typescript = await typescriptTests(process.argv.slice(2));
const passed = contracts.passed + typescript.passed;
const failed = contracts.failed + typescript.failed;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

async function contractTests() {
  if (!existsSync(join(root, 'hardhat.config.ts'))) return { passed: 0, failed: 0 };
  const { status, output } = await run(process.execPath, [
    join('node_modules', 'hardhat', 'dist', 'src', 'cli.js'),
    'test',
    'mocha',
  ]);
  const count = (word) => Number(new RegExp(`^\\s*(\\d+) ${word}`, 'm').exec(plain(output))?.[1] ?? 0);
  return counted(count('passing'), count('failing'), status);
}

async function typescriptTests(args) {
  const { status } = await run(process.execPath, [
    '--no-warnings',
    '--experimental-vm-modules',
    join('node_modules', 'jest', 'bin', 'jest.js'),
    '--maxWorkers=2',
    '--testTimeout=60000',
    '--json',
    `--outputFile=${report}`,
    ...args,
  ]);
  if (!existsSync(report)) return counted(0, 0, status);
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  return counted(numPassedTests, numFailedTests + numRuntimeErrorTestSuites, status);
}

/** A runner that fails without a failing test has failed all the same. */
function counted(passed, failed, status) {
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed };
}

/** With --json jest writes its report to standard output as well; what people read goes to standard error. */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    const chunks = [];
    child.stdout.on('data', (chunk) => {
      chunks.push(chunk);
      if (!args.includes('--json')) process.stdout.write(chunk);
    });
    child.on('error', () => resolve({ status: 1, output: '' }));
    child.on('close', (status) => resolve({ status, output: Buffer.concat(chunks).toString('utf8') }));
  });
}

function plain(text) {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\x1b\[[0-9;]*m/g, '');
}
