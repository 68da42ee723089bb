// SPDX-License-Identifier: MIT
import { Migrations } from '../store/migrations.ts';

/**
 * Every change of shape a client's items went through, oldest first; the first release writes schema 1 throughout.
 * A step that was released is never edited or reordered, and comes with fixtures of the schema it leaves.
 */
export const clientMigrations = new Migrations([]);
