// SPDX-License-Identifier: MIT
import { update } from '../../lib/hub/operations/update.ts';
import { serve } from '../../lib/hub/runtime/serve.ts';

/** An action in an app. */
export const handler = serve('update', update);
