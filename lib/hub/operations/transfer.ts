// SPDX-License-Identifier: MIT
/** What a user may ask about transfers, and the payer's cancel. */
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import type { Address } from '../../protocol/types.ts';
import type { BodyOf, ResultOf, TransferView } from '../../protocol/wire/requests.ts';
import type { Caller, Hub, HubChain } from '../hub.ts';
import { OPEN_SORT, parseTransfer, type Transfer } from '../transfer-item.ts';
import { loadTransfer, writeCancelled } from '../transfers.ts';

type Result = Outcomes<ResultOf<'transfer'>>;

const PAGE = 50;

export async function transfer(
  hub: Hub,
  _chain: HubChain,
  caller: Caller,
  request: BodyOf<'transfer'>,
): Promise<Result> {
  switch (request.kind) {
    case 'pending':
      return list(hub, caller, 'payee', { from: OPEN_SORT }, request.after);
    case 'history':
      return list(hub, caller, request.side, { descending: true }, request.after);
    case 'get': {
      const loaded = await loadTransfer(hub, request.transferId);
      const view = loaded && viewOf(loaded.transfer, caller);
      return view
        ? ok({ transfers: [view] })
        : refuse('unknown_transfer', { transferId: request.transferId });
    }
    case 'cancel':
      return cancel(hub, caller, request.transferId);
  }
}

async function list(
  hub: Hub,
  caller: Caller,
  side: 'payer' | 'payee',
  range: { readonly from?: string; readonly descending?: boolean },
  after: string | undefined,
): Promise<Result> {
  const options = { ...range, limit: PAGE, ...(after === undefined ? {} : { after }) };
  const page = await hub.store.query(side, `${caller.chainId}#${caller.user}`, options);
  const transfers = page.items.flatMap((item) => viewOf(parseTransfer(item).transfer, caller) ?? []);
  return ok({ transfers, ...(page.next === undefined ? {} : { next: page.next }) });
}

async function cancel(hub: Hub, caller: Caller, transferId: Transfer['transferId']): Promise<Result> {
  const loaded = await loadTransfer(hub, transferId);
  if (loaded === null) return refuse('unknown_transfer', { transferId });
  if (loaded.transfer.payer !== caller.user) return refuse('not_yours', { transferId });
  const cancelled = await writeCancelled(hub, transferId);
  if (!cancelled.ok) return cancelled;
  hub.bus.event(caller.user, { type: 'transfer.cancelled', transferId });
  const view = viewOf(cancelled.value, caller);
  return view === null ? refuse('unknown_transfer', { transferId }) : ok({ transfers: [view] });
}

function roleOf(transfer: Transfer, user: Address): TransferView['role'] | null {
  if (transfer.payer === user) return 'payer';
  const { status } = transfer;
  const taker = status.kind === 'claimed' || status.kind === 'resolved' ? status.user : transfer.recipient;
  if (taker === user) return 'payee';
  return transfer.recipient === null ? 'bearer' : null;
}

/** What this user may see of it; null if nothing. Secrets of others are left out (invariant 9). */
function viewOf(transfer: Transfer, caller: Caller): TransferView | null {
  const role = transfer.chainId === caller.chainId ? roleOf(transfer, caller.user) : null;
  if (role === null) return null;
  const { status } = transfer;
  return {
    transferId: transfer.transferId,
    status: status.kind,
    role,
    asset: transfer.asset,
    amount: transfer.amount,
    lockHash: transfer.lockHash,
    claimant: transfer.claimant,
    recipient: transfer.recipient,
    sealed: role === 'payee' ? transfer.sealed : null,
    expiresAt: transfer.expiresAt,
    holdUntil: transfer.holdUntil,
    preimage: status.kind === 'resolved' && role !== 'bearer' ? status.preimage : null,
    appId: role === 'payer' ? transfer.appId : null,
    note: transfer.note,
    sender: transfer.sender,
    createdAt: transfer.createdAt,
  };
}
