// SPDX-License-Identifier: MIT
/**
 * Something is going on on chain about one epoch of a channel. The item says when to look again. All but what it keeps can
 * be had from the chain again, so that is written before the channel item lets go of it (invariant 12).
 */
import { z } from 'zod';
import type { Address } from '../../protocol/types.ts';
import { toJson, uint64, whole } from '../../protocol/wire/primitives.ts';
import { agreedState, channel } from '../../protocol/wire/structures.ts';
import { paddedTime } from '../../store/padded-time.ts';
import { kindEntry } from '../../store/item-form.ts';
import type { Expectation, Item, NewItem } from '../../store/store.ts';
import { heldSignature, route } from '../channel-parts.ts';
import type { Hub } from '../hub.ts';

const DISPUTE_SCHEMA = 1;

/** All it takes to open, move and settle the apps of an epoch, or to go on in it if a reorganization brings it back. */
const keptEpoch = z.strictObject({
  state: agreedState,
  routes: z.array(route),
  withdrawalSignatures: z.array(heldSignature),
});
export type KeptEpoch = z.output<typeof keptEpoch>;

const disputeBody = z.strictObject({
  channel,
  epoch: uint64,
  /** A block older than anything the registry said of this epoch's disputes. */
  since: whole,
  /** The operator wants the hub's money out of the channel. */
  leave: z.boolean(),
  /** What the channel item held of this epoch when it went on to another one; null before that. */
  kept: keptEpoch.nullable(),
  /** Since which block there has been nothing to do; null while there is. */
  quietSince: whole.nullable(),
  /** When to look again, in seconds. */
  lookAt: whole,
});
export type Dispute = z.output<typeof disputeBody>;

export interface LoadedDispute {
  readonly dispute: Dispute;
  readonly etag: Item['etag'];
}

const disputeKey = (chainId: number, channelAddress: Address, epoch: bigint): string =>
  `dispute#${chainId}#${channelAddress}#${epoch}`;

const ofChannel = (chainId: number, channelAddress: Address): string =>
  `dispute#${chainId}#${channelAddress}`;
const dueOn = (chainId: number): string => `dispute#${chainId}`;

export const parseDispute = (item: Item): LoadedDispute => ({
  dispute: disputeBody.parse(item.body),
  etag: item.etag,
});

function disputeItem(dispute: Dispute): NewItem {
  const { epoch, lookAt } = dispute;
  const { domain, address } = dispute.channel;
  const key = disputeKey(domain.chainId, address, epoch);
  return {
    key,
    schema: DISPUTE_SCHEMA,
    body: toJson(dispute),
    index: {
      kind: kindEntry(key),
      owner: { partition: ofChannel(domain.chainId, address), sort: key },
      // Apart from what the sweep looks after, so that no backlog of that delays an answer (invariant 10).
      due: { partition: dueOn(domain.chainId), sort: `${paddedTime(lookAt)}#${key}` },
    },
  };
}

export const newDispute = (
  about: Pick<Dispute, 'channel' | 'epoch' | 'since' | 'lookAt'> & Partial<Dispute>,
): Dispute => ({ leave: false, kept: null, quietSince: null, ...about });

export async function loadDispute(
  hub: Pick<Hub, 'store'>,
  chainId: number,
  channelAddress: Address,
  epoch: bigint,
): Promise<LoadedDispute | null> {
  const item = await hub.store.get(disputeKey(chainId, channelAddress, epoch));
  return item === null ? null : parseDispute(item);
}

/** False on a conflict. */
export async function saveDispute(
  hub: Pick<Hub, 'store'>,
  dispute: Dispute,
  expect: Expectation,
): Promise<boolean> {
  return (await hub.store.put(disputeItem(dispute), expect)).ok;
}

/** False on a conflict. */
export async function removeDispute(
  hub: Pick<Hub, 'store'>,
  { dispute, etag }: LoadedDispute,
): Promise<boolean> {
  const { domain, address } = dispute.channel;
  return (await hub.store.remove(disputeKey(domain.chainId, address, dispute.epoch), etag)).ok;
}

/** Disputes of a channel; one written just now may be missing, and is found by its time. */
export async function disputesOf(
  hub: Pick<Hub, 'store'>,
  chainId: number,
  channelAddress: Address,
): Promise<readonly Dispute[]> {
  const { items } = await hub.store.query('owner', ofChannel(chainId, channelAddress));
  return items.map((item) => parseDispute(item).dispute);
}

/** Disputes to be looked at by then, the longest overdue first. */
export async function disputesDue(
  hub: Pick<Hub, 'store'>,
  chainId: number,
  time: number,
  limit: number,
): Promise<readonly Dispute[]> {
  const { items } = await hub.store.query('due', dueOn(chainId), { to: `${paddedTime(time)}~`, limit });
  return items.map((item) => parseDispute(item).dispute);
}
