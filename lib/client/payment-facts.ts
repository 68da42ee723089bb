// SPDX-License-Identifier: MIT
/**
 * What this client knows of its payments by itself. The terms of one it makes are fixed here before anything leaves, so that
 * one intent has one lock, however often it is tried; that it was made, and the payee's word for it, is kept beside them.
 */
import { z } from 'zod';
import type { Hash } from '../protocol/types.ts';
import { address, hash, signature, toJson, uint, whole } from '../protocol/wire/primitives.ts';
import { payment } from '../protocol/wire/statements.ts';
import type { NewItem, Store } from '../store/store.ts';
import { IndraError } from './indra-error.ts';
import type { SendIntent } from './intents.ts';
import type { VerifiedPayment } from './payment-terms.ts';

const FACTS_SCHEMA = 1;
const MADE_SCHEMA = 1;

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

/** A payment that was agreed: there before its app is closed, since afterwards only the hub could tell. */
const made = z.strictObject({
  /** What the hub showed when it said that the payee was paid. The preimage is the lock's, the signature unproven. */
  received: z.strictObject({ preimage: hash, claimerSignature: signature.nullable() }).nullable(),
});
type Made = z.output<typeof made>;
export type Received = NonNullable<Made['received']>;

const factsKey = (transferId: Hash): string => `payment#${transferId}`;
const itemOf = (transferId: Hash, body: z.output<typeof facts>): NewItem => ({
  key: factsKey(transferId),
  schema: FACTS_SCHEMA,
  body: toJson(body),
});

const madeKey = (transferId: Hash): string => `made#${transferId}`;
/**
 * That a payment was agreed; stored before its app is closed. Its id is never paid with again, whatever the hub then says of
 * it: the hub has seen the preimage of its lock.
 */
export const madeItem = (transferId: Hash, received: Received | null): NewItem => ({
  key: madeKey(transferId),
  schema: MADE_SCHEMA,
  body: toJson({ received } satisfies Made),
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
  /** What remembers it; null where that is stored. */
  readonly item: NewItem | null;
}

const FIXED = ['to', 'asset', 'amount', 'note', 'expiresIn'] as const;

function termsOf({ paymentId, to, asset, amount, note, expiresAt }: SendIntent, now: number): SentFacts {
  return { side: 'payer', paymentId, to, asset, amount, note, expiresIn: expiresAt - now, expiresAt };
}

/** Under an id that was just made: nobody can have used it before. `item` is to be stored with what is signed first for it. */
export function freshTerms(intent: SendIntent, now: number): FixedTerms {
  const item = itemOf(intent.transferId, termsOf(intent, now));
  return { intent, isKnown: false, isMade: false, item };
}

/**
 * The intent as it was fixed when its id was first used, which is what is signed. Rejects with `id_in_use` naming the
 * field where another payment is asked for under the same id. `pending` waits or is in flight under it, stored or not yet.
 */
export async function fixTerms(
  store: Store,
  intent: SendIntent,
  now: number,
  pending: SendIntent | null,
): Promise<FixedTerms> {
  const { transferId, paymentId } = intent;
  const asked = termsOf(intent, now);
  const known = await termsBefore(store, transferId, asked, pending).catch((cause: unknown) => {
    throw IndraError.from('store_unavailable', { reason: String(cause) }, 'unchanged');
  });
  if (known === 'none') return { intent, isKnown: false, isMade: false, item: null };
  const field = known === null ? 'paymentId' : FIXED.find((name) => known.terms[name] !== asked[name]);
  if (known === null || field !== undefined) throw IndraError.from('id_in_use', { paymentId, field });
  const { terms, isMade } = known;
  return { intent: { ...intent, expiresAt: terms.expiresAt }, isKnown: true, isMade, item: null };
}

/** Null where the id was used for something else; 'none' where it was not used, and is from now on. */
async function termsBefore(
  store: Store,
  transferId: Hash,
  asked: SentFacts,
  pending: SendIntent | null,
): Promise<{ readonly terms: SentFacts; readonly isMade: boolean } | 'none' | null> {
  if (pending === null && (await store.put(itemOf(transferId, asked), 'absent')).ok) return 'none';
  const stored = await recallSent(store, transferId);
  // What was asked for as its expiry is stored with the rest, and known from nowhere else.
  const terms = stored ?? (pending && { ...asked, ...fixedIn(pending) });
  return terms && { terms, isMade: (await recallMade(store, transferId)) !== null };
}

const fixedIn = ({ to, asset, amount, note, expiresAt }: SendIntent) => ({
  to,
  asset,
  amount,
  note,
  expiresAt,
});

/** The payment turned out to have been made before this store was lost: as `expiresAt` says, or on other terms where it is null. */
export async function correctTerms(store: Store, transferId: Hash, expiresAt: number | null): Promise<void> {
  const item = await recall(store, transferId);
  if (item?.known.side !== 'payer' || item.known.expiresAt === expiresAt) return;
  const body = expiresAt === null ? ({ side: 'lost' } as const) : { ...item.known, expiresAt };
  await store.put(itemOf(transferId, body), item.etag);
}

/** Null while this store does not know it to be made. */
export async function recallMade(store: Store, transferId: Hash): Promise<Made | null> {
  const item = await store.get(madeKey(transferId));
  return item && readMade(item.body);
}

const readMade = (body: unknown): Made => made.safeParse(body).data ?? { received: null };

export async function noteMade(store: Store, transferId: Hash): Promise<void> {
  await store.put(madeItem(transferId, null), 'absent');
}

/** What was found to be true, in place of what was told before. */
export async function keepProven(store: Store, transferId: Hash, proven: Received): Promise<void> {
  const item = madeItem(transferId, proven);
  while (!(await store.put(item, (await store.get(item.key))?.etag ?? 'absent')).ok);
}

/** For display after the link is gone; no money depends on it, so a store that fails loses a name and nothing else. */
export async function rememberReceived(
  store: Store,
  verified: Pick<VerifiedPayment, 'payment' | 'payerSignature' | 'sender' | 'note'>,
): Promise<void> {
  const { payment: stated, payerSignature, sender, note } = verified;
  const known = { side: 'payee', payment: stated, payerSignature, sender, note } as const;
  await store.put(itemOf(stated.transferId, known), 'absent').catch(() => {});
}
