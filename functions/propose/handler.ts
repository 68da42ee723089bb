// SPDX-License-Identifier: MIT
import { countersign } from '../../lib/hub/countersign.ts';
import { serve } from '../../lib/hub/runtime/serve.ts';

/** Any operations, several in one proposal. */
export const handler = serve('propose', (hub, _chain, caller, proposal) =>
  countersign(hub, caller, proposal, ALLOWED),
);

const ALLOWED = null;
