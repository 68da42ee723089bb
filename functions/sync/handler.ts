// SPDX-License-Identifier: MIT
import { sync } from '../../lib/hub/operations/sync.ts';
import { serve } from '../../lib/hub/runtime/serve.ts';

/** The latest double-signed state of the caller's channel. */
export const handler = serve('sync', sync);
