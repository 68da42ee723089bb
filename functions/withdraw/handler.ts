// SPDX-License-Identifier: MIT
import { withdraw } from '../../lib/hub/operations/withdraw.ts';
import { serve } from '../../lib/hub/runtime/serve.ts';

/** Debits the ledger, countersigns the withdrawal, sends it. */
export const handler = serve('withdraw', withdraw);
