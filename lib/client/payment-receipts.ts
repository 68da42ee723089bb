// SPDX-License-Identifier: MIT
/** The payer's proof that it paid and that the payee has it: kept as the hub shows it, and verified when somebody asks for it. */
import { recoverAddress } from '#secp256k1';
import { toBytes } from '../protocol/bytes.ts';
import type { PaymentReceipt } from '../protocol/payment.ts';
import { lockHashOf } from '../protocol/secrets.ts';
import { NO_ADDRESS, type Hash } from '../protocol/types.ts';
import { IndraError } from './indra-error.ts';
import { keepProven, recallMade, recallSent, type Received } from './payment-facts.ts';
import { ownPayment, statePayment, type KnownPayment } from './payment-terms.ts';
import type { Session } from './session.ts';

/** What is true of it: a claimer's signature that does not hold is left out. Null where the preimage is not the lock's. */
function trueOf(
  { payment, digest, lockHash }: KnownPayment,
  { preimage, claimerSignature }: Received,
): Received | null {
  if (lockHashOf(preimage) !== lockHash) return null;
  const claimer = claimerSignature && recoverAddress(toBytes(digest), toBytes(claimerSignature));
  const isProof = claimer !== null && (payment.payee === NO_ADDRESS || claimer === payment.payee);
  return { preimage, claimerSignature: isProof ? claimerSignature : null };
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
  const told = (await recallMade(session.store, transferId))?.received ?? null;
  const kept = stated && told && trueOf(stated, told);
  if (stated !== null && kept?.claimerSignature) return receiptOf(session, stated, kept);
  const found = await session.hub.ask('transfer', { kind: 'get', transferId }, { id, signal });
  const view = found.ok ? found.value.transfers[0] : undefined;
  const made = stated ?? (view === undefined ? null : ownPayment(session, view));
  if (made === null)
    throw found.ok ? IndraError.from('unknown_transfer', { transferId }) : IndraError.of(found.error);
  const { preimage = null, claimerSignature = null } = view ?? {};
  const shown = preimage === null ? null : trueOf(made, { preimage, claimerSignature });
  if (shown !== null) await keepProven(session.store, transferId, shown);
  const best = shown ?? kept;
  if (best !== null) return receiptOf(session, made, best);
  throw found.ok ? IndraError.from('transfer_pending', { transferId }) : IndraError.of(found.error);
}

/** Signing is deterministic, so the payer's half need not be kept. */
const receiptOf = (
  { key }: Session,
  { payment, digest, lockHash }: KnownPayment,
  shown: Received,
): PaymentReceipt => ({
  payment,
  payerSignature: key.sign(toBytes(digest)),
  lockHash,
  ...shown,
});
