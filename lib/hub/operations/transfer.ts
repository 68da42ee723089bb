// SPDX-License-Identifier: MIT
/** What a user may ask about transfers, and the payer's cancel. */
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import type { BodyOf, ResultOf } from '../../protocol/wire/requests.ts';
import type { Caller, Hub, HubChain } from '../hub.ts';
import { isOpen, parseTransfer, type Transfer } from '../transfer-item.ts';
import { viewOf } from '../transfer-view.ts';
import { freed, loadTransfer, writeCancelled } from '../transfers.ts';
import { paddedTime } from '../../store/padded-time.ts';
import type { IndexName, Page, QueryOptions } from '../../store/store.ts';

type Result = Outcomes<ResultOf<'transfer'>>;

const PAGE = 50;
/** Lives of a handler after which the sweep has surely listed what is still open. */
const LISTED_AFTER = 10;

export async function transfer(
  hub: Hub,
  _chain: HubChain,
  caller: Caller,
  request: BodyOf<'transfer'>,
): Promise<Result> {
  switch (request.kind) {
    case 'pending':
      return pending(hub, caller, request.after);
    case 'history':
      return history(hub, caller, request.side, request.after);
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

const ofCaller = (hub: Hub, caller: Caller, index: IndexName, options: QueryOptions): Promise<Page> =>
  hub.store.query(index, `${caller.chainId}#${caller.user}`, options);

const transfersIn = (page: Page): readonly Transfer[] =>
  page.items.map((item) => parseTransfer(item).transfer);

const seenBy = (caller: Caller, transfers: readonly Transfer[]) =>
  transfers.flatMap((transfer) => viewOf(transfer, caller) ?? []);

async function history(
  hub: Hub,
  caller: Caller,
  side: 'payer' | 'payee',
  after: string | undefined,
): Promise<Result> {
  const page = await ofCaller(hub, caller, side, { descending: true, limit: PAGE, ...(after && { after }) });
  return ok({ transfers: seenBy(caller, transfersIn(page)), ...(page.next && { next: page.next }) });
}

/** Prefixes of a cursor: first the newest transfers, of which some are not listed yet, then the list of open ones. */
const NEWEST = 'new.';
const LISTED = 'open.';

async function pending(hub: Hub, caller: Caller, after: string | undefined): Promise<Result> {
  if (after?.startsWith(LISTED) === true) {
    const from = after.slice(LISTED.length);
    const page = await ofCaller(hub, caller, 'open', { limit: PAGE, ...(from !== '' && { after: from }) });
    return ok({
      transfers: seenBy(caller, transfersIn(page)),
      ...(page.next && { next: `${LISTED}${page.next}` }),
    });
  }
  const from = paddedTime(Math.max(0, hub.clock.now() - LISTED_AFTER * hub.config.limits.handlerLife));
  const newest = await ofCaller(hub, caller, 'payee', {
    from,
    limit: PAGE,
    ...(after !== undefined && { after: after.startsWith(NEWEST) ? after.slice(NEWEST.length) : after }),
  });
  const open = transfersIn(newest).filter(isOpen);
  if (newest.next !== undefined)
    return ok({ transfers: seenBy(caller, open), next: `${NEWEST}${newest.next}` });
  // A page is one message, and what strangers say to a payee must not make it longer than the bus carries.
  const room = PAGE - open.length;
  if (room === 0) return ok({ transfers: seenBy(caller, open), next: LISTED });
  const listed = await ofCaller(hub, caller, 'open', { limit: room });
  const known = new Set(open.map(({ transferId }) => transferId));
  const older = transfersIn(listed).filter(({ transferId }) => !known.has(transferId));
  return ok({
    transfers: seenBy(caller, [...open, ...older]),
    ...(listed.next && { next: `${LISTED}${listed.next}` }),
  });
}

async function cancel(hub: Hub, caller: Caller, transferId: Transfer['transferId']): Promise<Result> {
  const loaded = await loadTransfer(hub, transferId);
  if (loaded === null) return refuse('unknown_transfer', { transferId });
  if (loaded.transfer.payer !== caller.user) return refuse('not_yours', { transferId });
  const first = await writeCancelled(hub, transferId);
  const isFree = first.ok || (await freed(hub, loaded.transfer));
  const cancelled = first.ok || !isFree ? first : await writeCancelled(hub, transferId);
  if (!cancelled.ok) return cancelled;
  hub.bus.event(caller.user, { type: 'transfer.cancelled', transferId });
  const view = viewOf(cancelled.value, caller);
  return view === null ? refuse('unknown_transfer', { transferId }) : ok({ transfers: [view] });
}
