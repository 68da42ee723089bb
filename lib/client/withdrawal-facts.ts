// SPDX-License-Identifier: MIT
/** What a withdrawal's id stands for, written down before anything is signed: a retry is the same withdrawal, to the byte. */
import { z } from 'zod';
import type { Channel, Hash } from '../protocol/types.ts';
import { address, hash, signature, toJson, uint, uint64, whole } from '../protocol/wire/primitives.ts';
import type { Store } from '../store/store.ts';

const FACTS_SCHEMA = 1;

const facts = z.strictObject({
  withdrawalId: hash,
  epoch: uint64,
  asset: address,
  amount: uint,
  recipient: address,
  deadline: whole,
  /** The hub's, once the ledger is debited: the record forgets a withdrawal that was executed. */
  signature: signature.nullable(),
});
export type WithdrawalFacts = z.output<typeof facts>;

const factsKey = ({ domain, address: channel }: Channel, withdrawalId: Hash): string =>
  `withdrawal#${domain.chainId}#${channel}#${withdrawalId}`;

/** What the id stands for: `wanted` if nothing before. Durable once it resolves; rejects as the store does. */
export async function withdrawalFacts(
  store: Store,
  channel: Channel,
  wanted: WithdrawalFacts,
): Promise<{ readonly facts: WithdrawalFacts; readonly isNew: boolean }> {
  const key = factsKey(channel, wanted.withdrawalId);
  const put = await store.put({ key, schema: FACTS_SCHEMA, body: toJson(wanted) }, 'absent');
  if (put.ok) return { facts: wanted, isNew: true };
  const held = await store.get(key);
  return { facts: facts.parse(held?.body), isNew: false };
}

export async function keepWithdrawalSignature(
  store: Store,
  channel: Channel,
  withdrawalId: Hash,
  given: WithdrawalFacts['signature'],
): Promise<void> {
  const key = factsKey(channel, withdrawalId);
  const held = await store.get(key);
  if (held === null) return;
  const known = facts.parse(held.body);
  if (known.signature !== null) return;
  await store.put({ key, schema: FACTS_SCHEMA, body: toJson({ ...known, signature: given }) }, held.etag);
}
