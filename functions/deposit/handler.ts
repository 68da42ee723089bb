// SPDX-License-Identifier: MIT
import { countersign } from '../../lib/hub/countersign.ts';
import { serve } from '../../lib/hub/runtime/serve.ts';
import type { Operation } from '../../lib/protocol/operations.ts';

/** Processes what arrived on chain. */
export const handler = serve('deposit', (hub, _chain, caller, proposal) =>
  countersign(hub, caller, proposal, ALLOWED),
);

const ALLOWED: ReadonlySet<Operation['kind']> = new Set(['deposit']);
