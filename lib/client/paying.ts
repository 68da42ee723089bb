// SPDX-License-Identifier: MIT
/**
 * A payment asked for by its user, made once. Its id decides: the same id with the same terms is the payment there is, with
 * other terms it is refused (`fixTerms`); and without an id, what an earlier call with these terms left open is that payment.
 */
import type { Hash } from '../protocol/types.ts';
import { IndraError } from './indra-error.ts';
import type { SendIntent } from './intents.ts';
import { fixTerms, freshTerms } from './payment-facts.ts';
import type { Patience } from './patience.ts';
import {
  madeBefore,
  newPaymentId,
  paymentOf,
  sendIntent,
  type Payment,
  type PaymentRequest,
} from './payments.ts';
import type { Session } from './session.ts';
import { UntoldCalls } from './untold-calls.ts';

/** What makes two payments the same payment to somebody who gave neither an id. `expiresAt` is fixed by the first. */
type Terms = Pick<SendIntent, 'to' | 'asset' | 'amount' | 'note'>;

const termsOf = ({ to, asset, amount, note }: Terms): Terms => ({ to, asset, amount, note });

export class Paying {
  readonly #session: Session;
  readonly #untold = new UntoldCalls<Hash>();

  constructor(session: Session) {
    this.#session = session;
    // The process that asked for these ended before it could be told.
    for (const intent of session.inherited)
      if (intent.kind === 'send') this.#untold.leave(termsOf(intent), intent.paymentId);
  }

  /** `to` null: whoever opens the link. */
  async pay(to: string | null, request: PaymentRequest, call: Patience): Promise<Payment> {
    const { writer, store, clock } = this.#session;
    const given = request.paymentId;
    const now = clock.now();
    const asked = sendIntent(this.#session, to, { ...request, paymentId: given ?? newPaymentId() }, now);
    const terms = termsOf(asked);
    const untold = given === undefined ? this.#untold.take(terms) : null;
    const wanted =
      untold === null ? asked : sendIntent(this.#session, to, { ...request, paymentId: untold }, now);
    const { paymentId, transferId } = wanted;
    const progress: { begun: SendIntent | null } = { begun: null };
    call.name({ paymentId, transferId });
    call.onGiveUp(() => progress.begun === null || writer.retract(progress.begun));
    // An id of the caller's own is in the caller's hands.
    if (given === undefined)
      call.onFailure((isUnknown) => {
        if (isUnknown || untold !== null) this.#untold.leave(terms, paymentId);
      });
    const isFresh = given === undefined && untold === null;
    const pending = writer.pending(wanted);
    const fixed = isFresh
      ? freshTerms(wanted, now)
      : await fixTerms(store, wanted, now, pending?.kind === 'send' ? pending : null);
    const { intent, item } = fixed;
    if (call.signal.aborted) throw IndraError.from('aborted', undefined, 'unchanged');
    const earlier = fixed.isKnown ? await madeBefore(this.#session, fixed, call) : null;
    if (call.signal.aborted) throw IndraError.from('aborted', undefined, 'unchanged');
    progress.begun = intent;
    if (earlier !== null) return paymentOf(this.#session, earlier, null);
    try {
      return await paymentOf(this.#session, intent, await writer.submit(intent, { id: call.id, item }));
    } catch (error) {
      const isMade = error instanceof IndraError && error.code === 'duplicate_payment';
      const made = isMade ? await madeBefore(this.#session, fixed, call) : null;
      if (made === null) throw error;
      return await paymentOf(this.#session, made, null);
    }
  }
}
