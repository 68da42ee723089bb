// SPDX-License-Identifier: MIT
/**
 * One nonce lane per sending key: what is to be sent, in order, and every raw transaction before it is broadcast.
 * A finished send moves to an item of its own, so that its key is never used again.
 */
import { z } from 'zod';
import type { Hash } from '../protocol/types.ts';
import { address, bytes, hash, toJson, uint, whole } from '../protocol/wire/primitives.ts';
import type { Item, NewItem } from '../store/store.ts';
import { paddedTime } from './padded.ts';

const LANE_SCHEMA = 1;
const SEND_SCHEMA = 1;

export const purpose = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('collateral'), channel: address, asset: address, user: address }),
  z.strictObject({ kind: z.literal('withdrawal'), channel: address, digest: hash, user: address }),
  z.strictObject({ kind: z.literal('answer'), channel: address }),
]);
export type Purpose = z.output<typeof purpose>;

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
  purpose,
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
export type LaneEntry = z.output<typeof entry>;

const laneBody = z.strictObject({
  chainId: whole,
  sender: address,
  /** The nonce of the next entry; null before the first. */
  nextNonce: whole.nullable(),
  entries: z.array(entry),
});
export type Lane = z.output<typeof laneBody>;

export const laneKey = (chainId: number, sender: string): string => `lane#${chainId}#${sender}`;
export const parseLane = (item: Item): Lane => laneBody.parse(item.body);

export const laneItem = (lane: Lane): NewItem => ({
  key: laneKey(lane.chainId, lane.sender),
  schema: LANE_SCHEMA,
  body: toJson(lane),
});

/** How a send ended. A send that could not even be estimated is `refused` and used no nonce. */
const finishedBody = z.strictObject({
  key: z.string(),
  purpose,
  outcome: z.enum(['succeeded', 'reverted', 'refused']),
  transactionHash: hash.nullable(),
  block: whole.nullable(),
  at: whole,
});
export type FinishedSend = z.output<typeof finishedBody>;

export const sendKey = (chainId: number, key: string): string => `tx#${chainId}#${key}`;
export const parseFinished = (item: Item): FinishedSend => finishedBody.parse(item.body);
export const finishedItem = (chainId: number, send: FinishedSend): NewItem => ({
  key: sendKey(chainId, send.key),
  schema: SEND_SCHEMA,
  body: send,
  index: { kind: { partition: 'tx', sort: `${paddedTime(send.at)}#${send.key}` } },
});

export const hashesOf = (laneEntry: LaneEntry): readonly Hash[] =>
  laneEntry.attempts.map((attempt) => attempt.hash);
