// SPDX-License-Identifier: MIT
/** Transfers of both directions: the hub's list joined with what only this client knows. */
import type { Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import { lockHashOf } from '../protocol/secrets.ts';
import { NO_ADDRESS, type Address, type Hash, type Payment } from '../protocol/types.ts';
import type { TransferStatus, TransferView } from '../protocol/wire/requests.ts';
import { backoffMs } from './backoff.ts';
import { IndraError } from './indra-error.ts';
import { recallReceived, recallSent } from './payment-facts.ts';
import { ownPayment, statePayment, verifyPayment, type VerifiedPayment } from './payment-terms.ts';
import type { Session } from './session.ts';

export interface TransferEntry {
  readonly transferId: Hash;
  readonly direction: 'sent' | 'received' | 'link';
  readonly status: TransferStatus;
  readonly asset: Address;
  /** In the asset's smallest unit. */
  readonly amount: bigint;
  readonly note: string | null;
  readonly payer: Address;
  /** Identifier of the payer; null where it gave none that is its own. */
  readonly from: string | null;
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

/** Of the hub's list only the status and the time are its word; null where nothing here proves the rest (invariant 16). */
async function entryOf(
  session: Session,
  view: TransferView,
  secret: Hash | null,
): Promise<TransferEntry | null> {
  return view.role === 'payer' ? sentEntry(session, view) : receivedEntry(session, view, secret);
}

async function sentEntry(session: Session, view: TransferView): Promise<TransferEntry | null> {
  const { store, key } = session;
  const facts = await recallSent(store, view.transferId);
  const fixed = facts && statePayment(session, { ...facts, transferId: view.transferId });
  const own = facts === null ? ownPayment(session, view) : null;
  const made = fixed?.ok ? fixed.value : own;
  if (made === null) return null;
  const isPaid = view.preimage !== null && lockHashOf(view.preimage) === made.lockHash;
  return {
    ...factsOf(view, made.payment),
    status: view.status === 'resolved' && !isPaid ? 'claimed' : view.status,
    from: key.identifier,
    to: facts === null ? (own?.to ?? null) : facts.to,
    note: facts === null ? (own?.note ?? null) : facts.note,
    paymentId: facts === null ? (own?.paymentId ?? null) : facts.paymentId,
  };
}

async function receivedEntry(
  session: Session,
  view: TransferView,
  secret: Hash | null,
): Promise<TransferEntry | null> {
  const known = secret === null ? await received(session, view) : verifyPayment(session, view, secret);
  if (known === null) return null;
  if (!known.ok) throw IndraError.of(known.error);
  const { payment, sender, note } = known.value;
  const to = view.role === 'payee' ? session.key.identifier : null;
  return { ...factsOf(view, payment), from: sender, to, note, paymentId: null };
}

/** What the payer signed, by the secret that was sealed to this user, or as it was when its link was opened. */
async function received(
  { store, key, channel }: Session,
  view: TransferView,
): Promise<Outcomes<Pick<VerifiedPayment, 'payment' | 'sender' | 'note'>> | null> {
  const secret = view.sealed === null ? null : key.unseal(view.sealed);
  if (secret !== null) return verifyPayment({ channel, key }, view, secret);
  const facts = await recallReceived(store, view.transferId);
  return facts && ok(facts);
}

const factsOf = ({ transferId, role, status, createdAt }: TransferView, payment: Payment) => ({
  transferId,
  direction: DIRECTIONS[role],
  status,
  asset: payment.asset,
  amount: payment.amount,
  payer: payment.payer,
  recipient: payment.payee === NO_ADDRESS ? null : payment.payee,
  expiresAt: payment.expiresAt,
  createdAt,
});

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
  const entries = await Promise.all(
    page.transfers.map((view) => entryOf(session, view, null).catch(() => null)),
  );
  return { entries: entries.filter((entry) => entry !== null), next: page.next ?? null };
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
  const view = await lookUp(session, transferId, id, signal);
  if (view === null) throw IndraError.from('unknown_transfer', { transferId });
  const entry = await entryOf(session, view, null);
  if (entry === null)
    throw IndraError.from(view.role === 'payer' ? 'terms_differ' : 'not_recipient', { transferId });
  return entry;
}

/** Of a link, whose secret proves what its payer signed. */
export async function linkStatus(
  session: Session,
  transferId: Hash,
  secret: Hash,
  id: string,
  signal: AbortSignal,
): Promise<TransferEntry> {
  const view = await lookUp(session, transferId, id, signal);
  const entry = view && (await entryOf(session, view, secret));
  if (entry === null) throw IndraError.from('unknown_transfer', { transferId });
  return entry;
}

/** A payment of this key that the hub holds, as it was signed; null where there is none. */
export async function madePayment(
  session: Session,
  transferId: Hash,
  id: string,
  signal: AbortSignal,
): Promise<VerifiedPayment | null> {
  const view = await lookUp(session, transferId, id, signal);
  if (view === null) return null;
  const made = ownPayment(session, view);
  if (made === null) throw IndraError.from('terms_differ', { transferId });
  return made;
}

async function lookUp(
  session: Session,
  transferId: Hash,
  id: string,
  signal: AbortSignal,
): Promise<TransferView | null> {
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
    if (view !== undefined) return view;
    if (!isOpen) return null;
    await clock.sleep(backoffMs(attempt), signal);
  }
}

const hasOpenPayment = ({ writer }: Session, transferId: Hash): boolean =>
  writer.record.routes.some((route) => route.side === 'payer' && route.transferId === transferId);
