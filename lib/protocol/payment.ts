// SPDX-License-Identifier: MIT
/** A payment as its payer states it, and the proof that it was received (docs/formats.md, "Receipt of a payment"). */
import { toBytes } from './bytes.ts';
import { refuse, type Outcomes } from './errors.ts';
import { ok } from './result.ts';
import { lockHashOf, metadataHashOf } from './secrets.ts';
import { paymentDigest } from './statement-digests.ts';
import type { Recover } from './transition.ts';
import { NO_ADDRESS, type Address, type Bytes, type Domain, type Hash, type Payment } from './types.ts';

/** The Payment as routes, stored transfers and views hold it: the metadata itself in place of its hash, no payee for a link. */
export interface PaymentTerms extends Omit<Payment, 'payee' | 'metadataHash'> {
  readonly recipient: Address | null;
  readonly metadata: Bytes | null;
}

export const paymentOf = ({
  transferId,
  payer,
  recipient,
  toChainId,
  asset,
  amount,
  expiresAt,
  metadata,
}: PaymentTerms): Payment => ({
  transferId,
  payer,
  payee: recipient ?? NO_ADDRESS,
  toChainId,
  asset,
  amount,
  expiresAt,
  metadataHash: metadataHashOf(metadata),
});

/** What shows that a payment was made and received. The preimage alone shows neither: the payer made the secret. */
export interface PaymentReceipt {
  readonly payment: Payment;
  readonly payerSignature: Bytes;
  readonly lockHash: Hash;
  readonly preimage: Hash;
  /** On the Payment too. Null where the preimage was shown on chain alone: then the chain is the proof, and this is none. */
  readonly claimerSignature: Bytes | null;
}

/** The claimer, where the receipt holds; `invalid_receipt` naming the first field that does not. `domain` is the payer's chain's. */
export function verifyReceipt(
  domain: Domain,
  receipt: PaymentReceipt,
  recover: Recover,
): Outcomes<{ readonly claimer: Address }> {
  const { payment, payerSignature, lockHash, preimage, claimerSignature } = receipt;
  const digest = paymentDigest(domain, payment);
  if (recover(digest, toBytes(payerSignature)) !== payment.payer)
    return refuse('invalid_receipt', { field: 'payerSignature' });
  if (lockHashOf(preimage) !== lockHash) return refuse('invalid_receipt', { field: 'preimage' });
  const claimer = claimerSignature === null ? null : recover(digest, toBytes(claimerSignature));
  const isNamed = payment.payee !== NO_ADDRESS;
  if (claimer === null || (isNamed && claimer !== payment.payee))
    return refuse('invalid_receipt', { field: 'claimerSignature' });
  return ok({ claimer: claimer as Address });
}
