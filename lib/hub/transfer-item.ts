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
import type { Item, NewItem, Put } from '../store/store.ts';
import { paddedTime } from '../store/padded-time.ts';
import { ParsedBodies } from '../store/parsed-bodies.ts';
import { transferSeed, type TransferSeed } from './channel-parts.ts';

export const TRANSFER_SCHEMA = 1;

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
    /** The payee's app that was paid. */
    appId: hash,
  }),
  z.strictObject({ kind: z.literal('cancelled'), at: whole }),
]);

const transferBody = z.strictObject({
  ...transferSeed.shape,
  /** Counts claims; never restarts, because T is never made anew (rule 3). */
  seq: whole,
  /** In the list of what is open for its payee: the sweep enters what was not paid at once (`isRecent`). */
  listed: z.boolean(),
  status,
});
export type Transfer = z.output<typeof transferBody>;

export interface LoadedTransfer {
  readonly transfer: Transfer;
  readonly etag: Item['etag'];
}

export const transferKey = (transferId: Hash): string => `transfer#${transferId}`;

/** The id is in the key alone: a kilobyte more of the item is a write unit more of each payment. */
const storedBody = transferBody.omit({ transferId: true });

const fromStored = ({ key, body }: Item): Transfer => ({
  transferId: hash.parse(key.slice(transferKey('' as Hash).length)),
  ...storedBody.parse(body),
});

const bodies = new ParsedBodies(fromStored, {
  weigh: () => 1,
  most: 5_000,
});

export const parseTransfer = (item: Item): LoadedTransfer => ({
  transfer: bodies.of(item),
  etag: item.etag,
});

/** After its put. */
export const written = (transfer: Transfer, etag: Item['etag']): void =>
  bodies.keep(transferKey(transfer.transferId), etag, transfer);

export const newTransfer = (seed: TransferSeed): Transfer => ({
  ...seed,
  seq: 0,
  listed: false,
  status: { kind: 'pending' },
});

export const payeeOf = (transfer: Transfer): Address | null =>
  transfer.status.kind === 'claimed' || transfer.status.kind === 'resolved'
    ? transfer.status.user
    : transfer.recipient;

export const isOpen = ({ status: { kind } }: Transfer): boolean => kind === 'pending' || kind === 'claimed';

/**
 * The sweep has not looked at it yet: the payer's channel is due a handler's life after each payment. Most payments are
 * over by then and never cost an entry in the list of open ones.
 */
export const isRecent = ({ createdAt }: Transfer, now: number, handlerLife: number): boolean =>
  now <= createdAt + handlerLife;

/** No entry ever moves: those by payer and payee stay, the one of an open transfer is removed with its end. */
export function transferItem(transfer: Transfer): NewItem {
  const { transferId, ...body } = transfer;
  const payee = payeeOf(transfer);
  const sort = paddedTime(transfer.createdAt);
  const ofPayee = payee === null ? null : { partition: `${transfer.chainId}#${payee}`, sort };
  return {
    key: transferKey(transferId),
    schema: TRANSFER_SCHEMA,
    body: toJson(body),
    index: {
      payer: { partition: `${transfer.chainId}#${transfer.payer}`, sort },
      ...(ofPayee && { payee: ofPayee }),
      ...(ofPayee && transfer.listed && isOpen(transfer) && { open: ofPayee }),
    },
  };
}

/** One write of a transfer, to be made with others in order. */
export interface TransferPut extends Put {
  readonly transfer: Transfer;
}
export const putOf = (transfer: Transfer, expect: Put['expect']): TransferPut => ({
  transfer,
  item: transferItem(transfer),
  expect,
});

export interface Claim {
  readonly channel: Address;
  readonly appId: Hash;
  readonly user: Address;
}

/** Rule 1: pending, or claimed by the same channel and app, may be claimed; every attempt counts. From `checkAt` on it may be released. */
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
  if (current.kind === 'resolved')
    return current.preimage === preimage && current.appId === appId ? 'done' : 'foreign';
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
