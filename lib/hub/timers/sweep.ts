// SPDX-License-Identifier: MIT
/**
 * Finishes what a dead handler left: overdue effects, claims nobody committed, transfers past their time. Needs no
 * operator (invariant 12). Only channels are due: an open transfer has its payer's app open, or departed with its epoch,
 * so its payer's channel leads to it. A look decides from the bodies, and says when the next one is.
 */
import { parseChannel, type LoadedChannel } from '../channel-item.ts';
import { commitChannel } from '../channels.ts';
import type { Hub, HubChain } from '../hub.ts';
import { remainingEffects, tellPayee } from '../outbox.ts';
import type { Hash } from '../../protocol/types.ts';
import { paddedTime } from '../../store/padded-time.ts';
import { payeeOf, type Transfer } from '../transfer-item.ts';
import { isStale, releaseClaim, transfersOfStep, writeCancelled, writeListed } from '../transfers.ts';

/** Channels of one pass; the next tick goes on. */
const BATCH = 100;

export async function sweep(hub: Hub, chain: HubChain): Promise<number> {
  const to = paddedTime(hub.clock.now());
  const page = await hub.store.query('due', `${chain.config.chainId}`, { to, limit: BATCH });
  for (const item of page.items) {
    try {
      await lookAfter(hub, parseChannel(item));
    } catch (cause) {
      hub.log.error({ key: item.key, cause }, 'an overdue item could not be swept');
    }
  }
  return page.items.length;
}

async function lookAfter(hub: Hub, { body, etag }: LoadedChannel): Promise<void> {
  const transfers = transfersOfStep(hub);
  const outbox = await remainingEffects(hub, body, transfers);
  const retry = hub.clock.now() + hub.config.limits.handlerLife;
  const times = outbox.length === 0 ? [] : [retry];
  const over = new Set<Hash>();
  for (const { transferId } of [...body.routes, ...body.departed]) {
    const held = await transfers.load(transferId);
    const next = held === null ? retry : await settle(hub, held.transfer, retry);
    if (next === null) over.add(transferId);
    else times.push(next);
  }
  // A payee's side stays as long as its claim may be judged by it (rule 5).
  const departed = body.departed.filter(({ side, transferId }) => side === 'payee' || !over.has(transferId));
  const due = times.length === 0 ? null : Math.min(...times);
  await commitChannel(hub, { ...body, outbox, departed, due }, etag);
}

/** When to look at it again; null once it is over. What could not be done is tried again at `retry`. */
async function settle(hub: Hub, transfer: Transfer, retry: number): Promise<number | null> {
  const { transferId, expiresAt, status } = transfer;
  switch (status.kind) {
    case 'resolved':
    case 'cancelled':
      return null;
    case 'pending':
      if (hub.clock.now() <= expiresAt)
        return (await list(hub, transferId, transfer)) ? expiresAt + 1 : retry;
      return (await cancel(hub, transfer)) ? null : retry;
    case 'claimed': {
      if (!isStale(hub, transfer))
        return (await list(hub, transferId, transfer)) ? status.checkAt : retry;
      const released = await releaseClaim(hub, transferId);
      if (!released.ok) return retry;
      const after = released.value;
      if (after.status.kind === 'claimed') return Math.max(retry, after.status.checkAt);
      return after.status.kind === 'pending' ? settle(hub, after, retry) : null;
    }
  }
}

async function cancel(hub: Hub, { transferId, payer }: Transfer): Promise<boolean> {
  const cancelled = await writeCancelled(hub, transferId);
  if (cancelled.ok) hub.bus.event(payer, { type: 'transfer.cancelled', transferId });
  return cancelled.ok;
}

/** What was not paid at once is listed, and its payee told once more: it may have come since. */
async function list(hub: Hub, transferId: Hash, transfer: Transfer): Promise<boolean> {
  if (transfer.listed || payeeOf(transfer) === null) return true;
  const listed = await writeListed(hub, transferId);
  if (listed.ok && listed.value.status.kind === 'pending') tellPayee(hub, listed.value);
  return listed.ok;
}
