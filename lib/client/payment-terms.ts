// SPDX-License-Identifier: MIT
/**
 * What a payment says, at both ends. The payer makes it out once per intent and binds the lock to it; the payee makes it out
 * again from what the hub hands on, and takes no word of it that the secret and the payer's signature do not prove (invariant 16).
 */
import { addressOfPrivateKey, recoverAddress } from '#secp256k1';
import { toBytes, toHash } from '../protocol/bytes.ts';
import { refuse, type Outcomes } from '../protocol/errors.ts';
import { parseIdentifier } from '../protocol/identifier.ts';
import { paymentOf } from '../protocol/payment.ts';
import { ok } from '../protocol/result.ts';
import { boundPreimage, claimKeyOf, lockHashOf, transferSecret } from '../protocol/secrets.ts';
import { paymentDigest } from '../protocol/statement-digests.ts';
import type { Address, Bytes, Channel, Hash, Payment } from '../protocol/types.ts';
import type { TransferView } from '../protocol/wire/requests.ts';
import type { SendIntent } from './intents.ts';
import { decryptMetadata, encryptMetadata } from './metadata.ts';
import type { ChannelKey } from './ports.ts';

interface Own {
  readonly channel: Channel;
  readonly key: Pick<ChannelKey, 'address' | 'identifier' | 'appSecretKey'>;
}

/** A payment with what only payer and payee know. */
export interface KnownPayment {
  readonly payment: Payment;
  /** Signed by the payer, and by whoever claims it. */
  readonly digest: Hash;
  readonly secret: Hash;
  readonly preimage: Hash;
  readonly lockHash: Hash;
}

export interface StatedPayment extends KnownPayment {
  readonly recipient: Address | null;
  readonly metadata: Bytes;
}

function known(domain: Channel['domain'], payment: Payment, secret: Hash): KnownPayment {
  const digest = paymentDigest(domain, payment);
  const preimage = boundPreimage(secret, digest);
  return { payment, digest: toHash(digest), secret, preimage, lockHash: lockHashOf(preimage) };
}

/** The secret of a transfer this key sent; the seed and the transfer's id give it back. */
export const secretOf = ({ appSecretKey }: Pick<ChannelKey, 'appSecretKey'>, transferId: Hash): Hash =>
  transferSecret(appSecretKey, transferId);

type Terms = Pick<SendIntent, 'paymentId' | 'transferId' | 'to' | 'asset' | 'amount' | 'expiresAt' | 'note'>;

/** The same intent gives the same bytes, every time: there is one lock for it. Fails with `malformed`. */
export function statePayment({ channel, key }: Own, intent: Terms): Outcomes<StatedPayment> {
  const payee = intent.to === null ? null : parseIdentifier(intent.to);
  if (payee !== null && !payee.ok) return payee;
  const { paymentId, transferId, to, asset, amount, expiresAt, note } = intent;
  const secret = secretOf(key, transferId);
  const recipient = payee?.value.address ?? null;
  const metadata = encryptMetadata(secret, { from: key.identifier, to, paymentId, note });
  const { chainId: toChainId } = channel.domain;
  const payer = channel.initiator;
  const terms = { transferId, payer, recipient, toChainId, asset, amount, expiresAt, metadata };
  return ok({ ...known(channel.domain, paymentOf(terms), secret), recipient, metadata });
}

/** Whether an intent is that very payment, word for word. */
export function isSamePayment(own: Own, intent: Terms, made: KnownPayment): boolean {
  const stated = statePayment(own, { ...intent, expiresAt: made.payment.expiresAt });
  return stated.ok && stated.value.digest === made.digest;
}

/** With what its payer told itself of it. */
export interface OwnPayment extends VerifiedPayment {
  readonly to: string | null;
  readonly paymentId: Hash | null;
}

/** What this key signed, where no store remembers it: the hub's copy bears the signature, and the secret is derived again. */
export function ownPayment({ channel, key }: Own, view: TransferView): OwnPayment | null {
  if (view.payer !== key.address) return null;
  const found = known(channel.domain, paymentOf(view), secretOf(key, view.transferId));
  if (recoverAddress(toBytes(found.digest), toBytes(view.signature)) !== key.address) return null;
  const told = view.metadata === null ? null : decryptMetadata(found.secret, view.metadata);
  return {
    ...found,
    payerSignature: view.signature,
    sender: key.identifier,
    to: told?.to ?? null,
    paymentId: told?.paymentId ?? null,
    note: told?.note ?? null,
  };
}

/** A payment as its payee may be told of it. */
export interface VerifiedPayment extends KnownPayment {
  readonly payerSignature: Bytes;
  /** The payer's identifier; null where it gave none that is its own. */
  readonly sender: string | null;
  readonly note: string | null;
}

const differs = (transferId: Hash, field: string) => refuse('terms_differ', { transferId, field });

/**
 * Fails with `not_recipient` where the secret is another transfer's, and with `terms_differ` naming what is not as the payer
 * signed it. Of what is bound by the signature alone the field is `signature`, since one word changed looks like another.
 */
export function verifyPayment(
  { channel, key }: Own,
  view: TransferView,
  secret: Hash,
): Outcomes<VerifiedPayment> {
  const { transferId, recipient, claimant, signature } = view;
  if (recipient !== null && recipient !== key.address) return differs(transferId, 'payee');
  if (recipient === null && claimant !== addressOfPrivateKey(claimKeyOf(secret)))
    return refuse('not_recipient', { transferId });
  if (view.toChainId !== channel.domain.chainId) return differs(transferId, 'toChainId');
  const found = known(channel.domain, paymentOf(view), secret);
  if (recoverAddress(toBytes(found.digest), toBytes(signature)) !== view.payer)
    return differs(transferId, 'signature');
  if (found.lockHash !== view.lockHash) return differs(transferId, 'lockHash');
  const told = view.metadata === null ? null : decryptMetadata(secret, view.metadata);
  const sender = told === null ? null : parseIdentifier(told.from);
  const isPayers = sender?.ok === true && sender.value.address === view.payer;
  return ok({
    ...found,
    payerSignature: signature,
    sender: isPayers ? (told?.from ?? null) : null,
    note: told?.note ?? null,
  });
}
