// SPDX-License-Identifier: MIT
/**
 * What is needed to enforce the apps of an epoch that was settled on chain. It is stored before the record of the next
 * epoch takes the old one's place, so that no death in between forgets a stake (invariant 12).
 */
import { z } from 'zod';
import type { KnownState } from '../protocol/dispute.ts';
import type { AppInstance, Channel } from '../protocol/types.ts';
import { address, hash, pair, signature, toJson, uint, uint64, whole } from '../protocol/wire/primitives.ts';
import { appInstance, channel, ledger } from '../protocol/wire/structures.ts';
import type { NewItem, Store } from '../store/store.ts';
import type { Preimages } from './own-moves.ts';

const EPOCH_SCHEMA = 1;

const body = z.strictObject({
  channel,
  epoch: uint64,
  /** Each app state once: the states of one epoch share most of them. */
  apps: z.array(appInstance),
  states: z.array(z.strictObject({ ledger, signatures: pair(signature).nullable(), apps: z.array(whole) })),
  preimages: z.array(z.strictObject({ appId: hash, preimage: hash })),
  /** Older than anything of its dispute. */
  fromBlock: whole,
  /** What it paid this user, once it is over. */
  over: z
    .strictObject({
      paid: z.array(z.strictObject({ asset: address, amount: uint })),
      apps: z.array(hash),
    })
    .nullable(),
});
type Body = z.output<typeof body>;

export interface SettledEpoch extends Pick<Body, 'channel' | 'epoch' | 'fromBlock' | 'over'> {
  readonly states: readonly KnownState[];
  readonly preimages: Preimages;
}

const epochKey = ({ domain, address: at }: Channel, epoch: bigint): string =>
  `epoch#${domain.chainId}#${at}#${epoch}`;

const isSame = (a: AppInstance, b: AppInstance): boolean => a.id === b.id && a.version === b.version;

function itemOf({ channel: of, epoch, states, preimages, fromBlock, over }: SettledEpoch): NewItem {
  const apps: AppInstance[] = [];
  const placeOf = (instance: AppInstance): number => {
    const found = apps.findIndex((other) => isSame(other, instance));
    return found < 0 ? apps.push(instance) - 1 : found;
  };
  const shared = states.map((state) => ({
    ledger: state.ledger,
    signatures: state.signatures,
    apps: state.apps.map(placeOf),
  }));
  const secrets = [...preimages].map(([appId, preimage]) => ({ appId, preimage }));
  const stored: Body = { channel: of, epoch, apps, states: shared, preimages: secrets, fromBlock, over };
  return { key: epochKey(of, epoch), schema: EPOCH_SCHEMA, body: toJson(stored) };
}

export async function loadSettledEpoch(
  store: Store,
  of: Channel,
  epoch: bigint,
): Promise<SettledEpoch | null> {
  const item = await store.get(epochKey(of, epoch));
  if (item === null) return null;
  const { apps, states, preimages, ...rest } = body.parse(item.body);
  return {
    ...rest,
    states: states.map(({ apps: places, ...state }) => ({
      ...state,
      apps: apps.filter((_, place) => places.includes(place)),
      withdrawals: [],
    })),
    preimages: new Map(preimages.map(({ appId, preimage }) => [appId, preimage])),
  };
}

/** Durable once it resolves. What an earlier attempt wrote is written over: nothing was signed in between. */
export async function saveSettledEpoch(store: Store, settled: SettledEpoch): Promise<void> {
  const item = itemOf(settled);
  for (;;) {
    const held = await store.get(item.key);
    if ((await store.put(item, held === null ? 'absent' : held.etag)).ok) return;
  }
}
