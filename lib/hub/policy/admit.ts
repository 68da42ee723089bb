// SPDX-License-Identifier: MIT
/** Policy over a whole proposal. The first operation refused is named by its index, so that the others can be proposed again. */
import type { Bytes, ChannelState, Hash } from '../../protocol/types.ts';
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import type { Operation, Proposal } from '../../protocol/operations.ts';
import { atIndex } from '../../protocol/transition.ts';
import { err, ok } from '../../protocol/result.ts';
import { merge, NOTHING_MORE, type Admission } from './admission.ts';
import { admitDeposit, admitReturn, admitWithdraw } from './chain-policy.ts';
import { admitInstall, type Situation } from './install-policy.ts';
import { admitUninstall } from './uninstall-policy.ts';
import { admitUpdate } from './update-policy.ts';

async function admitOperation(
  situation: Situation,
  before: ChannelState,
  after: ChannelState,
  operation: Operation,
  proposal: Proposal,
): Promise<Outcomes<Admission>> {
  switch (operation.kind) {
    case 'deposit':
      return admitDeposit(situation, operation);
    case 'install':
      return admitInstall(situation, operation, newest(after));
    case 'update':
      return admitUpdate(situation, before, operation.appId);
    case 'uninstall': {
      const instance = before.apps.find((open) => open.id === operation.appId);
      return instance === undefined
        ? refuse('unknown_app', { appId: operation.appId })
        : admitUninstall(situation, instance, signedWithAction(proposal, instance.id));
    }
    case 'withdraw':
      return admitWithdraw(situation, operation);
    case 'return':
      return admitReturn(situation, operation);
    case 'swap':
      return refuse('invalid_swap', { quote: operation.quote.nonce });
  }
}

/** What came with the last action in an app that the same proposal closes. */
function signedWithAction({ operations }: Proposal, appId: Hash): Bytes | null {
  const action = operations.findLast((other) => other.kind === 'update' && other.appId === appId);
  return action?.kind === 'update' ? (action.claimerSignature ?? null) : null;
}

/** The app an install has just added. */
function newest(state: ChannelState): Hash {
  const instance = state.apps.at(-1);
  if (instance === undefined) throw new TypeError('an install that installed nothing');
  return instance.id;
}

/** Operations are admitted in order, each on the state the ones before it left (`steps`). */
export async function admit(
  situation: Situation,
  proposal: Proposal,
  steps: readonly ChannelState[],
): Promise<Outcomes<Admission>> {
  let before: ChannelState = situation.body.state;
  let admission = NOTHING_MORE;
  for (const [index, operation] of proposal.operations.entries()) {
    const after = steps[index];
    if (after === undefined) throw new TypeError('an operation that was not judged');
    const admitted = await admitOperation(situation, before, after, operation, proposal);
    if (!admitted.ok) return err(atIndex(admitted.error, index));
    admission = merge(admission, admitted.value);
    before = after;
  }
  const opened = admission.routes.map((route) => `${route.side}${route.transferId}`);
  return new Set(opened).size === opened.length ? ok(admission) : refuse('duplicate_payment');
}
