// SPDX-License-Identifier: MIT
/**
 * The transfer item T decides a payment: pending → claimed(channel, appId, seq) → resolved, or pending → cancelled.
 * Decisions are pure; `transfers.ts` makes them durable. The rules are numbered as in the design, section 5.
 */
import { z } from 'zod';
import { refuse, type Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import type { Address, Bytes, Hash } from '../protocol/types.ts';
import { address, hash, signature, toJson, whole } from '../protocol/wire/primitives.ts';
import type { Item, NewItem } from '../store/store.ts';
import { transferSeed, type TransferSeed } from './channel-item.ts';
import { paddedTime } from '../store/padded-time.ts';

export const TRANSFER_SCHEMA = 2;

const status = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('pending') }),
  z.strictObject({
    kind: z.literal('claimed'),
    channel: address,
    appId: hash,
    user: address,
    checkAt: whole,
  }),
  z.strictObject({
    kind: z.literal('resolved'),
    preimage: hash,
    /** By the claimer, on the Payment; null where the preimage was shown on chain alone. */
    claimerSignature: signature.nullable(),
    user: address,
    at: whole,
    /** The payee's app that was paid; null where it was not noted. */
    appId: hash.nullable(),
  }),
  z.strictObject({ kind: z.literal('cancelled'), at: whole }),
]);

const transferBody = z.strictObject({
  ...transferSeed.shape,
  /** Counts claims; never restarts, because T is never made anew (rule 3). */
  seq: whole,
  status,
});
export type Transfer = z.output<typeof transferBody>;

export interface LoadedTransfer {
  readonly transfer: Transfer;
  readonly etag: Item['etag'];
}

export const transferKey = (transferId: Hash): string => `transfer#${transferId}`;

export const parseTransfer = (item: Item): LoadedTransfer => ({
  transfer: transferBody.parse(item.body),
  etag: item.etag,
});

export const newTransfer = (seed: TransferSeed): Transfer => ({
  ...seed,
  seq: 0,
  status: { kind: 'pending' },
});

const payeeOf = (transfer: Transfer): Address | null =>
  transfer.status.kind === 'claimed' || transfer.status.kind === 'resolved'
    ? transfer.status.user
    : transfer.recipient;

/** Open transfers sort after finished ones, so a page of them is one range of the index. */
export const OPEN_SORT = 'open#';

const dueAt = (transfer: Transfer): number | null => {
  if (transfer.status.kind === 'pending') return transfer.expiresAt + 1;
  return transfer.status.kind === 'claimed' ? transfer.status.checkAt : null;
};

export function transferItem(transfer: Transfer): NewItem {
  const due = dueAt(transfer);
  const payee = payeeOf(transfer);
  const sort = `${due === null ? 'done#' : OPEN_SORT}${paddedTime(transfer.createdAt)}#${transfer.transferId}`;
  const key = transferKey(transfer.transferId);
  return {
    key,
    schema: TRANSFER_SCHEMA,
    body: toJson(transfer),
    index: {
      payer: { partition: `${transfer.chainId}#${transfer.payer}`, sort },
      ...(payee === null ? {} : { payee: { partition: `${transfer.chainId}#${payee}`, sort } }),
      ...(due === null
        ? {}
        : { due: { partition: `${transfer.chainId}`, sort: `${paddedTime(due)}#${key}` } }),
    },
  };
}

export interface Claim {
  readonly channel: Address;
  readonly appId: Hash;
  readonly user: Address;
}

/** Rule 1: pending, or claimed by the same channel and app, may be claimed; every attempt counts. From `checkAt` on the sweep looks after it. */
export function claimTransfer(transfer: Transfer, claim: Claim, checkAt: number): Outcomes<Transfer> {
  const { status: current, transferId } = transfer;
  if (current.kind === 'resolved') return refuse('transfer_resolved', { transferId });
  if (current.kind === 'cancelled') return refuse('transfer_cancelled', { transferId });
  if (current.kind === 'claimed' && (current.channel !== claim.channel || current.appId !== claim.appId))
    return refuse('transfer_claimed', { transferId });
  return ok({
    ...transfer,
    seq: transfer.seq + 1,
    status: { kind: 'claimed', ...claim, checkAt },
  });
}

/** The payee's app that was unlocked, by what, and the claimer's word that it was paid. */
export interface Paid {
  readonly appId: Hash;
  readonly preimage: Hash;
  readonly claimerSignature: Bytes | null;
}

/** Rule 4: only the claim that was paid resolves it. Resolved already by the same claim is success. */
export function resolveTransfer(transfer: Transfer, paid: Paid, now: number): Transfer | 'done' | 'foreign' {
  const { appId, preimage, claimerSignature } = paid;
  const { status: current } = transfer;
  if (current.kind === 'resolved') return current.preimage === preimage ? 'done' : 'foreign';
  if (current.kind !== 'claimed' || current.appId !== appId) return 'foreign';
  const { user } = current;
  return { ...transfer, status: { kind: 'resolved', preimage, claimerSignature, user, at: now, appId } };
}

/** Rule 5, last step: back to pending, if nobody claimed since `seq` was read. */
export const releaseTransfer = (transfer: Transfer, seq: number): Transfer | null =>
  transfer.status.kind === 'claimed' && transfer.seq === seq
    ? { ...transfer, status: { kind: 'pending' } }
    : null;

/** Rule 6. */
export function cancelTransfer(transfer: Transfer, now: number): Outcomes<Transfer> {
  const { status: current, transferId } = transfer;
  if (current.kind === 'resolved') return refuse('transfer_resolved', { transferId });
  if (current.kind === 'claimed') return refuse('transfer_claimed', { transferId });
  return current.kind === 'cancelled'
    ? ok(transfer)
    : ok({ ...transfer, status: { kind: 'cancelled', at: now } });
}
