// SPDX-License-Identifier: MIT
/** How far the tower has read each chain, and how it recognizes the chain again. */
import { z } from 'zod';
import { hash, whole } from '../protocol/wire/primitives.ts';
import type { Item, NewItem } from '../store/store.ts';

const CURSOR_SCHEMA = 1;

const mark = z.strictObject({ block: whole, hash });

const towerCursor = z.strictObject({
  /** The last block whose events were acted on. */
  block: whole,
  /** When that block was the chain's latest, by the tower's clock. */
  seenAt: whole,
  /** A block so deep that it is never read again. If the chain has another there, what was seen since means nothing. */
  base: mark,
});
export type TowerCursor = z.output<typeof towerCursor>;

export const towerCursorKey = (chainId: number): string => `tower-cursor#${chainId}`;
export const parseTowerCursor = (item: Item): TowerCursor => towerCursor.parse(item.body);
export const towerCursorItem = (chainId: number, cursor: TowerCursor): NewItem => ({
  key: towerCursorKey(chainId),
  schema: CURSOR_SCHEMA,
  body: cursor,
});
