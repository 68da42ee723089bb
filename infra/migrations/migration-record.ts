// SPDX-License-Identifier: MIT
import { z } from 'zod';

/** The body of the item `schema`: per kind, how far which run came. */
export const migrationRecord = z.strictObject({
  kinds: z.record(
    z.string(),
    z.strictObject({ schema: z.int().positive(), done: z.boolean(), after: z.string().optional() }),
  ),
});
export type MigrationRecord = z.output<typeof migrationRecord>;
