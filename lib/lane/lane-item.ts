// SPDX-License-Identifier: MIT
/** The head of one key's lane: which send has which nonce, as long as it is not confirmed. Bounded, whatever waits. */
import { z } from 'zod';
import { address, toJson, whole } from '../protocol/wire/primitives.ts';
import type { Expectation, Item, NewItem } from '../store/store.ts';

const LANE_SCHEMA = 1;

const slot = z.strictObject({ nonce: whole, key: z.string() });
export type Slot = z.output<typeof slot>;

const laneBody = z.strictObject({
  chainId: whole,
  sender: address,
  /** The nonce of the next slot; null before the first. */
  nextNonce: whole.nullable(),
  /** How many slots were given out: every eighth goes to the oldest send. */
  turn: whole,
  slots: z.array(slot),
});
export type Lane = Readonly<Omit<z.output<typeof laneBody>, 'slots'>> & { readonly slots: readonly Slot[] };

export interface LoadedLane {
  readonly lane: Lane;
  readonly expect: Expectation;
}

export const laneKey = (chainId: number, sender: string): string => `lane#${chainId}#${sender}`;

export const parseLane = (item: Item): Lane => laneBody.parse(item.body);

export const laneItem = (lane: Lane): NewItem => ({
  key: laneKey(lane.chainId, lane.sender),
  schema: LANE_SCHEMA,
  body: toJson(lane),
});
