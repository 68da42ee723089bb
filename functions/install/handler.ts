// SPDX-License-Identifier: MIT
import { countersign } from '../../lib/hub/countersign.ts';
import { serve } from '../../lib/hub/runtime/serve.ts';
import type { Operation } from '../../lib/protocol/operations.ts';

/** Opens apps: transfers to send, transfers to claim. */
export const handler = serve('install', (hub, _chain, caller, proposal) =>
  countersign(hub, caller, proposal, ALLOWED),
);

const ALLOWED: ReadonlySet<Operation['kind']> = new Set(['install']);
