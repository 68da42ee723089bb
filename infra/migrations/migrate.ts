// SPDX-License-Identifier: MIT
import { parseArgs } from 'node:util';
import { requireProtocol } from '../../lib/store/stored-protocol.ts';
import { openStore } from '../../lib/store/open-store.ts';
import { ConfigurationError, loadConfig } from '../config/load-config.ts';
import { hubMigrations } from './hub-migrations.ts';
import { runMigrations } from './run-migrations.ts';
import type { MigrationReport } from './run-migrations.ts';

const help = `npm run migrate -- [options]

Brings every stored item of the configured store into the shape this version writes.
Hubs of this version may run meanwhile; a run that was stopped goes on where it stood; a second run does nothing.

  --dry-run   change nothing, tell what would be
  --again     walk also what an earlier run finished
  --help      this text`;

function line(report: MigrationReport): string {
  const { kind, schema, seen, migrated, status } = report;
  if (status === 'done_before') return `${kind}: schema ${schema}, finished by an earlier run`;
  const verb = status === 'would' ? 'would be migrated' : 'migrated';
  return [
    `${kind}: schema ${schema}, ${seen} items seen, ${migrated} ${verb}`,
    ...report.steps.map((s) => `  ${s}`),
  ].join('\n');
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { 'dry-run': { type: 'boolean' }, again: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const config = loadConfig();
  const store = await openStore(config.store);
  try {
    await requireProtocol(store);
    const reports = await runMigrations(store, hubMigrations, {
      dryRun: values['dry-run'] ?? false,
      again: values.again ?? false,
      progress: (kind, seen, migrated) => console.error(`${kind}: ${seen} seen, ${migrated} migrated so far`),
    });
    for (const report of reports) console.log(line(report));
    if (reports.length === 0) console.log('nothing to migrate: every kind is at its first schema');
    return 0;
  } finally {
    await store.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  // Which setting is missing, or why the store does not answer, is all an operator needs.
  const known = error instanceof ConfigurationError || (error instanceof Error && 'code' in error);
  console.error(known ? error.message : error);
  process.exitCode = 1;
}
