// SPDX-License-Identifier: MIT
/** The channel aggregate as it is stored: the double-signed state, what it means for routed transfers, effects still due. */
import type { z } from 'zod';
import type { Address, AgreedState, Channel } from '../protocol/types.ts';
import { kindEntry } from '../store/item-form.ts';
import { paddedTime } from '../store/padded-time.ts';
import { ParsedBodies } from '../store/parsed-bodies.ts';
import type { Item, NewItem } from '../store/store.ts';
import type { challenge, Departed, Effect, heldSignature, Route } from './channel-parts.ts';
import { fromStored, toStored } from './stored-channel.ts';

export type { Departed, Effect, Route, TransferSeed } from './channel-parts.ts';

export const CHANNEL_SCHEMA = 1;

export interface ChannelBody {
  readonly channel: Channel;
  readonly state: AgreedState;
  /** Of the open apps that are a side of a transfer. */
  readonly routes: Route[];
  readonly departed: readonly Departed[];
  readonly outbox: readonly Effect[];
  readonly withdrawalSignatures: z.output<typeof heldSignature>[];
  /** An open challenge seen on chain: nothing is agreed while it stands. */
  readonly challenge: z.output<typeof challenge>;
  /** When the sweep looks at it next; stays where it is until then. */
  readonly due: number | null;
}

/** A body with the etag it was read under. */
export interface LoadedChannel {
  readonly body: ChannelBody;
  readonly etag: Item['etag'];
}

export const channelKey = (chainId: number, channelAddress: Address): string =>
  `channel#${chainId}#${channelAddress}`;

/** Weighs about a kilobyte each. */
export const partsOf = ({ state, outbox }: ChannelBody): number =>
  1 + state.apps.length + state.withdrawals.length + outbox.length;

const bodies = new ParsedBodies(({ body }) => fromStored(body), { weigh: partsOf, most: 20_000 });

export const parseChannel = (item: Item): LoadedChannel => ({ body: bodies.of(item), etag: item.etag });

/** After its commit. */
export function committed(body: ChannelBody, etag: Item['etag']): LoadedChannel {
  bodies.keep(channelKey(body.channel.domain.chainId, body.channel.address), etag, body);
  return { body, etag };
}

/** The sweep has something to look at: an effect still due, or a transfer that is open. */
const isAtRest = ({ outbox, routes, departed }: ChannelBody): boolean =>
  outbox.length === 0 && routes.length === 0 && departed.length === 0;

/** Has the sweep look by then: an entry of the index that moves costs two writes, so an earlier one stays. */
export const lookBy = (body: ChannelBody, time: number): ChannelBody => ({
  ...body,
  due: body.due === null ? time : Math.min(body.due, time),
});

/** As it is to be stored: nothing is due of a channel at rest. */
export const settled = (body: ChannelBody): ChannelBody =>
  body.due !== null && isAtRest(body) ? { ...body, due: null } : body;

export function channelItem(body: ChannelBody): NewItem {
  const { due } = body;
  const { chainId } = body.channel.domain;
  const key = channelKey(chainId, body.channel.address);
  return {
    key,
    schema: CHANNEL_SCHEMA,
    body: toStored(body),
    index: {
      kind: kindEntry(key),
      owner: { partition: `${chainId}#${body.channel.initiator}`, sort: body.channel.address },
      ...(due === null ? {} : { due: { partition: `${chainId}`, sort: paddedTime(due) } }),
    },
  };
}
