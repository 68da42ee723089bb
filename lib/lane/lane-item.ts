// SPDX-License-Identifier: MIT
/**
 * One nonce lane per sending key: what is to be sent, in order, and every raw transaction before it is broadcast.
 * A finished send moves to an item of its own, so that its key is never used again. What a send is for (`P`) is its
 * owner's plain data: stored with its bigints as decimal strings, and read back by the owner's schema.
 */
import { z } from 'zod';
import type { Bytes, Hash } from '../protocol/types.ts';
import { address, hash, toJson, uint, whole } from '../protocol/wire/primitives.ts';
import { paddedTime } from '../store/padded-time.ts';
import type { Item, NewItem } from '../store/store.ts';

const LANE_SCHEMA = 1;
const SEND_SCHEMA = 1;

/** As long as it is: what settles many apps is longer than anything on the wire may be, and the store limits the item. */
const bytes = z
  .string()
  .regex(/^0x[0-9a-f]*$/)
  .refine((text) => text.length % 2 === 0)
  .transform((text) => text as Bytes);

const attemptSchema = z.strictObject({
  raw: bytes,
  hash,
  maxFeePerGas: uint,
  maxPriorityFeePerGas: uint,
  at: whole,
});
export type Attempt = z.output<typeof attemptSchema>;

const entry = z.strictObject({
  key: z.string(),
  call: z.strictObject({ to: address, data: bytes, value: uint }),
  purpose: z.unknown(),
  /** Key of a send that must have succeeded first: before that, neither its gas nor its success can be told. */
  after: z.string().nullable(),
  /** Null until its turn comes. */
  nonce: whole.nullable(),
  gas: uint.nullable(),
  /** All at one nonce, each paying more than the one before; at most one is ever mined. */
  attempts: z.array(attemptSchema),
  /** It would fail, and was given no nonce. Written down before it is filed: another sender may just be signing it. */
  refused: z.boolean(),
});
export type LaneEntry<P> = Omit<z.output<typeof entry>, 'purpose'> & { readonly purpose: P };

const laneBody = z.strictObject({
  chainId: whole,
  sender: address,
  /** The nonce of the next entry; null before the first. */
  nextNonce: whole.nullable(),
  entries: z.array(entry),
});
export type Lane<P> = Omit<z.output<typeof laneBody>, 'entries'> & { readonly entries: LaneEntry<P>[] };

export const laneKey = (chainId: number, sender: string): string => `lane#${chainId}#${sender}`;

export function parseLane<P>(item: Item, purpose: z.ZodType<P>): Lane<P> {
  const lane = laneBody.parse(item.body);
  return { ...lane, entries: lane.entries.map((one) => ({ ...one, purpose: purpose.parse(one.purpose) })) };
}

export const laneItem = (lane: Lane<unknown>): NewItem => ({
  key: laneKey(lane.chainId, lane.sender),
  schema: LANE_SCHEMA,
  body: toJson(lane),
});

/** How a send ended. A send that could not even be estimated is `refused` and used no nonce. */
const finishedBody = z.strictObject({
  key: z.string(),
  purpose: z.unknown(),
  outcome: z.enum(['succeeded', 'reverted', 'refused']),
  transactionHash: hash.nullable(),
  block: whole.nullable(),
  at: whole,
});
export type FinishedSend<P> = Omit<z.output<typeof finishedBody>, 'purpose'> & { readonly purpose: P };

export const sendKey = (chainId: number, key: string): string => `tx#${chainId}#${key}`;

export function parseFinished<P>(item: Item, purpose: z.ZodType<P>): FinishedSend<P> {
  const send = finishedBody.parse(item.body);
  return { ...send, purpose: purpose.parse(send.purpose) };
}

export const finishedItem = (chainId: number, send: FinishedSend<unknown>): NewItem => ({
  key: sendKey(chainId, send.key),
  schema: SEND_SCHEMA,
  body: toJson(send),
  index: { kind: { partition: 'tx', sort: `${paddedTime(send.at)}#${send.key}` } },
});

export const hashesOf = (laneEntry: LaneEntry<unknown>): readonly Hash[] =>
  laneEntry.attempts.map((attempt) => attempt.hash);
