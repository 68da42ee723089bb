// SPDX-License-Identifier: MIT
/** What a caller asks to be paid, made into an intent: held against the hub's terms first, so that a mistake costs no signature. */
import { parseIdentifier } from '../protocol/identifier.ts';
import { formatLink } from '../protocol/link.ts';
import { toHash } from '../protocol/bytes.ts';
import { transferIdOf } from '../protocol/secrets.ts';
import type { Address, Hash } from '../protocol/types.ts';
import { IndraError } from './indra-error.ts';
import type { SendIntent } from './intents.ts';
import { madePayment } from './history.ts';
import type { Patience } from './patience.ts';
import { correctTerms, type FixedTerms } from './payment-facts.ts';
import { isSamePayment, secretOf } from './payment-terms.ts';
import type { Accomplished } from './intent-queue.ts';
import type { Session } from './session.ts';
import { longestOffer } from './transfer-terms.ts';

export interface PaymentRequest {
  readonly asset: Address;
  /** In the asset's smallest unit. */
  readonly amount: bigint;
  /** At most 512 characters, seen by payer and payee alone. */
  readonly note?: string | undefined;
  /** 32 bytes, made once per intent: paying twice with one id pays once. */
  readonly paymentId?: Hash | undefined;
  /** Seconds the payee has to claim it. */
  readonly expiresIn?: number | undefined;
}

export interface Payment {
  readonly paymentId: Hash;
  readonly transferId: Hash;
  /** Of the transfer app in the own channel; null where the payment had been made before and is closed. */
  readonly appId: Hash | null;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

const DAY = 24 * 3600;

export const newPaymentId = (): Hash => toHash(crypto.getRandomValues(new Uint8Array(32)));

/** Of arguments that came through the door. Throws `unknown_asset`, `amount_out_of_range` or `invalid_transfer`: what the hub's terms refuse. */
export function sendIntent(
  session: Session,
  to: string | null,
  request: PaymentRequest,
  now: number,
): SendIntent {
  const { chain, channel, terms, key } = session;
  const { asset, amount, note = null, paymentId = newPaymentId() } = request;
  const known = chain.assets.find((other) => other.address === asset);
  if (known === undefined) throw IndraError.from('unknown_asset', { asset });
  const { min, max } = known.transfer;
  if (amount < min || amount > max)
    throw IndraError.from('amount_out_of_range', {
      amount: amount.toString(),
      min: min.toString(),
      max: max.toString(),
    });
  const expiresIn = request.expiresIn ?? Math.min(DAY, longestOffer(terms));
  if (expiresIn > longestOffer(terms))
    throw IndraError.from('invalid_transfer', { expiresIn, atMost: longestOffer(terms) });
  if (to !== null) checkPayee(to, key.identifier);
  const transferId = transferIdOf(channel.domain.chainId, channel.address, paymentId);
  return { kind: 'send', paymentId, transferId, to, asset, amount, expiresAt: now + expiresIn, note };
}

function checkPayee(to: string, self: string): void {
  const payee = parseIdentifier(to);
  if (!payee.ok) throw IndraError.of(payee.error);
  if (payee.value.identifier === self) throw IndraError.from('invalid_transfer', { to: 'oneself' });
}

/**
 * The intent as it was made before, null where it was not: then it may be signed, unless its time is over. What this store
 * remembers needs no word of the hub's, which could deny a payment to be paid twice. Where it remembers nothing, the hub's copy
 * bears this key's signature, and other terms than are asked for are another payment.
 */
export async function madeBefore(
  session: Session,
  { intent, isKnown, isMade }: FixedTerms,
  { id, signal }: Patience,
): Promise<SendIntent | null> {
  const { writer, clock, store } = session;
  const { transferId, paymentId } = intent;
  const isOpen = writer.record.routes.some(
    (route) => route.side === 'payer' && route.transferId === transferId,
  );
  if (isMade || (isKnown && isOpen)) return intent;
  if (writer.isPending(intent)) return null;
  const made = await madePayment(session, transferId, id, signal);
  if (made === null) {
    if (clock.now() < intent.expiresAt) return null;
    throw IndraError.from('transfer_expired', { transferId, paymentId, expiresAt: intent.expiresAt });
  }
  const expiresAt = isSamePayment(session, intent, made) ? made.payment.expiresAt : null;
  await correctTerms(store, transferId, expiresAt);
  if (expiresAt === null) throw IndraError.from('id_in_use', { paymentId });
  return { ...intent, expiresAt };
}

/** The payment as its agreed proposal, or an earlier one with the same id, made it. */
export async function paymentOf(
  session: Session,
  intent: SendIntent,
  done: Accomplished | null,
): Promise<Payment> {
  const routes = done?.entry?.routes ?? session.writer.record.routes;
  const route = routes.find((other) => other.side === 'payer' && other.transferId === intent.transferId);
  const { paymentId, transferId, expiresAt } = intent;
  return { paymentId, transferId, appId: route?.appId ?? null, expiresAt };
}

/** The link of an open transfer: its secret follows from its id. Null once the app is closed. */
export function linkOf(session: Session, transferId: Hash, cardOrigin: string): string | null {
  const { writer, key, hubUrl, channel } = session;
  const route = writer.record.routes.find(
    (other) => other.side === 'payer' && other.transferId === transferId,
  );
  if (route === undefined) return null;
  const secret = secretOf(key, transferId);
  return formatLink(cardOrigin, { chainId: channel.domain.chainId, transferId, secret, hubUrl });
}
