// SPDX-License-Identifier: MIT
/**
 * The one writer of a channel. It takes one step at a time: plan, sign, store, send, judge the answer. While a proposal is
 * in flight new intents wait and go into the next one together. What to do is decided by `planProposal` and `judgeAnswer`.
 */
import { isOver } from '../protocol/deadlines.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { AgreedState, Hash } from '../protocol/types.ts';
import type { Expectation, NewItem } from '../store/store.ts';
import { answerWithinMs, backoffMs } from './backoff.ts';
import { inFlight, type ChannelRecord, type SignedProposal } from './channel-record.ts';
import { clientFault, IndraError } from './indra-error.ts';
import { IntentQueue, queued, type Accomplished, type QueuedIntent } from './intent-queue.ts';
import { intentKey, isCredit, type CloseIntent, type Intent } from './intents.ts';
import { abandonHead, judgeAnswer, judgeServed, type Verdict } from './judge-answer.ts';
import { planProposal, type Draft } from './plan-proposal.ts';
import type { Pass } from './preimage-gate.ts';
import { readAnswer } from './read-answer.ts';
import { loadRecord, saveRecord } from './record-store.ts';
import { claimedApp, showings, withShown } from './shown.ts';
import { signDraft } from './sign-draft.ts';
import type { Agreement, SubmitOptions, WriterParts } from './writer-parts.ts';

/** What the hub says of a dispute is looked up on chain. */
const ELSEWHERE: ReadonlySet<ErrorCode> = new Set(['channel_disputed', 'wrong_epoch']);

type Amendment = (record: ChannelRecord) => ChannelRecord;

export class ChannelWriter {
  readonly #parts: WriterParts;
  readonly #stop = new AbortController();
  readonly #queue = new IntentQueue();
  #record: ChannelRecord;
  #etag: Expectation;
  #amendments: Amendment[] = [];
  #afterWrite: (() => void)[] = [];
  /** Told when this writer writes no more. */
  #onEnd: (() => void)[] = [];
  #isDirty: boolean;
  #wake = () => {};
  #nap = new AbortController();
  /** How often the proposal in flight was sent by this writer, and whether one before may have sent it too. */
  #attempts: number;
  #halted: IndraError | null = null;
  #suspended: IndraError | null = null;
  #frozen: IndraError | null = null;
  /** What is waited for before anything is signed, such as the hub's word on what it holds (invariant 2). */
  readonly #holds = new Set<symbol>();
  #running: Promise<void> | null = null;
  /** Closings that were let through the gate, by app. */
  readonly #passes = new Map<Hash, Pass>();
  /** Closings that wait for others to be countersigned, because of what is at risk. */
  readonly #blocked = new Set<Hash>();
  /** The proposal signed last, and until when its closings may leave as they were let through. */
  #cleared: { readonly head: SignedProposal; readonly until: number } | null = null;
  /** The proposal that this process has sent. */
  #left: SignedProposal | null = null;

  constructor(parts: WriterParts, record: ChannelRecord, etag: Expectation) {
    this.#parts = parts;
    this.#record = record;
    this.#etag = etag;
    this.#isDirty = etag === 'absent';
    this.#frozen = parts.distrust;
    const head = inFlight(record);
    this.#attempts = head === null ? 0 : 1;
    this.#queue.take(head?.intents ?? [], []);
    // A refusal was survived but not its consequence: credits go into the next proposal whatever happened (invariant 12).
    for (const entry of record.signed.filter((other) => other.abandoned))
      for (const intent of entry.intents.filter(isCredit)) this.#queue.add(queued(intent, entry.id));
  }

  get record(): ChannelRecord {
    return this.#record;
  }

  get haltedBy(): IndraError | null {
    return this.#halted;
  }

  /** Why nothing is signed for now. */
  get suspendedBy(): IndraError | null {
    return this.#suspended;
  }

  /** Why nothing is signed in this epoch any more. */
  get frozenBy(): IndraError | null {
    return this.#frozen;
  }

  /** Why nothing is ever signed with this hub. */
  get distrust(): IndraError | null {
    return this.#parts.distrust;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves once the intent is agreed and durable. Rejects with `IndraError`. Asking twice joins the first. */
  submit(intent: Intent, { id, isPatient = false, item = null }: SubmitOptions): Promise<Accomplished> {
    if (this.#halted !== null) return Promise.reject(this.#halted);
    if (this.#stop.signal.aborted) return Promise.reject(IndraError.from('closed'));
    const refusing = this.#frozen ?? this.#suspended;
    if (refusing !== null) return Promise.reject(refusing);
    const isNew = this.#queue.add(queued(intent, id, { isPatient, item }));
    if (isNew && isPatient) void this.#hurryLater(intent);
    this.#wake();
    return this.#queue.wait(intent);
  }

  /** Takes back an intent that is not signed yet. False if it is too late, or others wait for it too. */
  retract(intent: Intent): boolean {
    return this.#queue.retract(intent);
  }

  /** Whether an intent with the same key waits or is in flight. */
  isPending(intent: Intent): boolean {
    return this.pending(intent) !== null;
  }

  /** The intent with the same key that waits or is in flight, on whatever terms. */
  pending(intent: Intent): Intent | null {
    return this.#queue.find(intent);
  }

  /** Changes of the record that nobody signs: routes found again, withdrawals seen executed. */
  amend(amendment: Amendment): void {
    this.#amendments.push(amendment);
    this.#wake();
  }

  /**
   * Signs nothing and sends nothing until `resume`: the channel is disputed (design, section 2). What is in flight stays
   * counted and is sent again afterwards. Credits wait; whatever else is not signed yet is refused, and whoever waits for
   * what is signed learns that its outcome is open.
   */
  suspend(error: IndraError): void {
    const isNew = this.#suspended === null;
    this.#suspended = error;
    if (!isNew) return;
    this.#passes.clear();
    const unsigned = this.#queue.items.map((item) => item.intent).filter((intent) => !isCredit(intent));
    for (const intent of unsigned) this.#queue.refuse(intent, error);
    const signed = inFlight(this.#record)?.intents.filter((intent) => !isCredit(intent)) ?? [];
    for (const intent of signed) this.#queue.disappoint(intent, error.withOutcome('unknown'));
    this.#nap.abort();
  }

  resume(): void {
    if (this.#suspended === null) return;
    this.#suspended = null;
    this.#wake();
  }

  /** Signs and sends nothing until what it returns was called; what is asked for waits. */
  hold(): () => void {
    const reason = Symbol();
    this.#holds.add(reason);
    return () => {
      this.#holds.delete(reason);
      this.#wake();
    };
  }

  /**
   * Signs and sends nothing more in this epoch, of which a newer state exists than is known here. It goes on to store, and
   * to begin the next epoch, so that the channel is watched and settled all the same.
   */
  freeze(error: IndraError): void {
    this.#frozen ??= error;
    this.#queue.clear(error);
    this.#nap.abort();
  }

  /** Resolves once the record of the next epoch is durable; false if this writer stopped before. What was signed is void. */
  beginEpoch(next: Amendment): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#halted !== null || this.#stop.signal.aborted) return resolve(false);
      this.#onEnd.push(() => resolve(false));
      this.amend((record) => {
        this.#afterWrite.push(() => resolve(true));
        return next(record);
      });
      this.#nap.abort();
    });
  }

  /** Looks again now instead of waiting out a pause: the line is back. */
  nudge(): void {
    this.#nap.abort();
  }

  /** Signs nothing from now on, or ever: another writer has the channel. */
  stayReadOnly(error: IndraError): void {
    this.#halt(error);
  }

  /** What another writer made of the channel since. Does nothing while this one writes. */
  async refresh(): Promise<void> {
    if (this.#halted === null) return;
    await this.#reload();
    this.#parts.listener.changed(this.#record);
  }

  /** Finishes the step under way. What is in flight stays stored and is sent again by the next writer. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#nap.abort();
    this.#wake();
    await this.#running;
    for (const end of this.#onEnd.splice(0)) end();
    this.#queue.rejectAll(IndraError.from('closed', undefined, 'unknown'));
  }

  /** A step that throws is a bug, of this client or of the store. It ends nothing: the next step comes after a pause. */
  async #run(): Promise<void> {
    for (let stumbles = 0; !this.#stop.signal.aborted && this.#halted === null;) {
      try {
        await this.#step();
        stumbles = 0;
      } catch (cause) {
        stumbles += 1;
        this.#report(cause);
        await this.#pause(stumbles);
      }
    }
    if (this.#isDirty && this.#halted === null)
      await this.#save(this.#record).catch((cause: unknown) => this.#report(cause));
  }

  async #step(): Promise<void> {
    this.#amend();
    const head = inFlight(this.#record);
    const isActive = this.#suspended === null && this.#frozen === null && this.#holds.size === 0;
    if (isActive && head !== null) await this.#exchange(head);
    else if (isActive && this.#queue.isUrgent)
      await (this.#ungated.length > 0 ? this.#passGate() : this.#propose());
    else if (this.#isDirty) await this.#store();
    else await this.#idle();
  }

  #amend(): void {
    for (const amendment of this.#amendments.splice(0)) {
      const before = this.#record.agreed.ledger.epoch;
      this.#record = amendment(this.#record);
      this.#isDirty = true;
      if (this.#record.agreed.ledger.epoch === before) continue;
      this.#frozen = this.#parts.distrust;
      this.#queue.clear(IndraError.from('wrong_epoch'));
    }
  }

  /** Nothing is awaited between the look at the queue and this promise, so no wake is lost. */
  #idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Closings that show a preimage and were not let through, or too long ago. Nothing is awaited between this look and the plan. */
  get #ungated(): readonly CloseIntent[] {
    const now = this.#parts.clock.now();
    const waiting = showings(
      this.#record,
      this.#queue.items.map(({ intent }) => intent),
    );
    return waiting.filter(
      ({ appId }) => !this.#blocked.has(appId) && (this.#passes.get(appId)?.until ?? 0) < now,
    );
  }

  /** All of them together, since they share what may be at risk. What is refused is asked for again later. */
  async #passGate(): Promise<void> {
    const closings = showings(
      this.#record,
      this.#queue.items.map(({ intent }) => intent),
    );
    const judged = await this.#parts.gate.judge(this.#record, closings);
    this.#passes.clear();
    this.#blocked.clear();
    for (const { appId } of closings) {
      const outcome = judged.get(appId);
      if (outcome?.ok === true) this.#passes.set(appId, outcome.value);
    }
    for (const closing of closings) {
      const outcome = judged.get(closing.appId);
      if (outcome === undefined || outcome.ok) continue;
      const { code, retryable } = outcome.error;
      // The others leave now, and make room once they are countersigned.
      if (code === 'at_risk_limit' && retryable && this.#passes.size > 0) this.#blocked.add(closing.appId);
      else this.#queue.refuse(closing, IndraError.of(outcome.error));
    }
  }

  /** That it was sent is no proof that it left: what nobody takes any more is shown to nobody. */
  #isOver(head: SignedProposal): boolean {
    const now = this.#parts.clock.now();
    return showings(this.#record, head.intents).some(({ appId }) => {
      const open = claimedApp(this.#record, appId);
      return open !== null && isOver(open.app, now);
    });
  }

  /**
   * What was signed by an earlier process, or waited for its store, may not have left yet: it does so only while it could
   * still be enforced. The hub is asked what it holds, and what has become too late is signed away (invariant 17).
   */
  async #mayLeave(head: SignedProposal): Promise<boolean> {
    const { gate, clock, hub, recover } = this.#parts;
    const closings = showings(this.#record, head.intents);
    if (closings.length === 0 || (head === this.#cleared?.head && clock.now() <= this.#cleared.until))
      return true;
    const late = await gate.tooLate(this.#record, closings);
    if (!late.ok) {
      await this.#pause();
      return false;
    }
    if (late.value.size === 0) return true;
    const { address } = this.#record.channel;
    const view = await hub.ask('sync', { channel: address }, { id: head.id, signal: this.#stop.signal });
    const verdict = view.ok ? judgeServed(this.#record, view.value.state, recover) : null;
    const isElsewhere = verdict?.kind === 'agreed' || verdict?.kind === 'foreign';
    if (verdict === null) await this.#pause();
    else if (isElsewhere) await this.#act(head, verdict);
    else this.#withhold(head, late.value);
    return false;
  }

  #withhold(head: SignedProposal, late: ReadonlySet<Hash>): void {
    const { shown } = this.#record;
    this.#become({
      ...abandonHead(this.#record),
      shown: shown.filter(({ appId }) => !late.has(appId)),
    });
    const isLate = (intent: Intent): boolean => intent.kind === 'close' && late.has(intent.appId);
    this.#queue.putBack(
      head.intents.filter((intent) => !isLate(intent)).map((intent) => queued(intent, head.id)),
    );
    const error = IndraError.from('transfer_expired', { appIds: [...late] });
    for (const closing of head.intents.filter(isLate)) this.#fail(closing, error);
  }

  /** The next proposal is signed, stored together with what was agreed before it, and only then sent (invariant 3). */
  async #propose(): Promise<void> {
    const { catalogue, builder, limits } = this.#parts;
    const isBlocked = ({ intent }: QueuedIntent): boolean =>
      intent.kind === 'close' && this.#blocked.has(intent.appId);
    const { items } = this.#queue;
    const free = items.filter((item) => !isBlocked(item));
    const plan = planProposal(this.#record, catalogue, free, builder, limits);
    const intents = plan.taken.map((waiting) => waiting.intent);
    this.#queue.take(intents, [...plan.left, ...items.filter(isBlocked)]);
    this.#blocked.clear();
    for (const { waiting, fault } of plan.failed) this.#fail(waiting.intent, IndraError.of(fault));
    if (plan.done.length > 0) {
      this.#isDirty = true;
      for (const { intent } of plan.done)
        this.#afterWrite.push(() => this.#queue.settle(intent, { entry: null }));
    }
    const cause = plan.taken.find((waiting) => !waiting.isPatient) ?? plan.taken[0];
    if (plan.draft === null || cause === undefined) return;
    try {
      const items = plan.taken.flatMap(({ item }) => item ?? []);
      if ((await this.#save(this.#signed(plan.draft, cause.id, intents), items)) !== 'too_large') return;
    } catch (thrown) {
      for (const intent of intents) this.#fail(intent, clientFault(thrown));
      throw thrown;
    }
    // Each by itself is smaller; one that is too large even so is refused.
    const [only, ...others] = plan.taken;
    if (only !== undefined && others.length === 0)
      this.#fail(only.intent, IndraError.from('too_large', undefined, 'unchanged'));
    else this.#queue.putBack(plan.taken.map((waiting) => ({ ...waiting, alone: true })));
  }

  /** With what it shows, which is to be enforced from then on (invariant 17). */
  #signed(draft: Draft, id: string, intents: readonly Intent[]): ChannelRecord {
    const { key, clock } = this.#parts;
    const entry = signDraft(this.#record, draft, { key, id, now: clock.now() });
    const passes = showings(this.#record, intents).flatMap(({ appId }) => this.#passes.get(appId) ?? []);
    this.#passes.clear();
    this.#cleared = { head: entry, until: Math.min(...passes.map(({ until }) => until)) };
    const shown = passes.map((pass) => pass.shown);
    return {
      ...withShown(this.#record, shown),
      highestSigned: draft.version,
      signed: [...this.#record.signed, entry],
    };
  }

  async #store(): Promise<void> {
    if ((await this.#save(this.#record)) === 'too_large')
      throw new RangeError('the store does not take what is agreed');
  }

  async #save(
    record: ChannelRecord,
    first: readonly NewItem[] = [],
  ): Promise<'saved' | 'conflict' | 'too_large'> {
    const { store, clock, listener } = this.#parts;
    const saved = await saveRecord(store, clock, record, this.#etag, this.#stop.signal, first);
    if (saved.kind === 'conflict') await this.#yieldToOther();
    if (saved.kind !== 'saved') return saved.kind;
    this.#etag = saved.etag;
    this.#record = record;
    this.#isDirty = false;
    for (const release of this.#afterWrite.splice(0)) this.#tell(release);
    this.#tell(() => listener.changed(record));
    return 'saved';
  }

  async #exchange(head: SignedProposal): Promise<void> {
    const { hub, recover } = this.#parts;
    if ((head !== this.#left || this.#isOver(head)) && !(await this.#mayLeave(head))) return;
    this.#left = head;
    this.#attempts += 1;
    const reply = await hub.askText(head.operation, head.body, {
      id: head.id,
      signal: this.#stop.signal,
      timeoutMs: answerWithinMs(this.#attempts),
    });
    if (this.#stop.signal.aborted && !reply.ok) return;
    await this.#act(head, judgeAnswer(this.#record, head, readAnswer(head, reply), recover));
  }

  async #act(head: SignedProposal, verdict: Verdict): Promise<void> {
    switch (verdict.kind) {
      case 'agreed':
        return this.#agree(head, verdict.record, verdict.entry);
      case 'refused':
        return this.#refused(head, verdict);
      case 'resend':
        if (ELSEWHERE.has(verdict.fault.code)) this.#tell(() => this.#parts.listener.disputed());
        return this.#pause();
      case 'synchronize':
        return this.#synchronize(head);
      case 'reopen':
        return this.#reopen(head);
      case 'foreign':
        return this.#foreign(verdict.state);
    }
  }

  #agree(head: SignedProposal, record: ChannelRecord, entry: SignedProposal): void {
    const { clock, lateAfter, followUps, listener } = this.#parts;
    const isLate = clock.now() - entry.signedAt > lateAfter;
    const agreement: Agreement = { entry, before: this.#record, isLate };
    this.#become(record);
    this.#afterWrite.push(() => {
      for (const intent of entry.intents) this.#queue.settle(intent, { entry });
      listener.agreed(agreement);
    });
    this.#tell(() => {
      for (const intent of followUps(agreement)) this.#queue.add(queued(intent, entry.id));
    });
    if (entry === head) return;
    const agreed = new Set(entry.intents.map(intentKey));
    this.#queue.putBack(
      head.intents.filter((intent) => !agreed.has(intentKey(intent))).map((one) => queued(one, head.id)),
    );
  }

  #refused(head: SignedProposal, { record, fault, failing }: Extract<Verdict, { kind: 'refused' }>): void {
    const wasResent = this.#attempts > 1;
    this.#become(record);
    const others = head.intents.filter((_, number) => number !== failing);
    this.#queue.putBack(others.map((intent) => ({ ...queued(intent, head.id), alone: failing === null })));
    const refused = failing === null ? undefined : head.intents[failing];
    // An earlier copy may still be on its way to the hub, so no word about a resend is final.
    if (refused === undefined) return;
    const error = IndraError.of(fault);
    this.#fail(refused, wasResent ? error.withOutcome('unknown') : error);
  }

  async #synchronize(head: SignedProposal): Promise<void> {
    const { hub, recover } = this.#parts;
    const { address } = this.#record.channel;
    const view = await hub.ask('sync', { channel: address }, { id: head.id, signal: this.#stop.signal });
    if (!view.ok) return this.#pause();
    const verdict = judgeServed(this.#record, view.value.state, recover);
    return verdict.kind === 'synchronize' ? this.#pause() : this.#act(head, verdict);
  }

  async #reopen(head: SignedProposal): Promise<void> {
    const { challengePeriod } = this.#record.channel;
    const opened = await this.#parts.hub.ask(
      'open',
      { challengePeriod },
      { id: head.id, signal: this.#stop.signal },
    );
    if (!opened.ok) await this.#pause();
  }

  /** Another device signs with this key, or this store is older than what was signed: signing on would break invariant 2. */
  #foreign({ ledger }: AgreedState): void {
    this.#record = abandonHead(this.#record);
    const details = { version: ledger.version.toString(), epoch: ledger.epoch.toString() };
    this.#halt(IndraError.from('another_writer', details, 'unknown'));
  }

  async #yieldToOther(): Promise<void> {
    await this.#reload();
    this.#halt(IndraError.from('another_writer'));
  }

  async #reload(): Promise<void> {
    const { store, catalogue } = this.#parts;
    const { domain, address } = this.#record.channel;
    const held = await loadRecord(store, catalogue, domain.chainId, address).catch(() => null);
    if (held !== null) this.#record = held.record;
  }

  async #pause(times = this.#attempts): Promise<void> {
    if (this.#stop.signal.aborted) return;
    if (this.#nap.signal.aborted) this.#nap = new AbortController();
    await this.#parts.clock.sleep(backoffMs(Math.max(1, times)), this.#nap.signal);
  }

  async #hurryLater(intent: Intent): Promise<void> {
    const { clock, idleMs } = this.#parts;
    await clock.sleep(idleMs, this.#stop.signal);
    this.#queue.hurry(intent);
    this.#wake();
  }

  #become(record: ChannelRecord): void {
    this.#record = record;
    this.#attempts = 0;
    this.#isDirty = true;
  }

  #fail(intent: Intent, error: IndraError): void {
    if (!this.#queue.fail(intent, error)) this.#tell(() => this.#parts.listener.dropped(intent, error));
  }

  /** Whoever is told may throw: that concerns nobody else who is told. */
  #tell(tell: () => void): void {
    try {
      tell();
    } catch (cause) {
      this.#report(cause);
    }
  }

  #report(cause: unknown): void {
    try {
      this.#parts.listener.troubled(clientFault(cause));
    } catch {}
  }

  #halt(error: IndraError): void {
    if (this.#halted !== null) return;
    this.#halted = error;
    for (const end of this.#onEnd.splice(0)) end();
    this.#queue.rejectAll(error);
    this.#tell(() => this.#parts.listener.halted(error));
  }
}
