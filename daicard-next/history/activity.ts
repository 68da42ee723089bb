// SPDX-License-Identifier: MIT
/** One line of the history, from whatever knows of it: the hub's list, this device's journal, or both. */
import type { TransferEntry } from '../../lib/client/history.ts';
import type { Address, Hash } from '../../lib/protocol/types.ts';
import type { JournalEntry, PaymentEntry, WithdrawalEntry } from './journal-entry.ts';

export type ActivityState =
  | 'sending'
  /** Asked for and not answered yet: neither paid nor failed. */
  | 'unknown'
  | 'sent'
  | 'pending'
  | 'arriving'
  | 'paid'
  | 'received'
  | 'returning'
  | 'refunded'
  | 'refused'
  | 'onItsWay'
  | 'paidOut'
  | 'credited';

export interface Activity {
  readonly id: string;
  readonly kind: 'sent' | 'link' | 'received' | 'deposit' | 'withdrawal';
  readonly state: ActivityState;
  readonly asset: Address;
  /** In the asset's smallest unit. */
  readonly amount: bigint;
  /** Identifier or address of the other side, where it is known. */
  readonly counterparty: string | null;
  readonly note: string | null;
  /** Seconds since 1970. */
  readonly at: number;
  /** Transfer of a link that can still be shown or taken back. */
  readonly openLink: Hash | null;
  /** Id of a payment that may be tried again. */
  readonly retry: Hash | null;
}

/** Newest first. `oldest`: before it the hub has more to tell; what the journal says of that time waits until it does. */
export function activitiesOf(
  transfers: readonly TransferEntry[],
  journal: readonly JournalEntry[],
  { now, oldest }: { readonly now: number; readonly oldest: number },
): readonly Activity[] {
  const known = new Set(transfers.map((transfer) => transfer.transferId));
  const own = journal.flatMap((entry) => {
    if (entry.createdAt < oldest) return [];
    if (entry.kind === 'payment') return known.has(entry.transferId) ? [] : [ofPayment(entry)];
    return [entry.kind === 'withdrawal' ? ofWithdrawal(entry) : ofDeposit(entry)];
  });
  const told = transfers.flatMap((transfer) => {
    const entry = journal.find(
      (other) => other.kind === 'payment' && other.transferId === transfer.transferId,
    );
    return ofTransfer(transfer, entry?.kind === 'payment' ? entry : null, now);
  });
  return [...own, ...told].sort((one, two) => two.at - one.at);
}

function ofTransfer(transfer: TransferEntry, entry: PaymentEntry | null, now: number): readonly Activity[] {
  const { transferId: id, asset, amount, note, createdAt: at, status } = transfer;
  const common = { id, asset, amount, note, at, retry: null };
  if (transfer.direction === 'received') {
    // Taken back before it was received: nothing of it was ever here.
    if (status === 'cancelled') return [];
    const state = status === 'resolved' ? 'received' : 'arriving';
    return [
      { ...common, kind: 'received', state, counterparty: transfer.from ?? transfer.payer, openLink: null },
    ];
  }
  const isLink = entry === null ? transfer.recipient === null : entry.to === null;
  const state = stateOfSent(transfer, now);
  return [
    {
      ...common,
      kind: isLink ? 'link' : 'sent',
      state,
      counterparty: entry?.to ?? transfer.to,
      openLink: isLink && state === 'pending' ? id : null,
    },
  ];
}

function stateOfSent({ status, expiresAt }: TransferEntry, now: number): ActivityState {
  switch (status) {
    case 'pending':
      return now > expiresAt ? 'returning' : 'pending';
    case 'claimed':
      return 'pending';
    case 'resolved':
      return 'paid';
    case 'cancelled':
      return 'refunded';
  }
}

function ofPayment({ id, to, asset, amount, note, createdAt: at, status }: PaymentEntry): Activity {
  const retry = status === 'unknown' || status === 'refused' ? id : null;
  return {
    id,
    kind: to === null ? 'link' : 'sent',
    state: status,
    asset,
    amount,
    note,
    at,
    counterparty: to,
    openLink: null,
    retry,
  };
}

const WITHDRAWAL_STATES = {
  signing: 'sending',
  unknown: 'unknown',
  agreed: 'onItsWay',
  executed: 'paidOut',
  returned: 'refunded',
  refused: 'refused',
} as const;

const ofWithdrawal = ({
  id,
  asset,
  amount,
  createdAt: at,
  recipient,
  status,
}: WithdrawalEntry): Activity => ({
  ...{ id, asset, amount, at, note: null, openLink: null, retry: null },
  kind: 'withdrawal',
  state: WITHDRAWAL_STATES[status],
  counterparty: recipient,
});

const ofDeposit = ({
  id,
  asset,
  amount,
  createdAt: at,
}: Extract<JournalEntry, { kind: 'deposit' }>): Activity => ({
  ...{ id, asset, amount, at, note: null, openLink: null, retry: null },
  kind: 'deposit',
  state: 'credited',
  counterparty: null,
});
