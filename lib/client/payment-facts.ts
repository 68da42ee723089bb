// SPDX-License-Identifier: MIT
/** What only this client knows of a payment it made: which intent it was and whom it named. For display; no money depends on it. */
import { z } from 'zod';
import type { Hash } from '../protocol/types.ts';
import { hash } from '../protocol/wire/primitives.ts';
import type { Store } from '../store/store.ts';

const FACTS_SCHEMA = 1;

const facts = z.strictObject({ paymentId: hash, to: z.string().nullable() });
export type PaymentFacts = z.output<typeof facts>;

const factsKey = (transferId: Hash): string => `payment#${transferId}`;

/** Writes once; what is there stays. A store that fails loses the display of a name and nothing else. */
export async function rememberPayment(store: Store, transferId: Hash, known: PaymentFacts): Promise<void> {
  await store.put({ key: factsKey(transferId), schema: FACTS_SCHEMA, body: known }, 'absent').catch(() => {});
}

export async function recallPayment(store: Store, transferId: Hash): Promise<PaymentFacts | null> {
  const item = await store.get(factsKey(transferId));
  return item === null ? null : (facts.safeParse(item.body).data ?? null);
}
