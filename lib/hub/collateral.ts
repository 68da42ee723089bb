// SPDX-License-Identifier: MIT
/** Hub-side money in a channel: what is there, what is on its way, and when more is bought — always before it is needed. */
import { z } from 'zod';
import { assetOf as configuredAsset } from '../../infra/config/hub-config.ts';
import { enqueue, finishedSend } from '../lane/lane.ts';
import { refuse, type Outcomes } from '../protocol/errors.ts';
import { assetOf } from '../protocol/ledger.ts';
import { ok } from '../protocol/result.ts';
import { RESPONDER, type Address } from '../protocol/types.ts';
import { address, toJson, uint, uint64, whole } from '../protocol/wire/primitives.ts';
import type { Receivable } from '../protocol/wire/requests.ts';
import type { Item, NewItem } from '../store/store.ts';
import type { ChannelBody } from './channel-item.ts';
import { untilNoConflict } from './channels.ts';
import { treasuryLane } from './lanes.ts';
import type { Hub, HubChain } from './hub.ts';

const PROFILE_SCHEMA = 1;
/** In the lane: after what is owed already. */
const COLLATERAL_RANK = 7;

/** One purchase at a time per asset: `count` makes its key unique. `expected` are the deposits of that epoch after it. */
const purchase = z.strictObject({
  asset: address,
  count: whole,
  epoch: uint64,
  amount: uint,
  expected: uint,
});
const profileBody = z.strictObject({ channel: address, purchases: z.array(purchase) });
type Profile = z.output<typeof profileBody>;

export const parseProfile = (item: Item): Profile => profileBody.parse(item.body);

const profileKey = (chainId: number, channel: Address): string => `profile#${chainId}#${channel}`;
const profileItem = (chainId: number, profile: Profile): NewItem => ({
  key: profileKey(chainId, profile.channel),
  schema: PROFILE_SCHEMA,
  body: toJson(profile),
});

const purchaseKey = (channel: Address, asset: Address, count: number): string =>
  `collateral#${channel}#${asset}#${count}`;

async function loadProfile(
  hub: Hub,
  body: ChannelBody,
): Promise<{ profile: Profile; expect: Item['etag'] | 'absent' }> {
  const item = await hub.store.get(profileKey(body.channel.domain.chainId, body.channel.address));
  return item === null
    ? { profile: { channel: body.channel.address, purchases: [] }, expect: 'absent' }
    : { profile: parseProfile(item), expect: item.etag };
}

/** What of a purchase is not in the ledger yet. One of an epoch that is over has been paid back, or counts anew when it lands. */
const unprocessed = (body: ChannelBody, { asset, epoch, expected }: Profile['purchases'][number]): bigint => {
  if (epoch !== body.state.ledger.epoch) return 0n;
  const processed = assetOf(body.state.ledger, asset).deposits[RESPONDER];
  return expected > processed ? expected - processed : 0n;
};

/** What the payee can receive now and soon, per asset the hub serves. */
export async function receivables(hub: Hub, chain: HubChain, body: ChannelBody): Promise<Receivable[]> {
  const { profile } = await loadProfile(hub, body);
  return chain.config.assets.map(({ address: configured }) => {
    const asset = configured as string as Address;
    const bought = profile.purchases.find((other) => other.asset === asset);
    return {
      asset,
      available: assetOf(body.state.ledger, asset).balances[RESPONDER],
      pending: bought === undefined ? 0n : unprocessed(body, bought),
    };
  });
}

/**
 * Buys what brings the hub's side to its profile's target, or to `wanted` if that is more (at most one largest transfer).
 * Does nothing while an earlier purchase is under way. Returns what is receivable after it.
 */
export async function ensureCollateral(
  hub: Hub,
  chain: HubChain,
  body: ChannelBody,
  asset: Address,
  wanted: bigint,
): Promise<Outcomes<Receivable>> {
  const configured = configuredAsset(chain.config, asset);
  if (configured === undefined) return refuse('unknown_asset', { asset });
  const { low, target, initial } = configured.collateral;
  const available = assetOf(body.state.ledger, asset).balances[RESPONDER];
  return untilNoConflict<Receivable>(async () => {
    const { profile, expect } = await loadProfile(hub, body);
    const last = profile.purchases.find((other) => other.asset === asset);
    const pending = last === undefined ? 0n : unprocessed(body, last);
    const underway = last !== undefined && pending > 0n && !(await hasFailed(hub, chain, body, last));
    if (underway) {
      await resume(hub, chain, body, last);
      return ok({ asset, available, pending });
    }
    const asked = wanted < configured.transfer.max ? wanted : configured.transfer.max;
    const enough = last === undefined ? initial : target;
    const goal = asked > enough ? asked : enough;
    if (available >= low && available >= asked) return ok({ asset, available, pending: 0n });
    const amount = goal - available;
    if (amount <= 0n) return ok({ asset, available, pending: 0n });
    const bought = {
      asset,
      count: (last?.count ?? 0) + 1,
      epoch: body.state.ledger.epoch,
      amount,
      expected: assetOf(body.state.ledger, asset).deposits[RESPONDER] + amount,
    };
    const purchases = [...profile.purchases.filter((other) => other.asset !== asset), bought];
    const put = await hub.store.put(
      profileItem(body.channel.domain.chainId, { ...profile, purchases }),
      expect,
    );
    if (!put.ok) return 'conflict';
    await resume(hub, chain, body, bought);
    return ok({ asset, available, pending: amount });
  });
}

/** A purchase written down is sent by whoever looks next, once (invariant 12). */
async function resume(
  hub: Hub,
  chain: HubChain,
  body: ChannelBody,
  bought: Profile['purchases'][number],
): Promise<void> {
  const { channel } = body;
  const key = purchaseKey(channel.address, bought.asset, bought.count);
  const finished = await finishedSend(treasuryLane(hub, chain), key);
  if (finished !== null) {
    hub.bus.event(channel.initiator, {
      type: 'deposit.requested',
      channel: channel.address,
      asset: bought.asset,
    });
    return;
  }
  const calls = await chain.treasury.collateralCalls(channel, bought.asset, bought.amount);
  if (!calls.ok) return;
  const last = calls.value.length - 1;
  const keyOf = (index: number): string => (index === last ? key : `${key}#before${index}`);
  await enqueue(
    treasuryLane(hub, chain),
    calls.value.map((call, index) => ({
      key: keyOf(index),
      rank: COLLATERAL_RANK,
      call,
      after: index === 0 ? null : keyOf(index - 1),
      purpose: { kind: 'collateral', channel: channel.address, asset: bought.asset, user: channel.initiator },
    })),
  );
}

async function hasFailed(
  hub: Hub,
  chain: HubChain,
  body: ChannelBody,
  bought: Profile['purchases'][number],
): Promise<boolean> {
  const finished = await finishedSend(
    treasuryLane(hub, chain),
    purchaseKey(body.channel.address, bought.asset, bought.count),
  );
  return finished !== null && finished.outcome !== 'succeeded';
}
