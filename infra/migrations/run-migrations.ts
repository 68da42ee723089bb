// SPDX-License-Identifier: MIT
import { kindOf } from '../../lib/store/item-form.ts';
import type { Migrations } from '../../lib/store/migrations.ts';
import type { Etag, Item, Store } from '../../lib/store/store.ts';
import { migrationRecord } from './migration-record.ts';
import type { MigrationRecord } from './migration-record.ts';

export interface MigrationReport {
  readonly kind: string;
  /** The schema every item of the kind now has. */
  readonly schema: number;
  readonly steps: readonly string[];
  readonly seen: number;
  readonly migrated: number;
  /** `done_before`: an earlier run finished; `would`: dry run. */
  readonly status: 'done' | 'done_before' | 'would';
}

export interface RunOptions {
  /** Changes nothing and tells what would be. */
  readonly dryRun?: boolean;
  /** Walks the kinds that an earlier run finished, too. */
  readonly again?: boolean;
  /** Called after every page of items. */
  readonly progress?: (kind: string, seen: number, migrated: number) => void;
}

const recordKey = 'schema';
const pageSize = 100;

/**
 * Rewrites every item that is not in today's shape, kind by kind. Each rewrite is a conditional write of its own, so hubs
 * may run meanwhile; what was walked is recorded page by page, so a run that was killed goes on where it stood.
 * `store` is the bare one. Rejects with `schema_unknown` at an item of newer code.
 */
export async function runMigrations(
  store: Store,
  migrations: Migrations,
  options: RunOptions = {},
): Promise<MigrationReport[]> {
  const reports: MigrationReport[] = [];
  for (const kind of migrations.kinds) reports.push(await migrateKind(store, migrations, kind, options));
  return reports;
}

async function migrateKind(
  store: Store,
  migrations: Migrations,
  kind: string,
  options: RunOptions,
): Promise<MigrationReport> {
  const schema = migrations.currentSchema(kind);
  const steps = migrations.steps(kind).map((step) => `${step.from} → ${step.from + 1}: ${step.does}`);
  const recorded = (await readRecord(store)).record.kinds[kind];
  const sameRun = recorded?.schema === schema && !options.again;
  if (sameRun && recorded.done) return { kind, schema, steps, seen: 0, migrated: 0, status: 'done_before' };

  let after = sameRun ? recorded.after : undefined;
  let seen = 0;
  let migrated = 0;
  do {
    const page = await store.scan({ limit: pageSize, ...(after && { after }) });
    for (const item of page.items) {
      if (kindOf(item.key) !== kind) continue;
      seen += 1;
      if (item.schema !== schema && (await migrateItem(store, migrations, item, options))) migrated += 1;
    }
    after = page.next;
    options.progress?.(kind, seen, migrated);
    if (!options.dryRun)
      await record(store, kind, { schema, done: after === undefined, ...(after && { after }) });
  } while (after !== undefined);
  return { kind, schema, steps, seen, migrated, status: options.dryRun ? 'would' : 'done' };
}

/** Whether it was this call that brought the item into today's shape. */
async function migrateItem(
  store: Store,
  migrations: Migrations,
  found: Item,
  options: RunOptions,
): Promise<boolean> {
  let item: Item | null = found;
  while (item) {
    const upgraded = migrations.upgrade(item);
    if (upgraded === item) return false;
    if (options.dryRun) return true;
    const { key, schema, body, index } = upgraded;
    const result = await store.put({ key, schema, body, ...(index && { index }) }, item.etag);
    if (result.ok) return true;
    // A hub changed it meanwhile, maybe in the new shape already.
    item = await store.get(found.key);
  }
  return false;
}

async function record(store: Store, kind: string, entry: MigrationRecord['kinds'][string]): Promise<void> {
  for (;;) {
    const { record: before, etag } = await readRecord(store);
    const body: MigrationRecord = { kinds: { ...before.kinds, [kind]: entry } };
    if ((await store.put({ key: recordKey, schema: 1, body }, etag)).ok) return;
  }
}

async function readRecord(store: Store): Promise<{ record: MigrationRecord; etag: Etag | 'absent' }> {
  const item = await store.get(recordKey);
  return item
    ? { record: migrationRecord.parse(item.body), etag: item.etag }
    : { record: { kinds: {} }, etag: 'absent' };
}
