// SPDX-License-Identifier: MIT
import { dispute } from '../../lib/hub/operations/dispute.ts';
import { serve } from '../../lib/hub/runtime/serve.ts';

/** Looks for a challenge now, or signs a Cancel. */
export const handler = serve('dispute', dispute);
