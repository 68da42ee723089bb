// SPDX-License-Identifier: MIT
/**
 * What this side holds of an epoch, as `planDispute` takes it: the state both signed, and every one it signed since, which
 * the hub alone can show. Without the hub's signature those cannot be shown from here, but once on chain they are known.
 */
import type { DisputePlan, DisputeView, Holding, KnownState } from '../protocol/dispute.ts';
import { firstState } from '../protocol/ledger.ts';
import type { Address, Hash } from '../protocol/types.ts';
import type { ChannelRecord } from './channel-record.ts';
import { newestInstances } from './own-moves.ts';
import type { SettledEpoch } from './settled-epoch.ts';

const NO_MOVES: Holding['moves'] = new Map();

export const statesOf = ({ agreed, signed }: ChannelRecord): readonly KnownState[] => [
  agreed,
  ...signed.map(({ next }) => ({ ...next, signatures: null })),
];

export const runningHolding = (record: ChannelRecord, assets: readonly Address[]): Holding => ({
  channel: record.channel,
  epoch: record.agreed.ledger.epoch,
  self: record.channel.initiator,
  states: statesOf(record),
  moves: NO_MOVES,
  assets,
});

export const settledHolding = ({ channel, epoch, states }: SettledEpoch): Holding => ({
  channel,
  epoch,
  self: channel.initiator,
  states,
  moves: NO_MOVES,
  assets: [],
});

/** The record a settled channel goes on with: nothing signed before holds any more, and money that came late counts anew (invariant 13). */
export const nextEpochRecord = (record: ChannelRecord, epoch: bigint): ChannelRecord => ({
  ...record,
  agreed: firstState(record.channel.address, epoch),
  routes: [],
  highestSigned: 0n,
  signed: [],
  withdrawalSignatures: [],
  shown: [],
  isUnproven: false,
});

/** Apps of the final ledger in which this side has a stake, or made a move. */
export function ownApps(holding: Holding, view: DisputeView): readonly Hash[] {
  const final = holding.states.find(({ ledger }) => ledger.appsRoot === view.finalAppsRoot);
  if (final === undefined || holding.self === null) return [];
  const inFinal = new Set(final.apps.map(({ id }) => id));
  return newestInstances(holding.states).flatMap(({ id, app }) => {
    const position = holding.self === null ? -1 : app.participants.indexOf(holding.self);
    const hasStake = app.stakes.some(({ amounts }) => (amounts[position] ?? 0n) > 0n);
    const isDisputed = (view.apps.get(id)?.challengeId ?? 0n) > 0n;
    return inFinal.has(id) && (hasStake || isDisputed) ? [id] : [];
  });
}

/** Nothing of a settled epoch is left to be done by this side: its stakes are paid, and no move of its own would bring more. */
export function isEnforced(holding: Holding, view: DisputeView, plan: DisputePlan): boolean {
  if (plan.isOver) return true;
  if (plan.steps.length > 0 || plan.lookAgainAt !== null || plan.isUnknown) return false;
  return ownApps(holding, view).every((id) => view.apps.get(id)?.stage === 'settled');
}
