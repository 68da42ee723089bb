// SPDX-License-Identifier: MIT
/**
 * One send of a lane, from the promise to its end, in an item of its own: nothing that waits beside it can fill it up, and its
 * key is never used again. What a send is for (`P`) is its owner's plain data: stored with its bigints as decimal strings, and
 * read back by the owner's schema.
 */
import { z } from 'zod';
import type { Bytes, Hash } from '../protocol/types.ts';
import { address, hash, toJson, uint, whole } from '../protocol/wire/primitives.ts';
import { paddedTime } from '../store/padded-time.ts';
import type { Item, NewItem } from '../store/store.ts';

const SEND_SCHEMA = 1;

/** As long as it is: what settles many apps is longer than anything on the wire may be, and the store limits the item. */
const bytes = z
  .string()
  .regex(/^0x[0-9a-f]*$/)
  .refine((text) => text.length % 2 === 0)
  .transform((text) => text as Bytes);

const attempt = z.strictObject({
  hash,
  maxFeePerGas: uint,
  maxPriorityFeePerGas: uint,
  at: whole,
});
export type Attempt = z.output<typeof attempt>;

const ending = z.strictObject({
  outcome: z.enum(['succeeded', 'reverted', 'refused']),
  transactionHash: hash.nullable(),
  block: whole.nullable(),
  at: whole,
});
/** A send that could not even be estimated is `refused` and used no nonce. */
export type Ending = z.output<typeof ending>;

/** 0 is the most urgent. */
export const MAX_RANK = 9;

const sendBody = z.strictObject({
  key: z.string(),
  sender: address,
  rank: whole.max(MAX_RANK),
  /** When it was promised, in seconds. */
  at: whole,
  call: z.strictObject({ to: address, data: bytes, value: uint }),
  /** Null for an empty transaction that uses up a nonce. */
  purpose: z.unknown(),
  /** Key of a send that must have succeeded first: before that, neither its gas nor its success can be told. */
  after: z.string().nullable(),
  /** Null until it is signed for a slot. */
  nonce: whole.nullable(),
  gas: uint.nullable(),
  /** The newest transaction, stored before it is broadcast. */
  raw: bytes.nullable(),
  /** All of them, each paying more than the one before; at most one is ever mined. */
  attempts: z.array(attempt),
  ending: ending.nullable(),
  /** Whether its owner was told of the ending. */
  told: z.boolean(),
});
type Body = z.output<typeof sendBody>;
export type StoredSend<P> = Omit<Body, 'purpose'> & { readonly purpose: P | null };

export interface LoadedSend<P> {
  readonly send: StoredSend<P>;
  readonly etag: Item['etag'];
}

export const sendKey = (chainId: number, key: string): string => `send#${chainId}#${key}`;

/** Partition of both indexes that hold a lane's sends until they are over: `open` by urgency, `due` by age. */
export const lanePartition = (chainId: number, sender: string): string => `send#${chainId}#${sender}`;

export function parseSend<P>(item: Item, purpose: z.ZodType<P>): LoadedSend<P> {
  const body = sendBody.parse(item.body);
  return {
    send: { ...body, purpose: body.purpose === null ? null : purpose.parse(body.purpose) },
    etag: item.etag,
  };
}

export function sendItem(chainId: number, send: StoredSend<unknown>): NewItem {
  const { key, sender, rank, at } = send;
  const partition = lanePartition(chainId, sender);
  const byAge = `${paddedTime(at)}#${key}`;
  const isOver = send.ending !== null && send.told;
  const waiting = {
    open: { partition, sort: `${rank}#${byAge}` },
    due: { partition, sort: byAge },
  };
  return {
    key: sendKey(chainId, key),
    schema: SEND_SCHEMA,
    body: toJson(send),
    index: { kind: { partition: 'send', sort: byAge }, ...(isOver ? {} : waiting) },
  };
}

export const hashesOf = ({ attempts }: StoredSend<unknown>): readonly Hash[] =>
  attempts.map((one) => one.hash);
