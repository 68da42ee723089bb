// SPDX-License-Identifier: MIT
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';

test.each(['connect.ts', 'store-browser.ts'])(
  '%s bundles for the browser, with nothing of Node in it',
  async (entry) => {
    const { outputFiles, errors } = await build({
      entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
      bundle: true,
      platform: 'browser',
      format: 'esm',
      target: 'es2022',
      write: false,
      logLevel: 'silent',
    });
    expect(errors).toEqual([]);
    expect(outputFiles[0]!.text).not.toMatch(/from ?"node:|require\("node:|secp256k1\.node/);
  },
  30_000,
);
