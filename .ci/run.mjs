// SPDX-License-Identifier: MIT
/** `npm test` first, because it sets everything up; then what a machine can check of the rest. Each check counts as one test. */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const CHECKS = {
  'ABIs, bytecode and their hashes are those of the sources': ['run', 'compile', '--', '--check'],
  'gas has not risen': ['run', 'gas', '--', '--check'],
  'a payment costs the store no more than it may': ['run', 'cost', '--', '--check'],
  types: ['run', 'typecheck'],
  'lint and import direction': ['run', 'lint'],
  formatting: ['run', 'format:check'],
};

let { passed, failed } = await tests();
for (const [name, command] of Object.entries(CHECKS)) {
  const { status } = await npm(command);
  console.log(`${status === 0 ? 'ok' : 'FAILED'}: ${name}`);
  if (status === 0) passed += 1;
  else failed += 1;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

async function tests() {
  const { status, output } = await npm(['test', '--silent']);
  const counts = /(\d+) passed, (\d+) failed\s*$/.exec(output);
  const told = { passed: Number(counts?.[1] ?? 0), failed: Number(counts?.[2] ?? 0) };
  return { ...told, failed: status !== 0 && told.failed === 0 ? 1 : told.failed };
}

function npm(args) {
  return new Promise((resolve) => {
    const child = spawn('npm', args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-10_000);
      process.stdout.write(text);
    });
    child.on('error', () => resolve({ status: 1, output }));
    child.on('close', (status) => resolve({ status, output }));
  });
}
