// SPDX-License-Identifier: MIT
/**
 * Gas of each operation that users and hubs pay for: production bytecode, `prague` rules, recipients already funded,
 * calldata included, sent by a stranger where anyone may send. See `--help`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { measureGas, type Measured } from './gas-operations.ts';

const HELP = `Usage: npm run gas [-- options]

Measures the contracts' operations on an in-process chain.

  --json    print an array of {operation, gas, best, bestOf}
  --check   fail when an operation costs more than in contracts/gas-snapshot.json
  --write   write contracts/gas-snapshot.json
  --help    this text`;

const snapshotFile = new URL('../gas-snapshot.json', import.meta.url);

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const rows = await measureGas();
  if (options.json) console.log(JSON.stringify(rows, null, 2));
  else printTable(rows);
  if (options.write) {
    const text = rows
      .map(({ operation, gas }) => `  { "operation": ${JSON.stringify(operation)}, "gas": ${gas} }`)
      .join(',\n');
    writeFileSync(snapshotFile, `[\n${text}\n]\n`);
  }
  if (options.check) check(rows);
}

function printTable(rows: readonly Measured[]): void {
  const width = Math.max(...rows.map(({ operation }) => operation.length));
  for (const { operation, gas, best, bestOf } of rows) {
    const number = (value: number) => value.toLocaleString('en-US').padStart(9);
    console.log(`${operation.padEnd(width)} ${number(gas)}   best known ${number(best)} (${bestOf})`);
  }
}

function check(rows: readonly Measured[]): void {
  const snapshot = JSON.parse(readFileSync(snapshotFile, 'utf8')) as { operation: string; gas: number }[];
  const before = new Map(snapshot.map(({ operation, gas }) => [operation, gas]));
  const risen = rows.filter(({ operation, gas }) => gas > (before.get(operation) ?? 0));
  for (const { operation, gas } of risen) {
    console.error(`${operation}: ${gas} gas, ${before.get(operation) ?? 'nothing'} in the snapshot`);
  }
  if (risen.length > 0) {
    console.error('If the rise is meant, say why in the commit that runs: npm run gas -- --write');
    process.exitCode = 1;
  }
}
