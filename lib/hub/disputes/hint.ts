// SPDX-License-Identifier: MIT
/** Where a payer has left, the preimage just learned is to be shown on chain at once, not when its time comes (invariant 7). */
import { parseDispute } from './dispute-item.ts';
import type { Hub } from '../hub.ts';
import type { Transfer } from '../transfer-item.ts';

/** Seconds one list of disputes serves: payments must not each pay for a query. */
const REUSE = 5;
const MOST = 500;

interface Known {
  readonly at: number;
  /** Null: too many to list. */
  readonly channels: ReadonlySet<string> | null;
}
const lastLists = new WeakMap<Hub['store'], Known>();

async function disputedChannels({ store, clock }: Hub): Promise<Known['channels']> {
  const now = clock.now();
  const last = lastLists.get(store);
  if (last !== undefined && now - last.at < REUSE) return last.channels;
  const page = await store.query('kind', 'dispute', { limit: MOST });
  const channels =
    page.next === undefined
      ? new Set(page.items.map((item) => parseDispute(item).dispute.channel.address as string))
      : null;
  lastLists.set(store, { at: now, channels });
  return channels;
}

/** Has the payer's channel looked at now if it is disputed. A hint that is lost costs the time until the dispute's next look. */
export async function hintPayer(
  hub: Hub,
  { chainId, payerChannel }: Pick<Transfer, 'chainId' | 'payerChannel'>,
): Promise<void> {
  const disputed = await disputedChannels(hub);
  if (disputed === null || disputed.has(payerChannel)) lookSoon(hub, chainId, payerChannel);
}

export const lookSoon = (hub: Pick<Hub, 'bus'>, chainId: number, channel: string): void =>
  hub.bus.trigger('watch', { chainId, channel });
