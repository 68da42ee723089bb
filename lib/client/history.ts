// SPDX-License-Identifier: MIT
/** Transfers of both directions: the hub's list joined with what only this client knows. */
import type { Address, Hash } from '../protocol/types.ts';
import type { TransferStatus, TransferView } from '../protocol/wire/requests.ts';
import { backoffMs } from './backoff.ts';
import { IndraError } from './indra-error.ts';
import { recallPayment } from './payment-facts.ts';
import type { Session } from './session.ts';

export interface TransferEntry {
  readonly transferId: Hash;
  readonly direction: 'sent' | 'received' | 'link';
  readonly status: TransferStatus;
  readonly asset: Address;
  /** In the asset's smallest unit. */
  readonly amount: bigint;
  readonly note: string | null;
  /** Identifier of the payer. */
  readonly from: string;
  /** Identifier of the payee where it is known; null for a link. */
  readonly to: string | null;
  readonly recipient: Address | null;
  /** Of payments made here. */
  readonly paymentId: Hash | null;
  /** Seconds since 1970. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface HistoryPage {
  readonly entries: readonly TransferEntry[];
  /** Give it back to get the page after this one. */
  readonly next: string | null;
}

const DIRECTIONS = { payer: 'sent', payee: 'received', bearer: 'link' } as const;

async function entryOf({ store, key }: Session, view: TransferView): Promise<TransferEntry> {
  const facts = view.role === 'payer' ? await recallPayment(store, view.transferId) : null;
  const { transferId, status, asset, amount, note, sender, recipient, createdAt, expiresAt } = view;
  return {
    transferId,
    direction: DIRECTIONS[view.role],
    status,
    asset,
    amount,
    note,
    from: sender,
    to: view.role === 'payee' ? key.identifier : (facts?.to ?? null),
    recipient,
    paymentId: facts?.paymentId ?? null,
    createdAt,
    expiresAt,
  };
}

export interface HistoryRequest {
  readonly side: 'sent' | 'received';
  readonly after?: string | undefined;
}

/** One page, newest first, those still open before those that are over. */
export async function history(
  session: Session,
  { side, after }: HistoryRequest,
  id: string,
  signal: AbortSignal,
): Promise<HistoryPage> {
  const request = {
    kind: 'history',
    side: side === 'sent' ? 'payer' : 'payee',
    ...(after === undefined ? {} : { after }),
  } as const;
  const page = await session.hub.insist('transfer', request, { id, signal });
  const entries = await Promise.all(page.transfers.map((view) => entryOf(session, view)));
  return { entries, next: page.next ?? null };
}

/**
 * Rejects with `unknown_transfer` where there is none, or where it is none of this user's business. A payment of our own
 * that is agreed and still open cannot be unknown: the hub has signed it and only not written it down, so it is asked again.
 */
export async function transferStatus(
  session: Session,
  transferId: Hash,
  id: string,
  signal: AbortSignal,
): Promise<TransferEntry> {
  const { hub, clock } = session;
  for (let attempt = 1; ; attempt++) {
    const isOpen = hasOpenPayment(session, transferId);
    const view = await hub
      .insist('transfer', { kind: 'get', transferId }, { id, signal })
      .then((found) => found.transfers[0])
      .catch((error: unknown) => {
        if (error instanceof IndraError && error.code === 'unknown_transfer') return undefined;
        throw error;
      });
    if (view !== undefined) return entryOf(session, view);
    if (!isOpen) throw IndraError.from('unknown_transfer', { transferId });
    await clock.sleep(backoffMs(attempt), signal);
  }
}

const hasOpenPayment = ({ writer }: Session, transferId: Hash): boolean =>
  writer.record.routes.some((route) => route.side === 'payer' && route.transferId === transferId);
