// SPDX-License-Identifier: MIT
/**
 * What this client knows of its payments by itself. The terms of one it makes are fixed here before anything is signed, so that
 * one intent has one lock, however often it is tried; the payee's word for it is kept beside them.
 */
import { z } from 'zod';
import type { Hash } from '../protocol/types.ts';
import { address, hash, signature, toJson, uint, whole } from '../protocol/wire/primitives.ts';
import { payment } from '../protocol/wire/statements.ts';
import type { Store } from '../store/store.ts';
import { IndraError } from './indra-error.ts';
import type { SendIntent } from './intents.ts';
import type { VerifiedPayment } from './payment-terms.ts';

const FACTS_SCHEMA = 1;

const sent = z.strictObject({
  side: z.literal('payer'),
  paymentId: hash,
  to: z.string().nullable(),
  asset: address,
  amount: uint,
  note: z.string().nullable(),
  /** As asked for, in seconds; what `expiresAt` was made from. */
  expiresIn: whole,
  expiresAt: whole,
  /** Whether it was agreed: there before its app is closed, since afterwards only the hub could tell. */
  isMade: z.boolean(),
  /** What the hub showed when the payee was paid, as far as it was true. */
  received: z.strictObject({ preimage: hash, claimerSignature: signature.nullable() }).nullable(),
});
export type SentFacts = z.output<typeof sent>;

/** Of a payment by link: its secret is known from the link alone. */
const received = z.strictObject({
  side: z.literal('payee'),
  payment,
  payerSignature: signature,
  sender: z.string().nullable(),
  note: z.string().nullable(),
});
export type ReceivedFacts = z.output<typeof received>;

/** This store was lost, and the id had been used for a payment of other terms. */
const lost = z.strictObject({ side: z.literal('lost') });

const facts = z.discriminatedUnion('side', [sent, received, lost]);

const factsKey = (transferId: Hash): string => `payment#${transferId}`;
const itemOf = (transferId: Hash, body: z.output<typeof facts>) => ({
  key: factsKey(transferId),
  schema: FACTS_SCHEMA,
  body: toJson(body),
});

async function recall(store: Store, transferId: Hash) {
  const item = await store.get(factsKey(transferId));
  if (item === null) return null;
  const known = facts.safeParse(item.body).data ?? null;
  return known && { known, etag: item.etag };
}

export async function recallSent(store: Store, transferId: Hash): Promise<SentFacts | null> {
  const item = await recall(store, transferId);
  return item?.known.side === 'payer' ? item.known : null;
}

export async function recallReceived(store: Store, transferId: Hash): Promise<ReceivedFacts | null> {
  const item = await recall(store, transferId);
  return item?.known.side === 'payee' ? item.known : null;
}

export interface FixedTerms {
  readonly intent: SendIntent;
  /** This store remembers it. */
  readonly isKnown: boolean;
  /** It was agreed, and is closed by now or about to be. */
  readonly isMade: boolean;
}

const FIXED = ['to', 'asset', 'amount', 'note', 'expiresIn'] as const;

/**
 * The intent as it was fixed when its id was first used, which is what is signed. Rejects with `id_in_use` naming the
 * field where another payment is asked for under the same id.
 */
export async function fixTerms(store: Store, intent: SendIntent, now: number): Promise<FixedTerms> {
  const { paymentId, transferId, to, asset, amount, note, expiresAt } = intent;
  const asked = { paymentId, to, asset, amount, note, expiresIn: expiresAt - now };
  const item = itemOf(transferId, { side: 'payer', ...asked, expiresAt, isMade: false, received: null });
  const put = await store.put(item, 'absent').catch((cause: unknown) => {
    throw IndraError.from('store_unavailable', { reason: String(cause) }, 'unchanged');
  });
  if (put.ok) return { intent, isKnown: false, isMade: false };
  const known = await recallSent(store, transferId);
  const field = known === null ? 'paymentId' : FIXED.find((name) => known[name] !== asked[name]);
  if (known === null || field !== undefined) throw IndraError.from('id_in_use', { paymentId, field });
  return { intent: { ...intent, expiresAt: known.expiresAt }, isKnown: true, isMade: known.isMade };
}

/** The payment turned out to have been made before this store was lost: as `expiresAt` says, or on other terms where it is null. */
export async function correctTerms(store: Store, transferId: Hash, expiresAt: number | null): Promise<void> {
  const item = await recall(store, transferId);
  if (item?.known.side !== 'payer' || item.known.expiresAt === expiresAt) return;
  const body = expiresAt === null ? ({ side: 'lost' } as const) : { ...item.known, expiresAt };
  await store.put(itemOf(transferId, body), item.etag);
}

/**
 * Before the app of an agreed payment is closed. Its id is never paid with again, whatever the hub then says of it: the hub
 * has seen the preimage of its lock.
 */
export async function noteMade(store: Store, transferId: Hash): Promise<void> {
  for (;;) {
    const item = await recall(store, transferId);
    if (item?.known.side !== 'payer' || item.known.isMade) return;
    if ((await store.put(itemOf(transferId, { ...item.known, isMade: true }), item.etag)).ok) return;
  }
}

/** Writes once: what the payee showed first stays. */
export async function keepReceived(
  store: Store,
  transferId: Hash,
  shown: NonNullable<SentFacts['received']>,
): Promise<void> {
  for (;;) {
    const item = await recall(store, transferId);
    if (item?.known.side !== 'payer' || item.known.received?.claimerSignature) return;
    if (item.known.received !== null && shown.claimerSignature === null) return;
    const put = await store.put(
      itemOf(transferId, { ...item.known, isMade: true, received: shown }),
      item.etag,
    );
    if (put.ok) return;
  }
}

/** For display after the link is gone; no money depends on it, so a store that fails loses a name and nothing else. */
export async function rememberReceived(store: Store, verified: VerifiedPayment): Promise<void> {
  const { payment: stated, payerSignature, sender, note } = verified;
  const known = { side: 'payee', payment: stated, payerSignature, sender, note } as const;
  await store.put(itemOf(stated.transferId, known), 'absent').catch(() => {});
}
