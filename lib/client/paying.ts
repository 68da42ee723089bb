// SPDX-License-Identifier: MIT
/**
 * A payment asked for by its user, made once. Its id decides: the same id with the same terms is the payment there is, with
 * other terms it is refused; and without an id, what an earlier call with these terms left open is that payment.
 */
import { parseIdentifier } from '../protocol/identifier.ts';
import type { Hash } from '../protocol/types.ts';
import { PAYER } from '../protocol/apps/transfer-app.ts';
import { inFlight } from './channel-record.ts';
import { transferStatus } from './history.ts';
import { IndraError } from './indra-error.ts';
import type { SendIntent } from './intents.ts';
import { recallPayment } from './payment-facts.ts';
import type { Patience } from './patience.ts';
import { newPaymentId, paymentOf, sendIntent, type Payment, type PaymentRequest } from './payments.ts';
import type { Session } from './session.ts';
import { UntoldCalls } from './untold-calls.ts';

/** What makes two payments the same payment. `expiresAt` is fixed by the first. */
type Terms = Pick<SendIntent, 'to' | 'asset' | 'amount' | 'note'>;

const termsOf = ({ to, asset, amount, note }: Terms): Terms => ({ to, asset, amount, note });

/** A term that is not known any more differs from nothing. */
const differs = (asked: Terms, known: Partial<Terms>): boolean =>
  Object.entries(known).some(([name, value]) => value !== undefined && asked[name as keyof Terms] !== value);

export class Paying {
  readonly #session: Session;
  readonly #untold = new UntoldCalls<Hash>();

  constructor(session: Session) {
    this.#session = session;
    // The process that asked for these ended before it could be told.
    for (const intent of inFlight(session.writer.record)?.intents ?? [])
      if (intent.kind === 'send') this.#untold.leave(termsOf(intent), intent.paymentId);
  }

  /** `to` null: whoever opens the link. */
  async pay(to: string | null, request: PaymentRequest, call: Patience): Promise<Payment> {
    const { writer } = this.#session;
    const given = request.paymentId;
    const asked = sendIntent(this.#session, to, { ...request, paymentId: given ?? newPaymentId() });
    const terms = termsOf(asked);
    const untold = given === undefined ? this.#untold.take(terms) : null;
    const intent = untold === null ? asked : sendIntent(this.#session, to, { ...request, paymentId: untold });
    const { paymentId, transferId } = intent;
    const progress = { hasBegun: false };
    call.name({ paymentId, transferId });
    call.onGiveUp(() => !progress.hasBegun || writer.retract(intent));
    // An id of the caller's own is in the caller's hands.
    if (given === undefined) call.onUnknown(() => this.#untold.leave(terms, paymentId));
    if (!writer.isPending(intent) && (given !== undefined || untold !== null)) {
      const isMade = await this.#isMade(intent);
      if (call.signal.aborted) throw IndraError.from('aborted', undefined, 'unchanged');
      if (isMade) {
        progress.hasBegun = true;
        return this.#madeBefore(intent, call);
      }
    }
    const pending = writer.pending(intent);
    if (pending?.kind === 'send') this.#refuseOther(intent, pending);
    progress.hasBegun = true;
    try {
      return await paymentOf(this.#session, intent, await writer.submit(intent, { id: call.id }));
    } catch (error) {
      if (error instanceof IndraError && error.code === 'duplicate_payment')
        return await this.#madeBefore(intent, call);
      throw error;
    }
  }

  /** A payment this client remembers need not be signed again to learn that it was made. */
  async #isMade(intent: SendIntent): Promise<boolean> {
    const { writer, store } = this.#session;
    const { agreed, routes } = writer.record;
    for (const route of routes) {
      if (route.side !== 'payer' || route.transferId !== intent.transferId) continue;
      const stake = agreed.apps.find(({ id }) => id === route.appId)?.app.stakes[0];
      // A restored route knows neither its id nor whom it names.
      const to = route.paymentId === null ? undefined : route.to;
      this.#refuseOther(intent, { to, asset: stake?.asset, amount: stake?.amounts[PAYER] });
      return true;
    }
    const facts = await recallPayment(store, intent.transferId);
    if (facts === null) return false;
    this.#refuseOther(intent, facts);
    return true;
  }

  /** Retrying a payment finds it; another payment under the same id is refused. */
  async #madeBefore(intent: SendIntent, call: Patience): Promise<Payment> {
    const { transferId, to } = intent;
    const earlier = await transferStatus(this.#session, transferId, call.id, call.signal);
    const { asset, amount, recipient } = earlier;
    this.#refuseOther(intent, { asset, amount, to: recipient === addressIn(to) ? to : recipient });
    return paymentOf(this.#session, { ...intent, expiresAt: earlier.expiresAt }, null);
  }

  #refuseOther(asked: SendIntent, known: { [Name in keyof Terms]?: Terms[Name] | undefined }): void {
    const { to, asset, amount, note } = known;
    const { paymentId } = asked;
    const earlier = {
      ...(to === undefined ? {} : { to }),
      ...(asset === undefined ? {} : { asset }),
      ...(amount === undefined ? {} : { amount }),
      ...(note === undefined ? {} : { note }),
    };
    if (differs(asked, earlier)) throw IndraError.from('id_in_use', { paymentId });
  }
}

function addressIn(to: string | null): string | null {
  const payee = to === null ? null : parseIdentifier(to);
  return payee === null || !payee.ok ? null : payee.value.address;
}
