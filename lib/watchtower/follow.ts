// SPDX-License-Identifier: MIT
/**
 * Follows the registry from a stored cursor and marks the channels it speaks of. Events only say where to look: what is
 * to be done follows from the chain and from what is held, so reading them twice or late is harmless.
 */
import { LOG_SPAN } from '../chain/log-spans.ts';
import { refuse, type Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import type { Address } from '../protocol/types.ts';
import type { Item } from '../store/store.ts';
import type { Block } from './ports.ts';
import { parseTowerCursor, towerCursorItem, towerCursorKey, type TowerCursor } from './tower-cursor.ts';
import type { Tower, TowerChain } from './tower.ts';
import { parseWatched, watchedItem, watchedKey, type Watched } from './watched-item.ts';

/** Blocks read again behind the cursor, and for which something answered is still looked at. */
export const REREAD = 12;
const PAGE = 200;

export interface Followed {
  readonly latest: Block;
  /** Whether it is another than in the round before. */
  readonly isNew: boolean;
}

/** The latest block, once all up to it is marked. */
export async function follow(tower: Tower, chain: TowerChain): Promise<Outcomes<Followed>> {
  const { store, clock } = tower;
  const item = await store.get(towerCursorKey(chain.chainId));
  const latest = await chain.reader.latest();
  if (!latest.ok) return latest;
  const cursor = item && parseTowerCursor(item);
  const isSame = await isSameChain(chain, cursor, latest.value);
  if (!isSame.ok) return isSame;
  // Whatever was answered since then may have come undone without a word of it in any block that is left.
  if (!isSame.value) await markAll(tower, chain);
  const marked = await markSpoken(tower, chain, cursor, latest.value);
  if (!marked.ok) return marked;
  const base = await chain.reader.block(Math.max(0, latest.value.number - REREAD));
  if (!base.ok) return base;
  const next: TowerCursor = {
    block: latest.value.number,
    seenAt: clock.now(),
    base: { block: base.value.number, hash: base.value.hash },
  };
  // Another process may have moved it meanwhile: then it saw at least as much.
  await store.put(towerCursorItem(chain.chainId, next), item === null ? 'absent' : item.etag);
  return ok({ latest: latest.value, isNew: cursor?.block !== latest.value.number });
}

async function isSameChain(
  { reader }: TowerChain,
  cursor: TowerCursor | null,
  latest: Block,
): Promise<Outcomes<boolean>> {
  if (cursor === null) return ok(true);
  // Nothing can be concluded from a node that knows less than was read.
  if (latest.number < cursor.base.block)
    return refuse('chain_unavailable', { latest: latest.number, read: cursor.block });
  const base = await reader.block(cursor.base.block);
  return base.ok ? ok(base.value.hash === cursor.base.hash) : base;
}

async function markSpoken(
  tower: Tower,
  { chainId, reader }: TowerChain,
  cursor: TowerCursor | null,
  latest: Block,
): Promise<Outcomes<void>> {
  // A channel is looked at when it is first held, so what was said before the first cursor is of no use.
  const from = Math.max(0, Math.min(cursor?.block ?? latest.number, latest.number) - REREAD);
  for (let start = from; start <= latest.number; start += LOG_SPAN) {
    const disputed = await reader.disputesIn(start, Math.min(start + LOG_SPAN - 1, latest.number));
    if (!disputed.ok) return disputed;
    for (const address of disputed.value.channels) await markChannel(tower, chainId, address);
  }
  return ok(undefined);
}

async function markChannel(tower: Tower, chainId: number, address: Address): Promise<void> {
  for (;;) {
    const item = await tower.store.get(watchedKey(chainId, address));
    if (item === null || (await mark(tower, item))) return;
  }
}

async function markAll(tower: Tower, { chainId }: TowerChain): Promise<void> {
  tower.log.warn({ chainId }, 'the chain was reorganized below what was read: every channel is looked at');
  let after: string | undefined;
  do {
    const page = await tower.store.query('kind', 'watched', { limit: PAGE, ...(after && { after }) });
    for (const item of page.items) {
      const { channel } = parseWatched(item);
      if (channel.domain.chainId === chainId && !(await mark(tower, item)))
        await markChannel(tower, chainId, channel.address);
    }
    after = page.next;
  } while (after !== undefined);
}

/** False if another write came first. */
async function mark({ store }: Tower, item: Item): Promise<boolean> {
  const watched = parseWatched(item);
  if (watched.attention !== null && watched.attention.untilBlock === null) return true;
  const next: Watched = {
    ...watched,
    attention: { before: watched.attention?.before ?? 0, untilBlock: null },
  };
  return (await store.put(watchedItem(next), item.etag)).ok;
}
