// SPDX-License-Identifier: MIT
/**
 * Effects that are one write of a transfer each, made out before the commit so that they are stored right after it, in
 * one go with it (`commitAmong`). Whatever is not is made true by `performEffects`, as is whatever did not land.
 */
import type { Put } from '../store/store.ts';
import type { ChannelBody, Effect } from './channel-item.ts';
import type { Hub } from './hub.ts';
import { performEffects, tellPayee } from './outbox.ts';
import { newTransfer, resolveTransfer, transferItem } from './transfer-item.ts';
import { loadTransfer } from './transfers.ts';

export interface ReadyEffect {
  readonly effect: Effect;
  readonly put: Put;
}

/** Null where it takes more than one write, or where T is not what the effect needs yet. */
async function ready(hub: Hub, effect: Effect): Promise<ReadyEffect | null> {
  switch (effect.kind) {
    case 'create':
      return { effect, put: { item: transferItem(newTransfer(effect.transfer)), expect: 'absent' } };
    case 'paid': {
      const loaded = await loadTransfer(hub, effect.transferId);
      if (loaded === null) return null;
      const resolved = resolveTransfer(loaded.transfer, effect, hub.clock.now());
      if (resolved === 'done' || resolved === 'foreign') return null;
      return { effect, put: { item: transferItem(resolved), expect: loaded.etag } };
    }
    case 'execute':
      return null;
  }
}

export async function readyEffects(hub: Hub, effects: readonly Effect[]): Promise<readonly ReadyEffect[]> {
  const found = await Promise.all(effects.map((effect) => ready(hub, effect)));
  return found.filter((one) => one !== null);
}

/** After the commit. A transfer that was `stored` with it is told of; of the others each looks before it acts. */
export async function actOn(
  hub: Hub,
  body: ChannelBody,
  effects: readonly Effect[],
  stored: readonly ReadyEffect[],
): Promise<void> {
  const created = new Set<Effect>();
  for (const { effect } of stored) {
    if (effect.kind !== 'create') continue;
    created.add(effect);
    tellPayee(hub, effect.transfer);
  }
  const left = effects.filter((effect) => !created.has(effect));
  await performEffects(hub, body, left);
}
