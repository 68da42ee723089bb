// SPDX-License-Identifier: MIT
/** What is too long for `npm test`: minutes to hours. The list below is all there is to it; each entry counts as one test. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const jest = (...args) => [
  process.execPath,
  '--no-warnings',
  '--experimental-vm-modules',
  join('node_modules', 'jest', 'bin', 'jest.js'),
  '--maxWorkers=2',
  ...args,
];
const npm = (script, ...args) => [
  'npm',
  'run',
  '--silent',
  script,
  ...(args.length === 0 ? [] : ['--', ...args]),
];
const hardhat = (...args) => [
  process.execPath,
  join('node_modules', 'hardhat', 'dist', 'src', 'cli.js'),
  ...args,
];

const CHECKS = {
  models: { does: 'the rules of the game, every state within their full bounds', command: npm('models') },
  fuzz: {
    does: 'contract fuzz with five times the seeds, from other ones',
    command: hardhat('test', 'mocha', ...fuzzTests()),
    env: { FUZZ_SEEDS: '60', FUZZ_FIRST: '1000' },
  },
  storms: {
    does: 'honest clients and a hub in storms, 300 seeds',
    command: jest('--testTimeout=1800000', 'test/model/storms'),
    env: { MODEL_SEEDS: '300' },
  },
  disputes: {
    does: 'random histories of disputes on a real chain, 30 seeds',
    command: jest('--testTimeout=600000', 'test/model/disputes'),
    env: { DISPUTE_SEEDS: '30' },
  },
  regress: { does: 'each fix taken out again turns its test red', command: npm('regress') },
  coverage: {
    does: 'every line and branch of the contracts is reached',
    command: npm('coverage', '--check'),
  },
};

function fuzzTests() {
  const folder = join('contracts', 'test');
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.fuzz.test.ts'))
    .map((name) => join(folder, name));
}

const names = Object.keys(CHECKS);
const { values } = parseArgs({
  options: { only: { type: 'string', default: names.join(',') }, help: { type: 'boolean', default: false } },
});
const wanted = values.only.split(',');
const unknown = wanted.filter((name) => !names.includes(name));

if (values.help) {
  const list = names.map((name) => `  ${name.padEnd(10)} ${CHECKS[name].does}`).join('\n');
  console.log(
    `npm run test:long [-- --only ${names.slice(0, 2).join(',')}]\n\n${list}\n\nEnds with "N passed, N failed".`,
  );
} else if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(', ')}; there are ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  const results = [];
  for (const name of wanted) {
    const { does, command, env } = CHECKS[name];
    console.log(`\n=== ${name}: ${does}`);
    const began = Date.now();
    const passed = (await run(command, env)) === 0;
    results.push({ name, passed, seconds: Math.round((Date.now() - began) / 1000) });
  }
  console.log('');
  for (const { name, passed, seconds } of results)
    console.log(`${passed ? 'ok' : 'FAILED'}: ${name} (${seconds} s)`);
  const failed = results.filter(({ passed }) => !passed).length;
  console.log(`${results.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function run([command, ...args], env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', () => resolve(1));
    child.on('close', (status) => resolve(status ?? 1));
  });
}
