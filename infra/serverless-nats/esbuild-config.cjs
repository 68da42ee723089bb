// SPDX-License-Identifier: MIT
// How handlers are built. For the cloud each becomes one self-contained file. On this machine only the handler itself is
// built and imports our sources, so that all functions of a process share one store connection, one NATS connection and
// one compiled copy of everything, as they would not if each brought its own.
const { existsSync, readdirSync, rmSync } = require('node:fs');
const { join, resolve, sep } = require('node:path');

const root = resolve(__dirname, '..', '..');
/** Packages with a native library: they stay packages, put into the archive by `package.patterns` of serverless.yml. */
const NATIVE = /^secp256k1(\/|$)/;

module.exports = (serverless) => {
  const offline = serverless.processedInput.commands[0] === 'offline';
  return {
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    outputFileExtension: '.mjs',
    exclude: [],
    minify: false,
    sourcemap: false,
    skipRebuild: true,
    keepOutputDirectory: false,
    concurrency: 2,
    mainFields: ['module', 'main'],
    // Packages in CommonJS ask for `require`, which a module does not have.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);",
    },
    outputWorkFolder: offline ? offlineFolder() : '.esbuild',
    watch: { pattern: [], ignore: ['**'] },
    plugins: [offline ? shareSources() : keepNative()],
  };
};

function keepNative() {
  return {
    name: 'keep-native',
    setup(build) {
      build.onResolve({ filter: NATIVE }, ({ path }) => ({ path, external: true }));
    },
  };
}

function shareSources() {
  return {
    name: 'share-sources',
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, kind, resolveDir }) => {
        if (kind === 'entry-point') return undefined;
        if (!path.startsWith('.')) return { path, external: true };
        const file = resolve(resolveDir, path);
        return file.startsWith(`${root}${sep}functions${sep}`) ? undefined : { path: file, external: true };
      });
    },
  };
}

/** One folder per process: several may run from the same sources. Those of processes that are gone are removed. */
function offlineFolder() {
  const base = join(root, '.indra', 'functions');
  if (existsSync(base)) {
    for (const name of readdirSync(base)) {
      if (!existsSync(`/proc/${name}`)) rmSync(join(base, name), { recursive: true, force: true });
    }
  }
  return join('.indra', 'functions', String(process.pid));
}
