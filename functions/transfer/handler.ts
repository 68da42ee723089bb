// SPDX-License-Identifier: MIT
import { transfer } from '../../lib/hub/operations/transfer.ts';
import { serve } from '../../lib/hub/runtime/serve.ts';

/** Pending, get, history, cancel. */
export const handler = serve('transfer', transfer);
