// SPDX-License-Identifier: MIT
/**
 * Effects that are one write of a transfer each, made out before the commit so that they are stored right after it, in
 * one go with it (`commitAmong`). Whatever is not is made true by `performEffects`, as is whatever did not land.
 */
import type { ChannelBody, Effect } from './channel-item.ts';
import type { Hub } from './hub.ts';
import { performEffects, tellPayee, tellPayer } from './outbox.ts';
import { isRecent, newTransfer, putOf, resolveTransfer, type TransferPut } from './transfer-item.ts';
import type { TransfersOfStep } from './transfers.ts';

export interface ReadyEffect {
  readonly effect: Effect;
  readonly put: TransferPut;
}

/** Null where it takes more than one write, or where T is not what the effect needs yet. */
async function ready(hub: Hub, effect: Effect, transfers: TransfersOfStep): Promise<ReadyEffect | null> {
  switch (effect.kind) {
    case 'create':
      return { effect, put: putOf(newTransfer(effect.transfer), 'absent') };
    case 'paid': {
      const loaded = await transfers.load(effect.transferId);
      if (loaded === null) return null;
      const transfer = resolveTransfer(loaded.transfer, effect, hub.clock.now());
      if (transfer === 'done' || transfer === 'foreign') return null;
      return { effect, put: putOf(transfer, loaded.etag) };
    }
    case 'execute':
      return null;
  }
}

export async function readyEffects(
  hub: Hub,
  effects: readonly Effect[],
  transfers: TransfersOfStep,
): Promise<readonly ReadyEffect[]> {
  const found = await Promise.all(effects.map((effect) => ready(hub, effect, transfers)));
  return found.filter((one) => one !== null);
}

/**
 * Whether the sweep would come by on its own soon after a death: it looks at the payer's channel a handler's life after
 * the payment, and from the transfer finds what its payee's commit owes. Later the payee's channel must be due itself.
 */
export function isLookedAfter(hub: Hub, effects: readonly Effect[], ready: readonly ReadyEffect[]): boolean {
  const now = hub.clock.now();
  return effects.every((effect) => {
    if (effect.kind !== 'paid') return false;
    const transfer = ready.find((one) => one.effect === effect)?.put.transfer;
    return transfer !== undefined && isRecent(transfer, now, hub.config.limits.handlerLife);
  });
}

/** After the commit. What was `stored` with it is told of; of the other effects each looks before it acts. */
export async function actOn(
  hub: Hub,
  body: ChannelBody,
  effects: readonly Effect[],
  stored: readonly ReadyEffect[],
): Promise<void> {
  const done = new Set(stored.map(({ effect }) => effect));
  for (const { effect, put } of stored) {
    if (effect.kind === 'create') tellPayee(hub, effect.transfer);
    else if (effect.kind === 'paid') await tellPayer(hub, put.transfer, effect);
  }
  const left = effects.filter((effect) => !done.has(effect));
  await performEffects(hub, body, left);
}
