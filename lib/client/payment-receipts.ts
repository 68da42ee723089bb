// SPDX-License-Identifier: MIT
/** The payer's proof that it paid and that the payee has it: verified when the hub shows it, kept, and given to whoever asks. */
import { recoverAddress } from '#secp256k1';
import { toBytes } from '../protocol/bytes.ts';
import { verifyReceipt, type PaymentReceipt } from '../protocol/payment.ts';
import { lockHashOf } from '../protocol/secrets.ts';
import type { Bytes, Hash } from '../protocol/types.ts';
import { IndraError } from './indra-error.ts';
import { keepReceived, recallSent } from './payment-facts.ts';
import { ownPayment, statePayment, type KnownPayment } from './payment-terms.ts';
import type { Session } from './session.ts';

interface Shown {
  readonly preimage: Hash;
  readonly claimerSignature: Bytes | null;
}

/** The receipt these make of the payment: a signature that does not hold is left out. Null where the preimage is not the lock's. */
function receiptOf({ channel, key }: Session, stated: KnownPayment, shown: Shown): PaymentReceipt | null {
  const { payment, digest, lockHash } = stated;
  if (lockHashOf(shown.preimage) !== lockHash) return null;
  const payerSignature = key.sign(toBytes(digest));
  const receipt = { payment, payerSignature, lockHash, ...shown };
  const isProof = verifyReceipt(channel.domain, receipt, recoverAddress).ok;
  return isProof ? receipt : { ...receipt, claimerSignature: null };
}

/** The hub says the payee was paid. What of it is true is kept. */
export async function keepReceipt(session: Session, transferId: Hash, shown: Shown): Promise<void> {
  const known = await recallSent(session.store, transferId);
  const stated = known && statePayment(session, { ...known, transferId });
  const receipt = stated?.ok ? receiptOf(session, stated.value, shown) : null;
  if (receipt === null) return;
  const { preimage, claimerSignature } = receipt;
  await keepReceived(session.store, transferId, { preimage, claimerSignature });
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
  const kept = stated && facts?.received ? receiptOf(session, stated, facts.received) : null;
  if (kept !== null && kept.claimerSignature !== null) return kept;
  const found = await session.hub.ask('transfer', { kind: 'get', transferId }, { id, signal });
  const view = found.ok ? found.value.transfers[0] : undefined;
  const payment = stated ?? (view === undefined ? null : ownPayment(session, view));
  if (payment === null) throw IndraError.from('unknown_transfer', { transferId });
  const { preimage = null, claimerSignature = null } = view ?? {};
  const shown = preimage === null ? null : receiptOf(session, payment, { preimage, claimerSignature });
  if (shown !== null)
    await keepReceived(session.store, transferId, {
      preimage: shown.preimage,
      claimerSignature: shown.claimerSignature,
    });
  const receipt = shown ?? kept;
  if (receipt === null)
    throw found.ok ? IndraError.from('transfer_pending', { transferId }) : IndraError.of(found.error);
  return receipt;
}
