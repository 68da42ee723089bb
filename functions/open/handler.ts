// SPDX-License-Identifier: MIT
import { open } from '../../lib/hub/operations/open.ts';
import { serve } from '../../lib/hub/runtime/serve.ts';

/** Registers the caller's channel. */
export const handler = serve('open', open);
