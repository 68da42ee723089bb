// SPDX-License-Identifier: MIT
/**
 * Bounds with headroom (design, section 5): what makes a channel's item grow is admitted only while the item stays well
 * below what the store takes. So the hub's own writes always fit, and so does what only gives back: credits, closings,
 * cancels and returns are never refused for want of room.
 */
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import type { Operation } from '../../protocol/operations.ts';
import { ok } from '../../protocol/result.ts';
import { maxBodyBytes } from '../../store/item-form.ts';
import { partsOf, type ChannelBody } from '../channel-item.ts';
import { toStored } from '../stored-channel.ts';

/** Bytes of the item up to which it may be made to grow by a proposal. */
export const ROOM_TO_GROW = 240_000;
/** And by an action outside a ledger, which leaves signatures and a shown preimage in the app it moves. */
export const ROOM_TO_MOVE = 300_000;
/** What nobody but the hub may use: marks of challenges, withdrawals to be sent, epochs that ended. */
export const ROOM_OF_HUB = maxBodyBytes - ROOM_TO_MOVE;

/** No part of an item has more bytes: a payment just made, with the longest note. */
const MOST_OF_A_PART = 6_000;

export const bytesOf = (body: ChannelBody): number =>
  new TextEncoder().encode(JSON.stringify(toStored(body))).length;

const grows = ({ kind }: Operation): boolean => kind === 'install' || kind === 'withdraw' || kind === 'swap';

/** Fails with `channel_full`, naming the last operation that grows it: without that one the others may fit. */
export function checkRoom(next: ChannelBody, operations: readonly Operation[]): Outcomes<void> {
  const index = operations.findLastIndex(grows);
  return index === -1 ? ok(undefined) : check(next, ROOM_TO_GROW, { index });
}

export const checkRoomToMove = (next: ChannelBody): Outcomes<void> => check(next, ROOM_TO_MOVE, {});

function check(next: ChannelBody, most: number, where: { readonly index?: number }): Outcomes<void> {
  if (partsOf(next) * MOST_OF_A_PART <= most) return ok(undefined);
  const bytes = bytesOf(next);
  return bytes <= most ? ok(undefined) : refuse('channel_full', { bytes, most, ...where });
}
