// SPDX-License-Identifier: MIT
/** The hub's operations by name, from JSON to JSON: what its functions do, without the process around them. */
import { countersign } from '../../lib/hub/countersign.ts';
import type { Caller, Hub, HubChain } from '../../lib/hub/hub.ts';
import { collateral } from '../../lib/hub/operations/collateral.ts';
import { dispute } from '../../lib/hub/operations/dispute.ts';
import { open } from '../../lib/hub/operations/open.ts';
import { sync } from '../../lib/hub/operations/sync.ts';
import { transfer } from '../../lib/hub/operations/transfer.ts';
import { withdraw } from '../../lib/hub/operations/withdraw.ts';
import { refuse, type Outcomes } from '../../lib/protocol/errors.ts';
import type { Operation } from '../../lib/protocol/operations.ts';
import { toJson } from '../../lib/protocol/wire/primitives.ts';
import { OPERATIONS, type BodyOf, type OperationName } from '../../lib/protocol/wire/requests.ts';

type Run = (hub: Hub, chain: HubChain, caller: Caller, body: never) => Promise<Outcomes<unknown>>;

const proposals =
  (...allowed: readonly Operation['kind'][]): Run =>
  (hub, _chain, caller, body: BodyOf<'propose'>) =>
    countersign(hub, caller, body, allowed.length === 0 ? null : new Set(allowed));

const RUN: Partial<Record<OperationName, Run>> = {
  open,
  sync,
  transfer,
  withdraw,
  collateral,
  dispute,
  deposit: proposals('deposit'),
  install: proposals('install'),
  uninstall: proposals('update', 'uninstall'),
  propose: proposals(),
};

export async function knock(
  hub: Hub,
  chain: HubChain,
  caller: Caller,
  operation: string,
  body: unknown,
): Promise<Outcomes<unknown>> {
  const name = operation as OperationName;
  const run = RUN[name];
  if (run === undefined) return refuse('unknown_operation', { operation });
  const parsed = OPERATIONS[name][0].safeParse(body);
  if (!parsed.success) return refuse('malformed', { issues: parsed.error.issues.length });
  const outcome = await run(hub, chain, caller, parsed.data as never);
  return JSON.parse(JSON.stringify(toJson(outcome))) as Outcomes<unknown>;
}
