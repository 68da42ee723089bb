// SPDX-License-Identifier: MIT
/** The payer's proof that it paid and that the payee has it: verified when the hub shows it, kept, and given to whoever asks. */
import { recoverAddress } from '#secp256k1';
import { toBytes } from '../protocol/bytes.ts';
import type { PaymentReceipt } from '../protocol/payment.ts';
import { lockHashOf } from '../protocol/secrets.ts';
import { NO_ADDRESS, type Bytes, type Hash } from '../protocol/types.ts';
import { IndraError } from './indra-error.ts';
import { keepReceived, noteMade, recallSent } from './payment-facts.ts';
import { ownPayment, statePayment, type KnownPayment } from './payment-terms.ts';
import type { Session } from './session.ts';

interface Shown {
  readonly preimage: Hash;
  readonly claimerSignature: Bytes | null;
}

/** What is true of it: a claimer's signature that does not hold is left out. Null where the preimage is not the lock's. */
function trueOf(
  { payment, digest, lockHash }: KnownPayment,
  { preimage, claimerSignature }: Shown,
): Shown | null {
  if (lockHashOf(preimage) !== lockHash) return null;
  const claimer = claimerSignature && recoverAddress(toBytes(digest), toBytes(claimerSignature));
  const isProof = claimer !== null && (payment.payee === NO_ADDRESS || claimer === payment.payee);
  return { preimage, claimerSignature: isProof ? claimerSignature : null };
}

/** The hub says the payee was paid. That it was made is noted, and what of the rest is true is kept. */
export async function keepReceipt(session: Session, transferId: Hash, shown: Shown): Promise<void> {
  const known = await recallSent(session.store, transferId);
  const stated = known && statePayment(session, { ...known, transferId });
  const kept = stated?.ok ? trueOf(stated.value, shown) : null;
  await (kept === null ? noteMade(session.store, transferId) : keepReceived(session.store, transferId, kept));
}

/**
 * Rejects with `unknown_transfer` where this user paid nothing under that id, and with `transfer_pending` while the payee was not
 * paid. Its `claimerSignature` is null where the preimage was shown on chain alone, or the hub keeps the signature back.
 */
export async function paymentReceipt(
  session: Session,
  transferId: Hash,
  id: string,
  signal: AbortSignal,
): Promise<PaymentReceipt> {
  const facts = await recallSent(session.store, transferId);
  const fixed = facts && statePayment(session, { ...facts, transferId });
  const stated = fixed?.ok ? fixed.value : null;
  const kept = facts?.received ?? null;
  if (stated !== null && kept?.claimerSignature) return receiptOf(session, stated, kept);
  const found = await session.hub.ask('transfer', { kind: 'get', transferId }, { id, signal });
  const view = found.ok ? found.value.transfers[0] : undefined;
  const made = stated ?? (view === undefined ? null : ownPayment(session, view));
  if (made === null)
    throw found.ok ? IndraError.from('unknown_transfer', { transferId }) : IndraError.of(found.error);
  const { preimage = null, claimerSignature = null } = view ?? {};
  const shown = preimage === null ? null : trueOf(made, { preimage, claimerSignature });
  if (shown !== null) await keepReceived(session.store, transferId, shown);
  const best = shown ?? kept;
  if (best !== null) return receiptOf(session, made, best);
  throw found.ok ? IndraError.from('transfer_pending', { transferId }) : IndraError.of(found.error);
}

/** Signing is deterministic, so the payer's half need not be kept. */
const receiptOf = (
  { key }: Session,
  { payment, digest, lockHash }: KnownPayment,
  shown: Shown,
): PaymentReceipt => ({
  payment,
  payerSignature: key.sign(toBytes(digest)),
  lockHash,
  ...shown,
});
