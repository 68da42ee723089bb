// SPDX-License-Identifier: MIT
import { Migrations } from '../../lib/store/migrations.ts';

/**
 * Every change of shape a hub's items went through since protocol 2, oldest first; its first release writes schema 1
 * throughout. A step that was released is never edited or reordered, and comes with fixtures of the schema it leaves.
 */
export const hubMigrations = new Migrations([]);
