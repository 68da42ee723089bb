// SPDX-License-Identifier: MIT
/** Finishes what a dead handler left: overdue effects, claims nobody committed, transfers past their time. Needs no operator (invariant 12). */
import { parseChannel, type LoadedChannel } from '../channel-item.ts';
import { commitChannel } from '../channels.ts';
import type { Hub, HubChain } from '../hub.ts';
import { remainingEffects } from '../outbox.ts';
import { paddedTime } from '../../store/padded-time.ts';
import { parseTransfer, type Transfer } from '../transfer-item.ts';
import { releaseClaim, writeCancelled } from '../transfers.ts';

/** Items of one pass; the next tick goes on. */
const BATCH = 100;

export async function sweep(hub: Hub, chain: HubChain): Promise<number> {
  const now = hub.clock.now();
  const page = await hub.store.query('due', `${chain.config.chainId}`, {
    to: `${paddedTime(now)}~`,
    limit: BATCH,
  });
  for (const item of page.items) {
    try {
      if (item.key.startsWith('channel#')) await clearOutbox(hub, parseChannel(item));
      else await settleTransfer(hub, parseTransfer(item).transfer);
    } catch (cause) {
      hub.log.error({ key: item.key, cause }, 'an overdue item could not be swept');
    }
  }
  return page.items.length;
}

async function clearOutbox(hub: Hub, { body, etag }: LoadedChannel): Promise<void> {
  const outbox = [...(await remainingEffects(hub, body))];
  const now = hub.clock.now();
  // What cannot be done now is looked at again a handler's life later, not at every tick.
  await commitChannel(hub, { ...body, outbox: outbox.map((effect) => ({ ...effect, at: now })) }, etag);
}

async function settleTransfer(hub: Hub, transfer: Transfer): Promise<void> {
  if (transfer.status.kind === 'claimed') {
    await releaseClaim(hub, transfer.transferId);
    return;
  }
  if (transfer.status.kind !== 'pending' || hub.clock.now() <= transfer.expiresAt) return;
  const cancelled = await writeCancelled(hub, transfer.transferId);
  if (cancelled.ok)
    hub.bus.event(transfer.payer, { type: 'transfer.cancelled', transferId: transfer.transferId });
}
