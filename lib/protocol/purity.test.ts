// SPDX-License-Identifier: MIT
/** The core has no clock, key, promise or outside world: beside the compiler, which gives it no Node and no DOM. */
import { readFileSync, readdirSync } from 'node:fs';

const root = new URL('./', import.meta.url);
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !/^(vectors|testing)\//.test(path),
);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const code = (path: string): string => read(path).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

const ALLOWED = /^(\.{1,2}\/.*\.ts|#keccak256|@noble\/(hashes|curves)\/.*|zod)$/;
const IMPURE =
  /\b(Date|Math\.random|process|console|performance|fetch|crypto|setTimeout|setInterval|queueMicrotask|async|await|Promise|globalThis|require|Buffer)\b/;

test('there is something to check', () => {
  expect(sources).toEqual(
    expect.arrayContaining(['transition.ts', 'wire/proposals.ts', 'apps/transfer-app.ts']),
  );
});

test.each(sources)('%s imports nothing but the core, hashes, curves and schemas', (path) => {
  const imported = [...code(path).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]!);
  expect(imported.filter((name) => !ALLOWED.test(name))).toEqual([]);
  const outside = imported.filter(
    (name) => name.startsWith('.') && !new URL(name, new URL(path, root)).href.startsWith(root.href),
  );
  expect(outside).toEqual([]);
});

test.each(sources)('%s asks no clock, waits for nothing and reaches for nothing', (path) => {
  expect(IMPURE.exec(code(path))?.[0] ?? null).toBeNull();
});

test('the compiler gives the core neither Node nor a browser', () => {
  const { compilerOptions } = JSON.parse(read('tsconfig.json'));
  expect(compilerOptions).toMatchObject({ lib: ['es2023'], types: [] });
});
