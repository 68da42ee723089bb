// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { git } from '../harness/scratch-worktree.ts';
import { regress } from './regress.ts';

const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url));

const FIX = 'export const share = (sum, of) => (of === 0 ? 0 : sum / of);';
const TEST = `import { share } from './share.js';
test('W-X1 nothing is shared among nobody', () => expect(share(1, 0)).toBe(0));
`;

const patch = (line: string, match: string, fix = FIX): string => `# test: share.test.js
# match: ${match}

diff --git a/share.js b/share.js
--- a/share.js
+++ b/share.js
@@ -1 +1 @@
-${fix}
+${line}
`;

const FILES: Record<string, string> = {
  'package.json': '{ "type": "module" }',
  'jest.config.js': "export default { testEnvironment: 'node' };",
  '.gitignore': 'node_modules',
  'share.js': `${FIX}\n`,
  'share.test.js': TEST,
  'test/reverted/W-X1.patch': patch('export const share = (sum, of) => sum / of;', 'W-X1'),
  'test/reverted/W-X2.patch': patch(
    'export const share = (sum, of) => (of === 0 ? 0 : (2 * sum) / of);',
    'W-X1',
  ),
  'test/reverted/W-X3.patch': patch('export const share = ', 'W-X1'),
  'test/reverted/W-X4.patch': patch('export const share = () => 0;', 'W-X1', 'export const share = () => 1;'),
};

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'indra-regress-'));
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  symlinkSync(PACKAGES, join(root, 'node_modules'));
  git(root, 'init', '--quiet');
  git(root, 'add', '--all');
  git(root, '-c', 'user.name=t', '-c', 'user.email=t@example.invalid', 'commit', '--quiet', '-m', 'first');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Five and one starts of jest, on a machine that may have others to serve. */
const PATIENCE_MS = 240_000;

test(
  'a fix taken out must be noticed by its test, and nothing else passes for that',
  async () => {
    const reports = await regress({ root, seconds: 100 });
    expect(reports.map(({ patch: { name }, result, ok }) => [name, result, ok])).toEqual([
      ['W-X1', 'red, as it must be', true],
      ['W-X2', 'stays green without the fix', false],
      ['W-X3', 'broken: no test ran without the fix', false],
      ['W-X4', 'does not apply: make it anew', false],
    ]);
    expect(git(root, 'worktree', 'list').split('\n')).toHaveLength(1);
    expect(git(root, 'status', '--porcelain')).toBe('');
  },
  PATIENCE_MS,
);

test(
  'a test that is red already shows nothing, and a letter without a patch is named',
  async () => {
    writeFileSync(join(root, 'share.test.js'), TEST.replace('toBe(0)', 'toBe(7)'));
    const [report] = await regress({ root, only: ['W-X1'], seconds: 100 });
    expect(report?.result).toBe('not green with the fix');
    await expect(regress({ root, only: ['W-X9'] })).rejects.toThrow('no patch W-X9');
  },
  PATIENCE_MS,
);
