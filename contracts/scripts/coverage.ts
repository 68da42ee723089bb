// SPDX-License-Identifier: MIT
/**
 * `npm run coverage`: runs the contracts' tests and prints, per source, the lines and the branches they reach, and each
 * branch they do not; `--check` fails when there is one. Hardhat counts statements only, so every condition goes through
 * a function of its own with a statement for true and one for false. Conditions in assembly are not seen.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const original = join(root, 'contracts/src');
const rewritten = join(root, '.indra/coverage/src');
const COUNTER = 'Branches.sol';

interface Node {
  readonly nodeType: string;
  readonly src: string;
  readonly operator?: string;
  readonly condition?: Node | null;
  readonly leftExpression?: Node;
  readonly rightExpression?: Node;
}

interface Branch {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

const branches: Branch[] = [];

const files = readdirSync(original, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.sol'),
);
const trees = parse();
rmSync(rewritten, { recursive: true, force: true });
cpSync(original, rewritten, { recursive: true });
for (const file of files.filter((name) => !name.startsWith('test/'))) rewrite(file);
writeFileSync(join(rewritten, COUNTER), counter());

const report = join(root, 'coverage/lcov.info');
rmSync(report, { force: true });
const tests = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/hardhat/dist/src/cli.js'),
    ...['--config', 'contracts/coverage.config.ts', 'test', 'mocha', '--coverage'],
  ],
  { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 },
);
if (tests.status !== 0 || !existsSync(report)) {
  console.error(tests.stdout, tests.stderr);
  process.exitCode = 1;
} else {
  print(linesOf(readFileSync(report, 'utf8')));
}

/** Syntax trees by file, from the compiler itself. */
function parse(): Record<string, Node> {
  const solc = createRequire(import.meta.url)('solc') as {
    compile(input: string, callbacks: { import(path: string): { contents: string } }): string;
  };
  const sources = Object.fromEntries(
    files.map((file) => [file, { content: readFileSync(join(original, file), 'utf8') }]),
  );
  const settings = { evmVersion: 'cancun', outputSelection: { '*': { '': ['ast'] } } };
  const input = JSON.stringify({ language: 'Solidity', sources, settings });
  const library = (path: string) => ({ contents: readFileSync(join(root, 'node_modules', path), 'utf8') });
  const output = JSON.parse(solc.compile(input, { import: library })) as {
    sources?: Record<string, { ast: Node }>;
    errors?: { severity: string; formattedMessage: string }[];
  };
  const failed = output.errors?.find(({ severity }) => severity === 'error');
  if (failed || !output.sources)
    throw new Error(failed?.formattedMessage ?? 'the compiler gave no syntax trees');
  return Object.fromEntries(Object.entries(output.sources).map(([file, { ast }]) => [file, ast]));
}

/** Lines keep their numbers. */
function rewrite(file: string): void {
  const source = readFileSync(join(original, file));
  const insertions: { at: number; order: number; text: string }[] = [];
  for (const condition of conditionsIn(trees[file] as Node)) {
    const [start = 0, length = 0] = condition.src.split(':').map(Number);
    const before = source.subarray(0, start).toString('utf8');
    const text = source.subarray(start, start + length).toString('utf8');
    const id = branches.push({ file, line: before.split('\n').length, text: text.replace(/\s+/g, ' ') }) - 1;
    // Around the same place the longer one is the outer one.
    insertions.push({ at: start, order: length, text: `Branches.b${id}(` });
    insertions.push({ at: start + length, order: 1 / length, text: ')' });
  }
  const pragma = source.indexOf(';', source.indexOf('pragma solidity')) + 1;
  const path = relative(join(rewritten, file, '..'), join(rewritten, COUNTER));
  const from = path.startsWith('.') ? path : `./${path}`;
  insertions.push({ at: pragma, order: 0, text: ` import {Branches} from "${from}";` });
  let text = '';
  let at = 0;
  // Insertions at one place: what ends there first, the shorter ends before the longer; then what begins.
  insertions.sort(
    (a, b) => a.at - b.at || Number(a.text !== ')') - Number(b.text !== ')') || b.order - a.order,
  );
  for (const insertion of insertions) {
    text += source.subarray(at, insertion.at).toString('utf8') + insertion.text;
    at = insertion.at;
  }
  writeFileSync(join(rewritten, file), text + source.subarray(at).toString('utf8'));
}

function* conditionsIn(node: Node): Generator<Node> {
  if (node.nodeType === 'InlineAssembly') return;
  if (node.condition) yield node.condition;
  if (node.nodeType === 'BinaryOperation' && (node.operator === '&&' || node.operator === '||')) {
    for (const part of [node.leftExpression, node.rightExpression]) if (part) yield part;
  }
  for (const child of Object.values(node).flat()) {
    if (typeof child === 'object' && child !== null && 'nodeType' in child)
      yield* conditionsIn(child as Node);
  }
}

/** Eight lines each: the third is reached when true, the fifth when false. */
function counter(): string {
  const functions = branches.map((_, id) =>
    [
      `    function b${id}(bool c) internal pure returns (bool) {`,
      '        if (c) {',
      '            c = true;',
      '        } else {',
      '            c = false;',
      '        }',
      '        return c;',
      '    }',
    ].join('\n'),
  );
  return [
    '// SPDX-License-Identifier: MIT',
    'pragma solidity 0.8.37;',
    'library Branches {',
    ...functions,
    '}',
    '',
  ].join('\n');
}

/** Hits by line, by file. */
function linesOf(lcov: string): Map<string, Map<number, number>> {
  const result = new Map<string, Map<number, number>>();
  for (const record of lcov.split('end_of_record')) {
    const path = /^SF:(.+)$/m.exec(record)?.[1];
    if (path === undefined) continue;
    const lines = [...record.matchAll(/^DA:(\d+),(\d+)$/gm)];
    result.set(
      relative('.indra/coverage/src', path),
      new Map(lines.map(([, line, hits]) => [Number(line), Number(hits)])),
    );
  }
  return result;
}

function print(hits: Map<string, Map<number, number>>): void {
  const counted = hits.get(COUNTER);
  if (!counted) throw new Error('no condition was counted');
  const missing: string[] = [];
  const total = { lines: 0, linesHit: 0, branches: 0, branchesHit: 0 };
  console.log(`${'contract'.padEnd(34)}${'lines'.padStart(12)}${'branches'.padStart(12)}`);
  for (const file of files.filter((name) => !name.startsWith('test/')).sort()) {
    const lines = [...(hits.get(file) ?? [])];
    const found = { lines: lines.length, linesHit: 0, branches: 0, branchesHit: 0 };
    for (const [line, count] of lines) {
      if (count > 0) found.linesHit++;
      else missing.push(`${file}:${line} is not reached`);
    }
    for (const [id, branch] of branches.entries()) {
      if (branch.file !== file) continue;
      const first = 4 + id * 8;
      for (const [line, value] of [
        [first + 2, 'true'],
        [first + 4, 'false'],
      ] as const) {
        found.branches++;
        if ((counted.get(line) ?? 0) > 0) found.branchesHit++;
        else missing.push(`${file}:${branch.line} is never ${value}: ${branch.text}`);
      }
    }
    if (found.lines + found.branches === 0) continue;
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += found[key];
    row(file, found);
  }
  row('all', total);
  if (missing.length === 0) return;
  console.log(`\n${missing.join('\n')}`);
  if (process.argv.includes('--check')) process.exitCode = 1;
}

function row(
  name: string,
  found: { lines: number; linesHit: number; branches: number; branchesHit: number },
): void {
  const lines = `${found.linesHit}/${found.lines}`;
  console.log(
    `${name.padEnd(34)}${lines.padStart(12)}${`${found.branchesHit}/${found.branches}`.padStart(12)}`,
  );
}
