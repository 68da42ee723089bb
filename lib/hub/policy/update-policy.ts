// SPDX-License-Identifier: MIT
/** Whose actions the initiator may put into a proposal. */
import { PAYEE } from '../../protocol/apps/transfer-app.ts';
import { partyAt } from '../../protocol/apply-operation.ts';
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import { INITIATOR, RESPONDER, type ChannelState, type Hash } from '../../protocol/types.ts';
import { NOTHING_MORE, type Admission } from './admission.ts';
import type { Situation } from './install-policy.ts';

/**
 * An action is signed by whoever's turn it is (design, section 3). In a proposal the ledger's signatures stand for it: the
 * initiator's for its own turn. For the hub's turn the countersignature does, which the hub gives for one thing only:
 * a payer closing its transfer with the preimage, by which nobody but the hub is paid (invariant 8).
 */
export function admitUpdate(
  { chain, body }: Pick<Situation, 'chain' | 'body'>,
  before: ChannelState,
  appId: Hash,
): Outcomes<Admission> {
  const instance = before.apps.find((open) => open.id === appId);
  const logic = instance && chain.catalogue.get(instance.app.definition);
  if (instance === undefined || logic === undefined) return refuse('unknown_app', { appId });
  const { app, state } = instance;
  const isOwnTurn = partyAt(body.channel, app, logic.turnTaker(state)) === INITIATOR;
  const paysHub =
    app.definition === chain.config.transferApp && partyAt(body.channel, app, PAYEE) === RESPONDER;
  return isOwnTurn || paysHub ? ok(NOTHING_MORE) : refuse('not_turn_taker', { appId });
}
