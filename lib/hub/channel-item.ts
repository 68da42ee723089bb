// SPDX-License-Identifier: MIT
/** The channel aggregate as it is stored: the double-signed state, what it means for routed transfers, effects still due. */
import { z } from 'zod';
import { agreedState, channel } from '../protocol/wire/structures.ts';
import { address, bytes, hash, signature, toJson, uint, uint64, whole } from '../protocol/wire/primitives.ts';
import type { Address } from '../protocol/types.ts';
import type { Item, NewItem } from '../store/store.ts';
import { paddedTime } from '../store/padded-time.ts';

export const CHANNEL_SCHEMA = 1;

/** Which transfer an open app is one side of. */
export const route = z.discriminatedUnion('side', [
  z.strictObject({ side: z.literal('payer'), appId: hash, transferId: hash }),
  /** `payment`: the Payment's digest, which the claimer signs when it shows the preimage. */
  z.strictObject({ side: z.literal('payee'), appId: hash, transferId: hash, payment: hash }),
]);
export type Route = z.output<typeof route>;

/** A side of a transfer whose app was open when its epoch was settled: the chain decides it. */
const departed = z.strictObject({
  appId: hash,
  side: z.enum(['payer', 'payee']),
  transferId: hash,
  actionDeadline: whole,
});
export type Departed = z.output<typeof departed>;

/** The responder's signature on an open withdrawal. */
export const heldSignature = z.strictObject({ digest: hash, signature });

/** What the payer's committed install makes of a transfer: enough to create T at any later time. */
export const transferSeed = z.strictObject({
  transferId: hash,
  chainId: whole,
  payer: address,
  payerChannel: address,
  appId: hash,
  recipient: address.nullable(),
  claimant: address.nullable(),
  sealed: bytes.nullable(),
  /** What the payee gets, and on which chain. */
  toChainId: whole,
  asset: address,
  amount: uint,
  lockHash: hash,
  expiresAt: whole,
  holdUntil: whole,
  metadata: bytes.nullable(),
  /** By the payer, on the Payment. */
  signature,
  createdAt: whole,
});
export type TransferSeed = z.output<typeof transferSeed>;

/** Commit, then act: what a commit owes the rest of the world. Each may be repeated without harm. */
const effect = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('create'), transfer: transferSeed, at: whole }),
  /** Rule 4: the payee was paid under this commit; T must become resolved. */
  z.strictObject({
    kind: z.literal('paid'),
    transferId: hash,
    appId: hash,
    preimage: hash,
    claimerSignature: signature.nullable(),
    at: whole,
  }),
  /** The initiator signed last: the withdrawal is to be sent. */
  z.strictObject({ kind: z.literal('execute'), digest: hash, signature, at: whole }),
]);
export type Effect = z.output<typeof effect>;

const channelBody = z.strictObject({
  channel,
  state: agreedState,
  routes: z.array(route),
  departed: z.array(departed),
  outbox: z.array(effect),
  withdrawalSignatures: z.array(heldSignature),
  /** An open challenge seen on chain: nothing is agreed while it stands. */
  challenge: z.strictObject({ version: uint64, finalizesAt: whole }).nullable(),
});
export type ChannelBody = z.output<typeof channelBody>;

/** A body with the etag it was read under. */
export interface LoadedChannel {
  readonly body: ChannelBody;
  readonly etag: Item['etag'];
}

export const channelKey = (chainId: number, channelAddress: Address): string =>
  `channel#${chainId}#${channelAddress}`;

export const parseChannel = (item: Item): LoadedChannel => ({
  body: channelBody.parse(item.body),
  etag: item.etag,
});

/** Oldest effect plus a handler's life: from then on the sweep looks after it. */
const dueAt = (body: ChannelBody, handlerLife: number): number | null =>
  body.outbox.length === 0 ? null : Math.min(...body.outbox.map((entry) => entry.at)) + handlerLife;

export function channelItem(body: ChannelBody, handlerLife: number): NewItem {
  const due = dueAt(body, handlerLife);
  const { chainId } = body.channel.domain;
  const key = channelKey(chainId, body.channel.address);
  return {
    key,
    schema: CHANNEL_SCHEMA,
    body: toJson(body),
    index: {
      owner: { partition: `${chainId}#${body.channel.initiator}`, sort: body.channel.address },
      ...(due === null ? {} : { due: { partition: `${chainId}`, sort: `${paddedTime(due)}#${key}` } }),
    },
  };
}
