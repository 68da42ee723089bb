// SPDX-License-Identifier: MIT
/**
 * Preimages that may have left this process, and what hangs on them until the hub countersigns. They are stored in the
 * channel's record together with the proposal that shows them, so before they leave (invariants 3 and 17).
 */
import { z } from 'zod';
import { PAYEE, PAYER } from '../protocol/apps/transfer-app.ts';
import { leaveWindow, type AppTimes, type Pace } from '../protocol/deadlines.ts';
import type { Address, AppInstance, Hash } from '../protocol/types.ts';
import { hash, whole } from '../protocol/wire/primitives.ts';
import type { ChannelRecord } from './channel-record.ts';
import type { CloseIntent, Intent } from './intents.ts';

export const shownSchema = z.strictObject({
  appId: hash,
  transferId: hash,
  /** Seconds since 1970. */
  shownAt: whole,
  /** When its owner leaves to enforce it, should the hub not have countersigned by then; null: it is at risk, and nobody does. */
  leaveAt: whole.nullable(),
  /** False where a process without memory found the app: it is enforced like what was shown, and shown like what was not. */
  isCertain: z.boolean(),
});
export type Shown = z.output<typeof shownSchema>;

/** A shown preimage whose app is still open. */
export interface Exposure extends Shown {
  readonly instance: AppInstance;
  readonly asset: Address;
  /** In the asset's smallest unit. */
  readonly amount: bigint;
}

type Known = Pick<ChannelRecord, 'agreed' | 'channel' | 'shown'>;

/** The app that a closing pays this user from; null where it pays the hub, or is not open. */
export function claimedApp({ agreed, channel }: Known, appId: Hash): AppInstance | null {
  const open = agreed.apps.find((instance) => instance.id === appId);
  return open !== undefined && open.app.participants[PAYEE] === channel.initiator ? open : null;
}

/** Those of the intents that show a preimage of this user's. What closes a payment of its own was shown by the hub. */
export const showings = (record: Known, intents: readonly Intent[]): readonly CloseIntent[] =>
  intents.flatMap((intent) =>
    intent.kind === 'close' && claimedApp(record, intent.appId) !== null ? [intent] : [],
  );

export const stakeOf = ({ app }: AppInstance): { readonly asset: Address; readonly amount: bigint } => {
  const [stake] = app.stakes;
  if (stake === undefined) throw new TypeError('a transfer app without a stake');
  return { asset: stake.asset, amount: stake.amounts[PAYER] };
};

export const exposures = (record: Known): readonly Exposure[] =>
  record.shown.flatMap((shown) => {
    const instance = claimedApp(record, shown.appId);
    return instance === null ? [] : [{ ...shown, instance, ...stakeOf(instance) }];
  });

/** What was shown, is not countersigned, and would not be enforced. */
export const atRisk = (record: Known, asset: Address): bigint =>
  exposures(record).reduce(
    (sum, exposure) => (exposure.leaveAt === null && exposure.asset === asset ? sum + exposure.amount : sum),
    0n,
  );

/** At some moment of the window, so that not everybody who waits for one hub goes to the chain at once. */
export function pickLeaveAt(pace: Pace, app: AppTimes, random: () => number): number {
  const [from, to] = leaveWindow(pace, app);
  return from + Math.floor(random() * (to - from + 1));
}

/** It left, or is stored to leave: more than that it may have. */
export const wasShown = ({ shown }: Pick<Known, 'shown'>, appId: Hash): Shown | null =>
  shown.find((known) => known.appId === appId && known.isCertain) ?? null;

/** Adds what is not there yet, and what becomes certain; an entry goes with its app. */
export function withShown(record: ChannelRecord, added: readonly Shown[]): ChannelRecord {
  const isNews = ({ appId, isCertain }: Shown): boolean =>
    record.shown.every((known) => known.appId !== appId || (isCertain && !known.isCertain));
  const news = added.filter(isNews);
  const isKept = ({ appId }: Shown): boolean =>
    claimedApp(record, appId) !== null && news.every((other) => other.appId !== appId);
  return { ...record, shown: [...record.shown.filter(isKept), ...news] };
}
