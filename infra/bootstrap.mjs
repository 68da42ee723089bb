#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * Everything a fresh machine needs before the rest can run. Plain JavaScript without imports from node_modules, because
 * it is what installs them, on whatever Node the machine has. Repeating it is cheap: each step looks before it acts.
 *
 *   node infra/bootstrap.mjs [--browser]
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const local = join(root, '.indra');
const tools = join(local, 'tools');

main().catch((error) => stop(error instanceof Error ? error.message : String(error)));

async function main() {
  checkVersions();
  mkdirSync(tools, { recursive: true });
  await installPackages();
  await obtainNatsServer();
  if (process.argv.includes('--browser')) await obtainChromium();
}

function checkVersions() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    stop(
      `Node ${process.versions.node} is too old: install Node 20.19 or newer (Debian: apt-get install nodejs).`,
    );
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    say(
      `this set-up is tried on Linux x64; on ${process.platform} ${process.arch} put nats-server and anvil on PATH.`,
    );
  }
  const npm = spawnSync('npm', ['--version'], { encoding: 'utf8' });
  if (npm.error || npm.status !== 0)
    stop('npm is missing: install it next to Node (Debian: apt-get install npm).');
  if (Number(npm.stdout.split('.')[0]) < 10)
    stop(`npm ${npm.stdout.trim()} is too old: npm install --global npm@10`);
}

/** `npm ci` when node_modules is not what package-lock.json says. */
async function installPackages() {
  const stamp = join(root, 'node_modules', '.indra-lock');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const found = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  if (found === wanted) return;
  if (installedMatchesLock()) {
    await addWhatOldNodeSkipped();
    return writeFileSync(stamp, wanted);
  }
  await step('installing packages (npm ci)', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    failed: 'npm ci failed: see the lines above; without a network the npm cache must hold the packages.',
  });
  await addWhatOldNodeSkipped();
  writeFileSync(stamp, wanted);
}

/**
 * npm leaves out optional packages whose `engines` ask for a newer Node than it runs on itself. Node 24 is among what it
 * has just installed, and npm running on that adds them.
 */
async function addWhatOldNodeSkipped() {
  const bin = join(root, 'node_modules', '.bin');
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).optionalDependencies;
  const missing = Object.keys(wanted).filter((name) => !existsSync(join(root, 'node_modules', name)));
  if (missing.length === 0 || !existsSync(join(bin, 'node'))) return;
  const env = { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) };
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  await step(`adding ${missing.join(', ')} (npm on Node 24)`, 'npm', args, {
    env,
    failed: 'npm install on Node 24 failed: see the lines above.',
  });
}

/** npm leaves a copy of the lock it installed; equal versions mean nothing is to do. */
function installedMatchesLock() {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const installed = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(
    ([path, entry]) =>
      path === '' ||
      entry.optional ||
      entry.devOptional ||
      entry.peer ||
      installed[path]?.version === entry.version,
  );
}

async function obtainNatsServer() {
  if (onPath('nats-server') || executable(join(tools, 'nats-server'))) return;
  const how = 'put nats-server 2.9 or newer on PATH (Debian: apt-get install nats-server).';
  if (!onPath('apt-get') || !onPath('dpkg-deb')) stop(`nats-server is missing: ${how}`);
  const folder = mkdtempSync(join(tools, 'nats-'));
  try {
    const options = { cwd: folder, failed: `nats-server could not be downloaded: ${how}` };
    const first = spawnSync('apt-get', ['download', 'nats-server'], { cwd: folder, stdio: 'ignore' });
    if (first.status !== 0) {
      if (process.getuid?.() === 0)
        await step('refreshing the package list', 'apt-get', ['update', '-qq'], options);
      await step('downloading nats-server', 'apt-get', ['download', '-qq', 'nats-server'], options);
    }
    const archive = readdirSync(folder).find((name) => name.endsWith('.deb'));
    if (archive === undefined) stop(`nats-server could not be downloaded: ${how}`);
    await step('unpacking nats-server', 'dpkg-deb', ['-x', archive, 'files'], options);
    const unpacked = ['usr/bin', 'usr/sbin']
      .map((bin) => join(folder, 'files', bin, 'nats-server'))
      .find(existsSync);
    if (unpacked === undefined) stop(`the nats-server package holds no server: ${how}`);
    copyFileSync(unpacked, join(tools, 'nats-server'));
    chmodSync(join(tools, 'nats-server'), 0o755);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function obtainChromium() {
  const given = process.env.CHROMIUM_PATH;
  if (given) {
    if (executable(given)) return;
    stop(`CHROMIUM_PATH names ${given}, which cannot be run.`);
  }
  if (onPath('chromium') || onPath('chromium-browser') || onPath('google-chrome')) return;
  const how = "install Debian's chromium (apt-get install chromium) or set CHROMIUM_PATH.";
  if (!onPath('apt-get') || process.getuid?.() !== 0) stop(`chromium is missing: ${how}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { failed: `chromium could not be installed: ${how}`, env };
  await step('refreshing the package list', 'apt-get', ['update', '-qq'], options);
  await step(
    'installing chromium',
    'apt-get',
    ['install', '-qq', '-y', '--no-install-recommends', 'chromium'],
    options,
  );
}

/** Runs one command; its output is shown only if it fails. */
function step(title, command, args, { cwd = root, env = process.env, failed }) {
  const started = Date.now();
  say(`${title} …`);
  const alive = setInterval(() => say(`${title} … ${Math.round((Date.now() - started) / 1000)} s`), 15_000);
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => finish(error.message));
    child.on('close', (status) => finish(status === 0 ? undefined : `status ${status}`));
    function finish(problem) {
      clearInterval(alive);
      if (problem !== undefined) {
        process.stderr.write(Buffer.concat(output));
        stop(failed);
      }
      say(`${title}: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
      resolve();
    }
  });
}

function onPath(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && executable(join(folder, name)));
}

function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function say(line) {
  process.stderr.write(`  ${line}\n`);
}

function stop(line) {
  process.stderr.write(`indra: ${line}\n`);
  process.exit(1);
}
