// SPDX-License-Identifier: MIT
/**
 * Whoever showed a preimage and got no countersignature enforces it without being asked (invariant 17): it leaves at the
 * moment chosen when the preimage left, or at once when a challenge appears, and says so before, meanwhile and after. What
 * was shown is in the channel's record and what was begun in an item of its own, so a restart changes nothing, and the hub
 * is not needed for any of it. What to send is the dispute watch's business.
 */
import { isRecent, laterOf } from '../protocol/deadlines.ts';
import type { Hash } from '../protocol/types.ts';
import type { DisputeWatch } from './dispute-watch.ts';
import { changeBegun, loadBegun, type Begun } from './enforcement-item.ts';
import type { IndraError } from './indra-error.ts';
import type { Session } from './session.ts';
import { claimedApp, exposures, type Exposure } from './shown.ts';

/** Why an enforcement that is due could not be made now. */
type Hindrance = 'no_chain' | 'no_gas';

export class Enforcement {
  readonly #session: Session;
  readonly #watch: DisputeWatch;
  #begun: readonly Begun[] | null = null;
  readonly #told = new Set<Hash>();
  #hindrance: Hindrance | null = null;
  #checkedAt = 0;

  constructor(session: Session, watch: DisputeWatch) {
    this.#session = session;
    this.#watch = watch;
  }

  /** Until the client is closed, whatever else waits for the hub. */
  async run(): Promise<void> {
    const { clock, closing, pollMs } = this.#session;
    while (!closing.aborted) {
      await this.look().catch(() => {});
      await clock.sleep(pollMs, closing);
    }
  }

  async look(): Promise<void> {
    const { store, channel, writer, clock, gate } = this.#session;
    this.#begun ??= (await loadBegun(store, channel)).list;
    if (this.#begun.length > 0) await this.#follow(this.#begun);
    const time = laterOf(clock.now(), this.#watch.sight?.chainTime ?? 0);
    // What the chain would not take any more is no reason to leave.
    const owed = exposures(writer.record).filter(
      ({ leaveAt, instance }) =>
        leaveAt !== null && gate.mayShowOnChain(writer.record, { ...instance, time }),
    );
    if (owed.length === 0) {
      this.#hindrance = null;
      return;
    }
    const late = owed.filter(({ shownAt }) => time >= shownAt + this.#session.terms.patience);
    this.#tellDue(late);
    if (late.length > 0 && this.#watch.leaving === null) await this.#checkMeans(late, time);
    const isChallenged = await this.#isChallenged(owed);
    const due = isChallenged ? owed : owed.filter(({ leaveAt }) => leaveAt !== null && time >= leaveAt);
    if (due.length > 0) await this.#leave(owed);
    if (this.#watch.leaving !== null) this.#tellHeldUp(owed);
  }

  #tellDue(late: readonly Exposure[]): void {
    for (const { appId, transferId, asset, amount, leaveAt } of late) {
      if (leaveAt === null || this.#told.has(appId)) continue;
      this.#told.add(appId);
      this.#session.events.emit('enforcement.due', { transferId, appId, asset, amount, at: leaveAt });
    }
  }

  /** One that stands on the ledger, or on the app itself: from now on the hub signs nothing of it any more. */
  async #isChallenged(owed: readonly Exposure[]): Promise<boolean> {
    const { sight } = this.#watch;
    const { writer, gate } = this.#session;
    if (sight === null || sight.chain.epoch !== writer.record.agreed.ledger.epoch) return false;
    if (sight.chain.finalizesAt !== 0) return true;
    const disputed = await gate.disputedApps(writer.record, sight.chain, sight.block);
    return disputed.ok && owed.some(({ appId }) => disputed.value.has(appId));
  }

  /** With one app the whole channel is left, so all that is owed is enforced with it. */
  async #leave(owed: readonly Exposure[]): Promise<void> {
    const { writer, events } = this.#session;
    const { epoch } = writer.record.agreed.ledger;
    const known = new Set(this.#begun?.map(({ appId }) => appId));
    const added = owed
      .filter(({ appId }) => !known.has(appId))
      .map(({ appId, transferId, asset, amount }) => ({ epoch, appId, transferId, asset, amount }));
    if (added.length > 0) await this.#save((list) => [...list, ...added]);
    if (this.#watch.leaving === null) {
      await this.#watch.want(epoch);
      void this.#watch.look();
    }
    for (const one of added) events.emit('enforcement.started', one);
  }

  /** An epoch that is over has paid what it will pay. */
  async #follow(list: readonly Begun[]): Promise<void> {
    for (const one of list) {
      const settled = this.#watch.settledEpoch(one.epoch);
      if (settled === null) await this.#forgetClosed(one);
      if (settled === null || settled.over === null) continue;
      const pursuit = await this.#watch.surveySettled(settled);
      if (pursuit === null) continue;
      const isPaid = (pursuit.view.apps.get(one.appId)?.version ?? 0n) > 0n;
      await this.#save((held) => held.filter(({ appId }) => appId !== one.appId));
      this.#session.events.emit('enforcement.done', { ...one, isPaid });
    }
  }

  /** The chain as of a moment ago. */
  get #isSeen(): boolean {
    const { terms, clock } = this.#session;
    const { sight } = this.#watch;
    return sight !== null && isRecent(terms, sight.chainTime, clock.now());
  }

  /** Begun, and then countersigned after all before anything was sent. */
  async #forgetClosed({ epoch, appId }: Begun): Promise<void> {
    const { record } = this.#session.writer;
    if (record.agreed.ledger.epoch === epoch && claimedApp(record, appId) === null)
      await this.#save((held) => held.filter((other) => other.appId !== appId));
  }

  /** Before it is due: whether it could be made at all. Asked a few times in each D. */
  async #checkMeans(late: readonly Exposure[], time: number): Promise<void> {
    const { terms, chainWriter, channel } = this.#session;
    if (this.#checkedAt !== 0 && time - this.#checkedAt < terms.reaction / 4) return;
    if (!this.#isSeen) await this.#watch.look();
    if (!this.#isSeen) return this.#tellImpossible('no_chain', late);
    this.#checkedAt = time;
    const pursuit = await this.#watch.survey(true);
    const [step] = pursuit?.plan.steps ?? [];
    if (step === undefined) return;
    const rehearsed = await this.#watch.lane.rehearse(chainWriter.disputeCall(channel, step));
    if (rehearsed.ok) this.#hindrance = null;
    else if (rehearsed.error.code === 'insufficient_gas')
      this.#tellImpossible('no_gas', late, rehearsed.error.details);
  }

  #tellHeldUp(owed: readonly Exposure[]): void {
    const { heldUp } = this.#watch;
    if (!this.#isSeen) this.#tellImpossible('no_chain', owed);
    else if (heldUp?.code === 'insufficient_gas') this.#tellImpossible('no_gas', owed, heldUp.details);
    else this.#hindrance = null;
  }

  /** Once, until it has been possible again. */
  #tellImpossible(
    reason: Hindrance,
    owed: readonly Exposure[],
    details: IndraError['details'] = undefined,
  ): void {
    if (this.#hindrance === reason) return;
    this.#hindrance = reason;
    const wei = details?.['wei'];
    const needed = typeof wei === 'string' ? { address: this.#session.key.address, wei: BigInt(wei) } : null;
    for (const { transferId, appId, asset, amount, instance } of owed)
      this.#session.events.emit('enforcement.impossible', {
        ...{ transferId, appId, asset, amount, reason, needed },
        until: instance.app.actionDeadline,
      });
  }

  async #save(change: (list: readonly Begun[]) => readonly Begun[]): Promise<void> {
    const { store, channel } = this.#session;
    this.#begun = await changeBegun(store, channel, change);
  }
}
