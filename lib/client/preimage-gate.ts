// SPDX-License-Identifier: MIT
/**
 * The one gate through which every preimage of this user leaves: in a closing after an agreement, in one made up for later,
 * with a link, after a restart, and on chain (invariant 17). It asks the chain itself, and believes a block only as far as
 * its own timestamp goes (invariant 18). Whatever is let through could still be enforced by this user, or is within what
 * the user was told may be at risk.
 */
import {
  isHeld,
  isOver,
  isRecent,
  laterOf,
  mayClaim,
  mayShow,
  mayShowOnChain,
  showSpan,
  type AppTimes,
} from '../protocol/deadlines.ts';
import { fault, refuse, type Outcomes } from '../protocol/errors.ts';
import { err, ok } from '../protocol/result.ts';
import { ETHER, type Address, type AppInstance, type Hash } from '../protocol/types.ts';
import type { LedgerOnChain } from '../protocol/dispute.ts';
import type { ChannelRecord } from './channel-record.ts';
import { runningHolding } from './holding.ts';
import type { CloseIntent } from './intents.ts';
import type { ChainReader, ChainWriter, Clock } from './ports.ts';
import type { RiskLimits } from './risk-limits.ts';
import { atRisk, claimedApp, exposures, pickLeaveAt, stakeOf, wasShown, type Shown } from './shown.ts';
import type { TransferTerms } from './transfer-terms.ts';

export interface Pass {
  readonly shown: Shown;
  /** Seconds since 1970: what has not left by then must be judged anew. */
  readonly until: number;
}

/** By app. */
export type Judged = ReadonlyMap<Hash, Outcomes<Pass>>;

export interface GateParts {
  readonly terms: TransferTerms;
  readonly reader: ChainReader;
  readonly chainWriter: Pick<ChainWriter, 'address' | 'fees'>;
  readonly limits: RiskLimits;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/**
 * Gas of leaving with one app (ledger and app in one call, and the settlement), and what each app adds to it. More than
 * is ever used: what is let through as enforceable must be.
 */
const EXIT_GAS = 600_000n;
const APP_GAS = 350_000n;

interface Sight {
  readonly askedAt: number;
  readonly number: number;
  readonly blockTime: number;
  readonly status: LedgerOnChain;
  /** Wei at the channel key's own address, and per gas; null where nothing could be sent at all. */
  readonly purse: { readonly balance: bigint; readonly price: bigint } | null;
}

export class PreimageGate {
  readonly #parts: GateParts;
  #sight: Sight | null = null;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** Whether an app with this deadline is worth claiming: it could be shown, and enforced, with all the time that takes. */
  async mayClaim(
    record: ChannelRecord,
    { actionDeadline, asset, amount }: Pick<AppTimes, 'actionDeadline'> & ReturnType<typeof stakeOf>,
  ): Promise<Outcomes<void>> {
    const seen = await this.#look(record);
    if (!seen.ok) return seen;
    const { terms, clock } = this.#parts;
    const time = laterOf(clock.now(), seen.value.blockTime);
    if (!mayClaim(terms, actionDeadline, time)) return refuse('transfer_expired', { actionDeadline });
    // Whoever shows its preimage enforces it shortly before then: that must not be years away.
    if (actionDeadline - time > terms.maxHold) return refuse('invalid_transfer', { actionDeadline });
    if (this.#isEnforceable(record, seen.value, { asset, amount }, 1n)) return ok(undefined);
    await this.#parts.limits.learn(asset);
    return this.#withinLimit(asset, atRisk(record, asset) + amount, amount);
  }

  /** Each closing for itself, in their order: those before it count against the limit too. */
  async judge(record: ChannelRecord, closings: readonly CloseIntent[]): Promise<Judged> {
    const judged = new Map<Hash, Outcomes<Pass>>();
    const risked = new Map<Address, bigint>();
    let enforced = 0n;
    const fresh = closings.filter(({ appId }) => {
      const shown = wasShown(record, appId);
      // It has left already: nothing more is risked by saying it again, but the money.
      if (shown !== null) judged.set(appId, ok({ shown, until: Infinity }));
      return shown === null;
    });
    if (fresh.length === 0) return judged;
    const seen = await this.#undisputed(record, fresh);
    const instances = fresh.flatMap(({ appId }) => claimedApp(record, appId) ?? []);
    const assets = new Set(instances.map((instance) => stakeOf(instance).asset));
    await Promise.all([...assets].map((asset) => this.#parts.limits.learn(asset)));
    for (const { appId, transferId } of fresh) {
      const instance = claimedApp(record, appId);
      if (!seen.ok || instance === null) {
        judged.set(appId, seen.ok ? refuse('unknown_app', { appId }) : seen);
        continue;
      }
      const timely = this.#isTimely(instance, seen.value);
      if (!timely.ok) {
        judged.set(appId, timely);
        continue;
      }
      const stake = stakeOf(instance);
      const isEnforceable = this.#isEnforceable(record, seen.value, stake, enforced + 1n);
      const sum = (risked.get(stake.asset) ?? atRisk(record, stake.asset)) + stake.amount;
      const allowed = isEnforceable ? ok(undefined) : this.#withinLimit(stake.asset, sum, stake.amount);
      if (allowed.ok && isEnforceable) enforced += 1n;
      else if (allowed.ok) risked.set(stake.asset, sum);
      const leaveAt = isEnforceable ? pickLeaveAt(this.#parts.terms, instance.app, this.#parts.random) : null;
      const shown = { appId, transferId, shownAt: this.#parts.clock.now(), leaveAt, isCertain: true };
      judged.set(appId, allowed.ok ? ok({ shown, until: timely.value }) : allowed);
    }
    return judged;
  }

  /**
   * Of closings that an earlier process signed, or this one a while ago, and that may not have left: those that could not be
   * enforced any more. What fails is worth another try.
   */
  async tooLate(
    record: ChannelRecord,
    closings: readonly CloseIntent[],
  ): Promise<Outcomes<ReadonlySet<Hash>>> {
    const seen = await this.#undisputed(record, closings);
    if (!seen.ok) return seen;
    const time = laterOf(this.#parts.clock.now(), seen.value.blockTime);
    const isLate = ({ appId }: CloseIntent): boolean => {
      const instance = claimedApp(record, appId);
      return instance !== null && !mayShowOnChain(this.#parts.terms, instance.app, time);
    };
    return ok(new Set(closings.filter(isLate).map(({ appId }) => appId)));
  }

  /**
   * In a transaction that opens the app, or moves in it. What was shown before is shown again at any time; what only may have
   * been is not, or a hub that serves a lost state late would have the preimage from a transaction that comes too late.
   */
  mayShowOnChain(record: ChannelRecord, { id, app, time }: AppInstance & { readonly time: number }): boolean {
    const isShown = wasShown(record, id) !== null;
    return isShown ? !isOver(app, time) : mayShowOnChain(this.#parts.terms, app, time);
  }

  /** What a process without memory finds: it may have been shown, so it is enforced like what was; it is judged before it is. */
  asIfShown(instance: AppInstance, transferId: Hash): Shown {
    const { terms, clock, random } = this.#parts;
    const leaveAt = pickLeaveAt(terms, instance.app, random);
    return { appId: instance.id, transferId, shownAt: clock.now(), leaveAt, isCertain: false };
  }

  /** What fits by itself is worth another try, once what is at risk now is countersigned. */
  #withinLimit(asset: Address, sum: bigint, amount: bigint): Outcomes<void> {
    const limit = this.#parts.limits.limit(asset);
    if (sum <= limit) return ok(undefined);
    // Somebody may just have brought ether.
    this.#sight = null;
    const details = { asset, amount: sum.toString(), limit: limit.toString() };
    return err({ ...fault('at_risk_limit', details), retryable: amount <= limit });
  }

  /** Until when it may be shown. */
  #isTimely({ id, app }: AppInstance, { blockTime }: Sight): Outcomes<number> {
    const { terms, clock } = this.#parts;
    if (!isHeld(app)) return refuse('invalid_transfer', { appId: id, holdUntil: app.holdUntil });
    if (!mayShow(terms, app, laterOf(clock.now(), blockTime)))
      return refuse('transfer_expired', { appId: id, actionDeadline: app.actionDeadline });
    return ok(Math.min(app.actionDeadline - showSpan(terms), blockTime + terms.reaction / 2));
  }

  /** Worth more than enforcing it costs, and there is gas to do it with. `count`: this and the others to be enforced anew. */
  #isEnforceable(
    record: ChannelRecord,
    { purse }: Sight,
    { asset, amount }: ReturnType<typeof stakeOf>,
    count: bigint,
  ): boolean {
    if (purse === null) return false;
    const { balance, price } = purse;
    const known = exposures(record).filter(({ leaveAt }) => leaveAt !== null).length;
    const gas = EXIT_GAS + APP_GAS * (BigInt(known) + count);
    if (balance < gas * price) return false;
    return asset === ETHER ? amount > APP_GAS * price : amount >= this.#parts.limits.floor(asset);
  }

  /** A sight in which no challenge stands on the channel, or on one of these apps. */
  async #undisputed(record: ChannelRecord, closings: readonly CloseIntent[]): Promise<Outcomes<Sight>> {
    const seen = await this.#look(record);
    if (!seen.ok) return seen;
    const { status, number } = seen.value;
    if (status.finalizesAt !== 0 || status.epoch !== record.agreed.ledger.epoch) {
      this.#sight = null;
      return refuse('channel_disputed', { finalizesAt: status.finalizesAt });
    }
    const disputed = await this.disputedApps(record, status, number);
    if (!disputed.ok) return disputed;
    const found = closings.find(({ appId }) => disputed.value.has(appId));
    return found === undefined ? seen : refuse('channel_disputed', { appId: found.appId });
  }

  /** Apps of the agreed state that somebody opened on chain. */
  async disputedApps(
    record: ChannelRecord,
    { floorVersion }: Pick<LedgerOnChain, 'floorVersion'>,
    fromBlock: number,
  ): Promise<Outcomes<ReadonlySet<Hash>>> {
    // None can be opened from a ledger that was never on chain.
    if (floorVersion === 0n) return ok(new Set());
    const { reader, clock } = this.#parts;
    const view = await reader.dispute(runningHolding(record, []), { now: clock.now(), fromBlock });
    if (!view.ok) return view;
    return ok(new Set([...view.value.apps].flatMap(([id, app]) => (app.finalizesAt === 0 ? [] : [id]))));
  }

  /** The newest block, asked for anew unless one younger than D/4 was just seen; fails where even that is older than D/2. */
  async #look({ channel }: ChannelRecord): Promise<Outcomes<Sight>> {
    const { terms, reader, clock } = this.#parts;
    const known = this.#sight;
    const soon = terms.reaction / 4;
    const now = clock.now();
    if (known !== null && now - known.askedAt < soon && now - known.blockTime < soon) return ok(known);
    const latest = await reader.latest();
    if (!latest.ok) return latest;
    const { number, timestamp: blockTime } = latest.value;
    if (!isRecent(terms, blockTime, clock.now())) return refuse('chain_stale', { blockTime, number });
    const [status, purse] = await Promise.all([reader.challenge(channel, number), this.#purse()]);
    if (!status.ok) return status;
    this.#sight = { askedAt: now, number, blockTime, status: status.value, purse };
    return ok(this.#sight);
  }

  async #purse(): Promise<Sight['purse']> {
    const { reader, chainWriter } = this.#parts;
    const balance = await reader.balance(chainWriter.address, ETHER);
    if (!balance.ok || balance.value === 0n) return null;
    const fees = await chainWriter.fees();
    return fees.ok ? { balance: balance.value, price: fees.value.maxFeePerGas } : null;
  }
}
