// SPDX-License-Identifier: MIT
/** What a user may ask about transfers, and the payer's cancel. */
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import type { BodyOf, ResultOf } from '../../protocol/wire/requests.ts';
import type { Caller, Hub, HubChain } from '../hub.ts';
import { OPEN_SORT, parseTransfer, type Transfer } from '../transfer-item.ts';
import { viewOf } from '../transfer-view.ts';
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
