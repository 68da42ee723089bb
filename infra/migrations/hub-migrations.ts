// SPDX-License-Identifier: MIT
import { Migrations, type Migration } from '../../lib/store/migrations.ts';

/** Collateral bought in an epoch that is over is not on its way any more. What was bought before was bought in the first one. */
const purchasesNameTheirEpoch: Migration = {
  kind: 'profile',
  from: 1,
  does: 'purchases of collateral name their epoch',
  migrate({ body, index }) {
    const profile = body as { readonly purchases: readonly object[] };
    const purchases = profile.purchases.map((purchase) => ({ ...purchase, epoch: '0' }));
    return { body: { ...profile, purchases }, index };
  },
};

/** Which of a payee's apps was paid was not noted before, and cannot be told from the transfer. */
const resolvedNamesItsApp: Migration = {
  kind: 'transfer',
  from: 1,
  does: 'a resolved transfer names the app that was paid',
  migrate({ body, index }) {
    const transfer = body as { readonly status: { readonly kind: string } };
    const { status } = transfer;
    const named = status.kind === 'resolved' ? { ...status, appId: null } : status;
    return { body: { ...transfer, status: named }, index };
  },
};

/**
 * Every change of shape a hub's items went through, oldest first; the first release writes schema 1 throughout.
 * A step that was released is never edited or reordered, and comes with fixtures of the schema it leaves.
 */
export const hubMigrations = new Migrations([purchasesNameTheirEpoch, resolvedNamesItsApp]);
