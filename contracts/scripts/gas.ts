// SPDX-License-Identifier: MIT
/**
 * Gas of each operation that users and hubs pay for: production bytecode, `prague` rules, whoever is paid has something of
 * the asset already, calldata included, sent by a stranger where anyone may send. See `--help`.
 */
import { parseArgs } from 'node:util';

import { measureGas } from './gas-operations.ts';
import { problemsOf, readTable, tableOf, writeTable, type Row } from './gas-table.ts';

const HELP = `Usage: npm run gas [-- options]

Measures on an in-process chain what hub and SDK send for each thing they do, beside what it cost before the present
rules and the least that another system publishes of the same thing (contracts/scripts/peers.json: source, commit,
conditions). A row of several transactions is their sum; a marginal row is one whole sum less another.

  --json    print the rows as contracts/gas-snapshot.json holds them
  --check   fail when an operation costs more than there, or is above another figure without a note that says why
  --write   write contracts/gas-snapshot.json; what it says of before, and its notes, stay
  --help    this text`;

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
  const known = readTable();
  const rows = tableOf(await measureGas(), known);
  if (options.json) console.log(JSON.stringify(rows, null, 2));
  else printTable(rows);
  if (options.write) writeTable(rows);
  if (options.check) check(problemsOf(rows, known));
}

function printTable(rows: readonly Row[]): void {
  const width = Math.max(...rows.map(({ operation }) => operation.length));
  const number = (value: number | null) => (value === null ? '–' : value.toLocaleString('en-US')).padStart(9);
  console.log(`${''.padEnd(width)} ${'gas'.padStart(9)} ${'before'.padStart(9)} ${'best peer'.padStart(9)}`);
  for (const { operation, transactions, gas, before, best, note } of rows) {
    const peer = best === null ? '' : `   ${best.peer}: ${best.includes}`;
    console.log(
      `${operation.padEnd(width)} ${number(gas)} ${number(before)} ${number(best?.gas ?? null)}${peer}`,
    );
    console.log(`  ${transactions.join(' + ').replaceAll('+ less', '−')}`);
    if (note !== undefined) console.log(`  ${note}`);
  }
}

function check(problems: readonly string[]): void {
  if (problems.length === 0) return;
  for (const problem of problems) console.error(problem);
  console.error('If a rise is meant, say why in the commit that runs: npm run gas -- --write');
  process.exitCode = 1;
}
