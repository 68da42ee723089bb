// SPDX-License-Identifier: MIT
/** Loading and committing channel items. */
import { refuse, type Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import type { Address } from '../protocol/types.ts';
import type { Item } from '../store/store.ts';
import { written, type TransferPut } from './transfer-item.ts';
import {
  channelItem,
  channelKey,
  committed,
  parseChannel,
  settled,
  type ChannelBody,
  type LoadedChannel,
} from './channel-item.ts';
import type { Caller, Hub } from './hub.ts';

const CONFLICT_ATTEMPTS = 8;

export async function loadChannel(
  hub: Hub,
  chainId: number,
  channel: Address,
): Promise<LoadedChannel | null> {
  const item = await hub.store.get(channelKey(chainId, channel));
  return item === null ? null : parseChannel(item);
}

/** The caller's own channel. Fails with `unknown_channel`, or `not_yours` if it is someone else's (invariant 9). */
export async function loadOwn(hub: Hub, caller: Caller, channel: Address): Promise<Outcomes<LoadedChannel>> {
  const loaded = await loadChannel(hub, caller.chainId, channel);
  if (loaded === null) return refuse('unknown_channel', { channel });
  if (loaded.body.channel.initiator !== caller.user) return refuse('not_yours', { channel });
  return ok(loaded);
}

/** The one write of an operation (invariant 4): all of it or nothing. Null on a conflict. */
export async function commitChannel(
  hub: Hub,
  body: ChannelBody,
  expect: Item['etag'],
): Promise<LoadedChannel | null> {
  const next = settled(body);
  const put = await hub.store.put(channelItem(next), expect);
  return put.ok ? committed(next, put.etag) : null;
}

export interface CommittedAmong {
  readonly committed: LoadedChannel;
  /** How many of the writes after the commit are stored too. */
  readonly followed: number;
}

/**
 * The commit between writes that must be stored before it and writes that it makes due, in one go. Null on a conflict of
 * the channel or of a write before it, of which some may be stored.
 */
export async function commitAmong(
  hub: Hub,
  body: ChannelBody,
  expect: Item['etag'],
  { before, after }: { readonly before: readonly TransferPut[]; readonly after: readonly TransferPut[] },
): Promise<CommittedAmong | null> {
  const next = settled(body);
  const commit = { item: channelItem(next), expect };
  const results = await hub.store.putInOrder([...before, commit, ...after]);
  for (const [index, result] of results.entries()) {
    const transfer = (before[index] ?? after[index - before.length - 1])?.transfer;
    if (result.ok && transfer !== undefined) written(transfer, result.etag);
  }
  const own = results[before.length];
  if (own?.ok !== true) return null;
  const followed = results.slice(before.length + 1).filter((result) => result.ok).length;
  return { committed: committed(next, own.etag), followed };
}

/** Runs `attempt` again whenever it lost a race, which it says with 'conflict'. */
export async function untilNoConflict<T>(
  attempt: () => Promise<Outcomes<T> | 'conflict'>,
): Promise<Outcomes<T>> {
  for (let tries = 0; tries < CONFLICT_ATTEMPTS; tries++) {
    const result = await attempt();
    if (result !== 'conflict') return result;
  }
  return refuse('busy');
}
