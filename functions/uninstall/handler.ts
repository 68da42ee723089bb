// SPDX-License-Identifier: MIT
import { countersign } from '../../lib/hub/countersign.ts';
import { serve } from '../../lib/hub/runtime/serve.ts';
import type { Operation } from '../../lib/protocol/operations.ts';

/** Closes apps at their outcome. */
export const handler = serve('uninstall', (hub, _chain, caller, proposal) =>
  countersign(hub, caller, proposal, ALLOWED),
);

const ALLOWED: ReadonlySet<Operation['kind']> = new Set(['update', 'uninstall']);
