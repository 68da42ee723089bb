// SPDX-License-Identifier: MIT
/** What only this client knows of a payment it made: which intent it was, on what terms, and whom it named. */
import { z } from 'zod';
import type { Hash } from '../protocol/types.ts';
import { address, hash, toJson, uint } from '../protocol/wire/primitives.ts';
import type { Store } from '../store/store.ts';

const FACTS_SCHEMA = 1;

const facts = z.strictObject({
  paymentId: hash,
  to: z.string().nullable(),
  asset: address,
  amount: uint,
  note: z.string().nullable(),
});
export type PaymentFacts = z.output<typeof facts>;

const factsKey = (transferId: Hash): string => `payment#${transferId}`;

/** Writes once; what is there stays. A store that fails loses a name that is shown, and the hub is asked about an id that is used again. */
export async function rememberPayment(store: Store, transferId: Hash, known: PaymentFacts): Promise<void> {
  const item = { key: factsKey(transferId), schema: FACTS_SCHEMA, body: toJson(known) };
  await store.put(item, 'absent').catch(() => {});
}

export async function recallPayment(store: Store, transferId: Hash): Promise<PaymentFacts | null> {
  const item = await store.get(factsKey(transferId));
  return item === null ? null : (facts.safeParse(item.body).data ?? null);
}
