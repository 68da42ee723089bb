// SPDX-License-Identifier: MIT
/**
 * The client's eyes on its channel in the registry. Everything comes from its own chain reader and its own record, so a hub
 * that is silent or lies changes nothing (invariant 14): a stale challenge is answered (10), nothing is signed while one is
 * open (13), a settled channel goes on in its next epoch, and what was at stake is enforced until it is paid (12).
 * The wish to leave and what is enforced are durable; what to do about them is asked of `planDispute` at every look.
 */
import type { DisputePlan, DisputeView, Holding, LedgerOnChain, NamedStep } from '../protocol/dispute.ts';
import { planDispute } from '../protocol/dispute/plan.ts';
import { INITIATOR, type Address, type AppInstance, type Hash } from '../protocol/types.ts';
import type { ChannelRecord } from './channel-record.ts';
import type { ClientLane } from './client-lane.ts';
import { changeNotes, loadNotes, type DisputeNotes } from './dispute-item.ts';
import type { ClientEventName, ClientEvents } from './events.ts';
import { isEnforced, nextEpochRecord, ownApps, runningHolding, settledHolding, statesOf } from './holding.ts';
import { IndraError } from './indra-error.ts';
import { noteMade } from './payment-facts.ts';
import { ownMoves, preimagesOf, type Preimages } from './own-moves.ts';
import { Retries } from './retries.ts';
import type { Session } from './session.ts';
import { loadSettledEpoch, saveSettledEpoch, type SettledEpoch } from './settled-epoch.ts';

/** What one look at the chain found, and what is to be done about it. */
export interface Sight {
  readonly chain: LedgerOnChain;
  readonly chainTime: number;
  readonly block: number;
}

export interface Pursuit {
  readonly holding: Holding;
  readonly view: DisputeView;
  readonly plan: DisputePlan;
}

export class DisputeWatch {
  readonly #session: Session;
  readonly #lane: ClientLane;
  readonly #settle: () => Promise<void>;
  readonly #retries: Retries;
  readonly #epochs = new Map<bigint, SettledEpoch>();
  #notes: DisputeNotes | null = null;
  #sight: Sight | null = null;
  /** What happened before anybody could listen. */
  #untold: (() => void)[] | null = [];
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #heldUp: IndraError | null = null;
  #hindrances: IndraError[] = [];
  readonly #toldApps = new Set<Hash>();
  /** Bundles that the chain refused when they were last tried whole. */
  readonly #broken = new Set<string>();

  /** `settle` is what a channel does once it can be used again. */
  constructor(session: Session, lane: ClientLane, settle: () => Promise<void>) {
    this.#session = session;
    this.#lane = lane;
    this.#settle = settle;
    this.#retries = new Retries(() => session.clock.now());
  }

  get sight(): Sight | null {
    return this.#sight;
  }

  get lane(): ClientLane {
    return this.#lane;
  }

  /** The epoch its user wants to leave; null if none. */
  get leaving(): bigint | null {
    const { leaving } = this.#notes ?? { leaving: null };
    return leaving === this.#epoch ? leaving : null;
  }

  /** Settled epochs in which something may still be due. */
  get settling(): readonly SettledEpoch[] {
    return [...this.#epochs.values()].filter((epoch) => epoch.over === null);
  }

  /** What keeps the next step from being sent; null if nothing does. */
  get heldUp(): IndraError | null {
    return this.#heldUp;
  }

  get #epoch(): bigint {
    return this.#session.writer.record.agreed.ledger.epoch;
  }

  /** Before anything is signed: what was wanted, and whether the chain forbids it. Nothing is done about it yet. */
  async begin(): Promise<void> {
    const { store, channel } = this.#session;
    this.#notes = (await loadNotes(store, channel, this.#epoch)).notes;
    await this.#loadEpochs(this.#notes);
    await this.#see();
  }

  async #loadEpochs({ enforcedBelow }: DisputeNotes): Promise<void> {
    const { store, channel } = this.#session;
    for (let epoch = enforcedBelow; epoch <= this.#epoch; epoch++) {
      const settled = await loadSettledEpoch(store, channel, epoch);
      if (settled !== null) this.#epochs.set(epoch, settled);
    }
  }

  /** Resolves after a whole look that began after it was asked for. Never rejects: the next look tries again. */
  look(): Promise<void> {
    this.#next ??= (this.#running ?? Promise.resolve()).then(() => {
      this.#next = null;
      this.#running = this.#lookOnce().catch(() => {});
      return this.#running;
    });
    return this.#next;
  }

  /** Looks until the client is closed, whatever else waits for the hub. */
  async run(): Promise<void> {
    const { clock, closing, pollMs } = this.#session;
    await clock.sleep(0, closing);
    for (const tell of this.#untold ?? []) tell();
    this.#untold = null;
    while (!closing.aborted) {
      await this.look();
      await clock.sleep(pollMs, closing);
    }
  }

  /** Durable once it resolves; a settlement of that epoch fulfils it. */
  async want(leaving: bigint | null): Promise<void> {
    const { store, channel } = this.#session;
    const change = (notes: DisputeNotes): DisputeNotes =>
      notes.leaving === leaving ? notes : { ...notes, leaving };
    this.#notes = await changeNotes(store, channel, this.#epoch, change);
    if (this.#sight !== null) this.#assess(this.#sight);
  }

  /** What could be done in the running epoch now, with these aims. Null while the chain cannot be asked. */
  survey(leave: boolean): Promise<Pursuit | null> {
    const { writer, chain } = this.#session;
    const assets = chain.assets.map(({ address }) => address);
    const { record } = writer;
    const from = this.#notes?.quietAt ?? 0;
    return this.#survey(runningHolding(record, assets), preimagesOf(record), from, leave);
  }

  #emit<Name extends ClientEventName>(name: Name, event: ClientEvents[Name]): void {
    const tell = () => this.#session.events.emit(name, event);
    if (this.#untold === null) tell();
    else this.#untold.push(tell);
  }

  /** The same for an epoch that was settled. */
  surveySettled(settled: SettledEpoch): Promise<Pursuit | null> {
    return this.#survey(settledHolding(settled), settled.preimages, settled.fromBlock, true);
  }

  /**
   * Whoever reads only defends as well: the other writer may be gone, and to show a state twice harms nobody. Each part is
   * tried for itself, so that nothing that stops one of them keeps another from answering (invariant 15).
   */
  async #lookOnce(): Promise<void> {
    const sight = await this.#see();
    if (sight === null) return;
    const { writer } = this.#session;
    if (writer.haltedBy !== null) await this.#followWriter();
    const { record } = writer;
    this.#hindrances = [];
    await tried(() => this.#attend(sight, record));
    for (const settled of this.settling) await tried(() => this.#enforce(settled));
    if (writer.haltedBy === null && sight.chain.epoch > record.agreed.ledger.epoch)
      await tried(() => this.#turnEpoch(sight, record));
    await tried(() => this.#lane.advance());
    this.#sayWhatHinders();
  }

  async #attend(sight: Sight, record: ChannelRecord): Promise<void> {
    if (!this.#isUnquiet(sight, record)) return this.#remainQuiet(sight);
    const pursuit = await this.survey(this.leaving !== null && !this.#isReader);
    if (pursuit !== null) await this.#pursue(pursuit);
  }

  /** What is held is what another writer stored, while there is one. */
  async #followWriter(): Promise<void> {
    const { writer, store, channel } = this.#session;
    await tried(() => writer.refresh());
    await tried(async () => {
      const { notes } = await loadNotes(store, channel, this.#epoch);
      this.#notes = notes;
      await this.#loadEpochs(notes);
    });
  }

  /** Another writer has the channel: its wishes are not this client's to carry out. */
  get #isReader(): boolean {
    return this.#session.writer.haltedBy?.code === 'another_writer';
  }

  /** Reads the registry, and stops or releases the writer. Null while the chain cannot be asked. */
  async #see(): Promise<Sight | null> {
    const { reader, channel } = this.#session;
    const latest = await reader.latest();
    if (!latest.ok) return null;
    const { number: block, timestamp: chainTime } = latest.value;
    const status = await reader.challenge(channel, block);
    if (!status.ok) return null;
    const sight = { chain: status.value, chainTime, block };
    this.#tell(sight);
    this.#sight = sight;
    this.#assess(sight);
    return sight;
  }

  /** Nobody signs in a channel that is disputed, settled or to be left (design, section 2). */
  #assess({ chain }: Sight): void {
    const { writer } = this.#session;
    const { epoch, finalizesAt } = chain;
    const isElsewhere = epoch !== this.#epoch;
    if (finalizesAt !== 0 || isElsewhere || this.leaving !== null) {
      const details = {
        ...(finalizesAt === 0 ? {} : { finalizesAt }),
        ...(isElsewhere ? { epoch: epoch.toString() } : {}),
        ...(this.leaving === null ? {} : { leaving: true }),
      };
      writer.suspend(IndraError.from('channel_disputed', details));
    } else if (writer.suspendedBy !== null) {
      writer.resume();
      void this.#settle().catch(() => {});
    }
  }

  #tell({ chain }: Sight): void {
    const before = this.#sight?.chain ?? null;
    const isNew = before?.challengeId !== chain.challengeId || before.finalizesAt === 0;
    if (chain.finalizesAt !== 0 && isNew) {
      const { finalizesAt } = chain;
      this.#emit('channel.disputed', { finalizesAt });
      if (this.leaving === chain.epoch) this.#emit('dispute.started', { epoch: chain.epoch, finalizesAt });
    }
    if (
      before !== null &&
      before.finalizesAt !== 0 &&
      chain.finalizesAt === 0 &&
      before.epoch === chain.epoch
    )
      this.#emit('dispute.answered', { epoch: chain.epoch, version: chain.floorVersion });
  }

  /** Apps may be disputed long after the ledger's challenge was answered, and those both moved in even without one. */
  #isUnquiet({ chain }: Sight, { agreed, signed }: ChannelRecord): boolean {
    const apps = [agreed, ...signed.map(({ next }) => next)].flatMap((state) => state.apps);
    return (
      chain.finalizesAt !== 0 ||
      chain.epoch !== agreed.ledger.epoch ||
      this.leaving !== null ||
      (chain.floorVersion > 0n && apps.length > 0) ||
      apps.some(({ version }) => version > 0n)
    );
  }

  /** Written once per client and day or so: events of a later dispute are looked for from here. */
  async #remainQuiet({ block }: Sight): Promise<void> {
    const { store, channel } = this.#session;
    const notes = this.#notes;
    if (notes === null || (notes.quietAt > 0 && block - notes.quietAt < QUIET_BLOCKS)) return;
    this.#notes = await changeNotes(store, channel, this.#epoch, (held) => ({ ...held, quietAt: block }));
  }

  async #survey(
    holding: Holding,
    preimages: Preimages,
    fromBlock: number,
    leave: boolean,
  ): Promise<Pursuit | null> {
    const { reader, clock } = this.#session;
    const view = await reader.dispute(holding, { now: clock.now(), fromBlock });
    if (!view.ok) return null;
    const { catalogue, key, store, gate, writer } = this.#session;
    const { record } = writer;
    // In a settled epoch the chain is the only place left to show it.
    const isRunning = holding.epoch === record.agreed.ledger.epoch;
    const mayShow = (instance: AppInstance, time: number): boolean =>
      !isRunning || gate.mayShowOnChain(record, { ...instance, time });
    const moves = await ownMoves({ catalogue, key, store, mayShow }, holding, view.value, preimages);
    const plan = planDispute({ ...holding, moves }, view.value, { leave, settleAfter: 0 });
    return { holding, view: view.value, plan };
  }

  async #pursue({ plan }: Pursuit): Promise<void> {
    for (const step of plan.steps)
      await tried(async () => {
        const hindrance = await this.#take(step);
        if (hindrance !== null) this.#hindrances.push(hindrance);
      });
  }

  /** Ether for gas is for its user to bring, so it is asked for, once. */
  #sayWhatHinders(): void {
    const before = this.#heldUp;
    const gas = this.#hindrances.find(({ code }) => code === 'insufficient_gas');
    this.#heldUp = gas ?? this.#hindrances[0] ?? null;
    if (gas === undefined || before?.code === 'insufficient_gas') return;
    const { address, wei } = gas.details as { readonly address: Address; readonly wei: string };
    this.#emit('gas.needed', { address, wei: BigInt(wei) });
  }

  /**
   * Into the lane, if it can be sent now. What the chain refuses is tried again after a while. Of a bundle that is refused, or
   * for which there is too little ether, its parts are tried for themselves meanwhile, the one that matters most first. That it was sent is not taken for success: what is still wanted comes back with the next plan.
   */
  async #take(step: NamedStep): Promise<IndraError | null> {
    const isDue = this.#retries.isDue(step.name);
    if (!isDue) return this.#broken.has(step.name) ? this.#takeParts(step) : null;
    const { chainWriter, channel } = this.#session;
    const call = chainWriter.disputeCall(channel, step);
    const rehearsed = await this.#lane.rehearse(call);
    if (!rehearsed.ok) {
      const { code } = rehearsed.error;
      if (code === 'chain_refused') this.#retries.tried(step.name);
      if (code === 'chain_unavailable' || step.kind !== 'bundle') return IndraError.of(rehearsed.error);
      if (code === 'chain_refused') this.#broken.add(step.name);
      return this.#takeParts(step);
    }
    this.#broken.delete(step.name);
    await this.#lane.send(step.name, call, 'dispute');
    this.#retries.tried(step.name);
    return null;
  }

  async #takeParts(step: NamedStep): Promise<IndraError | null> {
    let hindrance: IndraError | null = null;
    for (const part of step.kind === 'bundle' ? step.otherwise : [])
      hindrance = (await this.#take(part)) ?? hindrance;
    return hindrance;
  }

  /** A stake in a settled epoch is paid out app by app, each after its own time. */
  async #enforce(settled: SettledEpoch): Promise<void> {
    const { store, channel, reader } = this.#session;
    const { epoch, fromBlock } = settled;
    const pursuit = await this.surveySettled(settled);
    if (pursuit === null) return;
    const { holding, view, plan } = pursuit;
    await this.#pursue(pursuit);
    this.#tellApps(pursuit);
    if (view.ledger.epoch <= epoch || !isEnforced(holding, view, plan)) return;
    const apps = holding.states.flatMap((state) => state.apps);
    const payout = await reader.settlement(channel, epoch, fromBlock, apps);
    if (!payout.ok) return;
    const paid = payout.value
      .map(({ asset, paid: by }) => ({ asset, amount: by[INITIATOR] }))
      .filter(({ amount }) => amount > 0n);
    const over = { paid, apps: [...ownApps(holding, view)] };
    const done = { ...settled, over };
    await saveSettledEpoch(store, done);
    this.#epochs.set(epoch, done);
    const enforcedBelow = this.#enforcedBelow();
    this.#notes = await changeNotes(store, channel, this.#epoch, (notes) => ({ ...notes, enforcedBelow }));
    this.#emit('dispute.over', { epoch, ...over });
  }

  #tellApps({ holding, view }: Pursuit): void {
    for (const appId of ownApps(holding, view)) {
      if (view.apps.get(appId)?.stage !== 'settled' || this.#toldApps.has(appId)) continue;
      this.#toldApps.add(appId);
      this.#emit('app.settled', { epoch: holding.epoch, appId });
    }
  }

  /** The last epoch that is over stays in reach, so that its outcome can be asked for. */
  #enforcedBelow(): bigint {
    const open = this.settling.map(({ epoch }) => epoch);
    const all = [...this.#epochs.keys()];
    const candidates = open.length > 0 ? open : all.slice(-1);
    return candidates.reduce((least, epoch) => (epoch < least ? epoch : least));
  }

  /**
   * The channel was settled. What both sides held is in the settled ledger; what was in its apps waits for their outcomes.
   * That is stored first, then the record of the next epoch takes the old one's place: a death in between repeats both.
   */
  async #turnEpoch({ block }: Sight, record: ChannelRecord): Promise<void> {
    const { reader, chain, channel, store, writer } = this.#session;
    const confirmed = await reader.challenge(channel, Math.max(0, block - chain.confirmations));
    const epoch = record.agreed.ledger.epoch;
    if (!confirmed.ok || confirmed.value.epoch <= epoch) return;
    const settled: SettledEpoch = {
      channel,
      epoch,
      states: statesOf(record),
      preimages: preimagesOf(record),
      fromBlock: this.#notes?.quietAt ?? 0,
      over: null,
    };
    await saveSettledEpoch(store, settled);
    this.#epochs.set(epoch, settled);
    for (const { side, transferId } of record.routes) if (side === 'payer') await noteMade(store, transferId);
    // Written even if nothing changes: without them the next start would not look for this epoch.
    this.#notes = await changeNotes(store, channel, epoch, (notes) => ({ ...notes }));
    if (!(await writer.beginEpoch((held) => nextEpochRecord(held, confirmed.value.epoch)))) return;
    this.#emit('dispute.settled', { epoch, next: confirmed.value.epoch });
    await this.#enforce(settled);
    await this.#see();
  }

  /** The last settled epoch that is over; null if none is. */
  get lastOver(): SettledEpoch | null {
    return [...this.#epochs.values()].findLast((epoch) => epoch.over !== null) ?? null;
  }

  settledEpoch(epoch: bigint): SettledEpoch | null {
    return this.#epochs.get(epoch) ?? null;
  }
}

/** The next look tries again. */
const tried = (act: () => Promise<void>): Promise<void> => act().catch(() => {});

/** About a day on a chain with a block every twelve seconds. */
const QUIET_BLOCKS = 7_200;
