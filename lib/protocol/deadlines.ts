// SPDX-License-Identifier: MIT
/**
 * Whose time it is in the two halves of a transfer: the inequalities that hub and client share (design, section 6).
 * T_b is the payee's `actionDeadline`, T_a the payer's `holdUntil`. All in seconds; `time` is always the later of one's own
 * clock and the newest block's timestamp (`laterOf`).
 */
import type { Pair } from './types.ts';

/** What a hub publishes per chain: how long it is waited for, and how long it takes anybody to get something done on chain. */
export interface Pace {
  /** W: seconds a hub that does not answer is waited for before the chain is thought of. */
  readonly patience: number;
  /** D: seconds from a reason to act on chain to the act being final there, with all that may go slowly on the way. */
  readonly reaction: number;
}

export interface DeadlineTerms extends Pace {
  readonly challengePeriod: number;
  /** Seconds that clocks may differ, with the time that confirmations take. */
  readonly margin: number;
}

export interface AppTimes {
  readonly actionDeadline: number;
  readonly holdUntil: number;
}

export const laterOf = (now: number, blockTime: number): number => Math.max(now, blockTime);

/** Seconds that must be left until T_b when a claim is proposed, and when it is admitted. */
export const claimSpan = ({ patience, reaction, margin }: DeadlineTerms): number =>
  2 * patience + 2 * reaction + margin;

/** Seconds that must be left until T_b when the preimage is shown. */
export const showSpan = ({ patience, reaction }: Pace): number => patience + 2 * reaction;

/** Seconds between T_b and T_a at least: what was shown to the payee's last moment is enforced on the payer after it. */
export const settleSpan = ({ challengePeriod, reaction, margin }: DeadlineTerms): number =>
  challengePeriod + reaction + margin;

/** Seconds between the moment a claim is last accepted and T_a. */
export const holdAfterExpiry = (terms: DeadlineTerms): number => claimSpan(terms) + settleSpan(terms);

/** The earliest T_a of a payment that can be claimed until `expiresAt`. */
export const payerHold = (terms: DeadlineTerms, expiresAt: number): number =>
  expiresAt + holdAfterExpiry(terms);

/** The latest T_b under a T_a. */
export const payeeDeadline = (terms: DeadlineTerms, holdUntil: number): number =>
  holdUntil - settleSpan(terms);

/** The payee's app, unmoved, must not be final as a refund while it can still be claimed. */
export const payeeHold = (actionDeadline: number): number => actionDeadline + 1;

export const isHeld = ({ actionDeadline, holdUntil }: AppTimes): boolean =>
  actionDeadline > 0 && holdUntil > actionDeadline;

export const mayClaim = (terms: DeadlineTerms, actionDeadline: number, time: number): boolean =>
  actionDeadline - time >= claimSpan(terms);

export const mayShow = (pace: Pace, { actionDeadline }: AppTimes, time: number): boolean =>
  actionDeadline - time >= showSpan(pace);

/** On a chain where the app is about to be opened, or is: one transaction must still come in time. */
export const mayShowOnChain = ({ reaction }: Pace, { actionDeadline }: AppTimes, time: number): boolean =>
  actionDeadline - time >= reaction;

/** From then on the registry takes no action, and nothing off chain is relied on that needs one. */
export const isOver = ({ actionDeadline }: AppTimes, time: number): boolean => time > actionDeadline;

/** A fact about the chain is as old as its block's own timestamp (invariant 18). */
export const isRecent = ({ reaction }: Pace, blockTime: number, now: number): boolean =>
  now - blockTime < reaction / 2;

/** When an owner leaves by itself to enforce what it showed: at some moment between these two. */
export const leaveWindow = ({ reaction }: Pace, { actionDeadline }: AppTimes): Pair<number> => [
  actionDeadline - 2 * reaction,
  actionDeadline - reaction,
];

const LOCAL_CHAIN_ID = 31337;
const LOCAL_FLOOR: Pace = { patience: 2, reaction: 8 };
const FLOOR: Pace = { patience: 30, reaction: 120 };

/** What nobody's description can lower: with less, no chain but a local one can be reached in time. */
export const paceFloor = (chainId: number): Pace => (chainId === LOCAL_CHAIN_ID ? LOCAL_FLOOR : FLOOR);

export interface ChainTimes extends Pace {
  readonly chainId: number;
  readonly challengePeriod: number;
  readonly appPeriods: Pair<number>;
}

/** What is wrong with a chain's times, in words; empty where they can be kept. */
export function unsoundTimes({ chainId, patience, reaction, ...periods }: ChainTimes): readonly string[] {
  const floor = paceFloor(chainId);
  const { challengePeriod, appPeriods } = periods;
  const found: string[] = [];
  if (patience < floor.patience) found.push(`patience is ${patience}, at least ${floor.patience} is sane`);
  if (reaction < floor.reaction) found.push(`reaction is ${reaction}, at least ${floor.reaction} is sane`);
  if (challengePeriod < 2 * reaction)
    found.push(
      `challengePeriod is ${challengePeriod}, at least twice the reaction (${2 * reaction}) is needed`,
    );
  if (Math.min(...appPeriods) < 2 * reaction)
    found.push(
      `appPeriods are ${appPeriods.join(' and ')}, at least twice the reaction (${2 * reaction}) is needed`,
    );
  return found;
}
