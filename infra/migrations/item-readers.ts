// SPDX-License-Identifier: MIT
import type { Item } from '../../lib/store/store.ts';
import { migrationRecord } from './migration-record.ts';

/** Per kind, the code that reads such items when it serves requests. It throws for a body it does not understand. */
export const itemReaders: Readonly<Record<string, (item: Item) => unknown>> = {
  schema: (item) => migrationRecord.parse(item.body),
};
