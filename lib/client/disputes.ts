// SPDX-License-Identifier: MIT
/**
 * What a user does about its channel without the hub. Nothing here asks the hub but `cancel`, and nothing is lost when the
 * client stops in between: the wish, the moves and the transactions are stored before they matter (invariants 12 and 14).
 */
import { recoverAddress } from '#secp256k1';
import { appStateDigest, cancelDigest, stateHash } from '../protocol/digests.ts';
import type { AppOnChain } from '../protocol/dispute.ts';
import { partyAt } from '../protocol/apply-operation.ts';
import { isSignedBy } from '../protocol/transition.ts';
import {
  INITIATOR,
  ZERO_HASH,
  type Address,
  type AppInstance,
  type Bytes,
  type Cancel,
  type Hash,
} from '../protocol/types.ts';
import type { DisputeWatch, Pursuit } from './dispute-watch.ts';
import type { Settlement } from './events.ts';
import { IndraError } from './indra-error.ts';
import { newestInstances, positionOf } from './own-moves.ts';
import type { Patience } from './patience.ts';
import type { Session } from './session.ts';
import { chooseMove, loadMove } from './stored-move.ts';
import type { SignedWithdrawal } from './withdrawals.ts';

/** What is going on about a channel on chain, as of the last look. */
export interface DisputeStatus {
  readonly epoch: bigint;
  /**
   * `none`: the channel can be used. `leaving`: its user's challenge is on its way. `open`: a challenge runs. `final`: it can
   * only be settled.
   */
  readonly stage: 'none' | 'leaving' | 'open' | 'final';
  /** Seconds since 1970; null where no challenge is open. */
  readonly finalizesAt: number | null;
  readonly wantsToLeave: boolean;
  /** Settled epochs whose apps are not all paid yet. */
  readonly settling: readonly bigint[];
  /** What keeps the next transaction from being sent, such as `insufficient_gas`. */
  readonly heldUp: IndraError | null;
}

export interface Started {
  /** Seconds since 1970: from then on the channel is settled, if nobody shows a newer state. */
  readonly finalizesAt: number;
}

export interface Progressed {
  /** Of the state the action led to. */
  readonly version: bigint;
  /** Seconds since 1970. */
  readonly finalizesAt: number;
}

export interface Claimed {
  readonly asset: Address;
  readonly amount: bigint;
}

export class Disputes {
  readonly #session: Session;
  readonly #watch: DisputeWatch;

  constructor(session: Session, watch: DisputeWatch) {
    this.#session = session;
    this.#watch = watch;
  }

  async status(): Promise<DisputeStatus> {
    await this.#watch.look();
    const { leaving, settling, heldUp, sight } = this.#watch;
    if (sight === null) throw IndraError.from('chain_unavailable');
    const { finalizesAt, epoch } = sight.chain;
    const isFinal = finalizesAt !== 0 && Math.max(sight.chainTime, this.#session.clock.now()) >= finalizesAt;
    const idle = leaving === null ? 'none' : 'leaving';
    return {
      epoch,
      stage: finalizesAt === 0 ? idle : isFinal ? 'final' : 'open',
      finalizesAt: finalizesAt === 0 ? null : finalizesAt,
      wantsToLeave: leaving !== null,
      settling: settling.map((settled) => settled.epoch),
      heldUp,
    };
  }

  /**
   * Rejects with `insufficient_gas`, `chain_refused` or `chain_unavailable` before anything is changed, or with
   * `stale_version` where the chain holds a newer state than this client, which then cannot leave with its own.
   */
  async start(patience: Patience): Promise<Started> {
    this.#requireWriter();
    await this.#watch.look();
    const before = await this.#survey(true);
    const epoch = this.#session.writer.record.agreed.ledger.epoch;
    if (before.view.ledger.epoch !== epoch) throw IndraError.from('wrong_epoch');
    if (before.plan.isUnknown) throw IndraError.from('stale_version');
    if (this.#watch.leaving === null) {
      await this.#rehearseChallenge(before);
      await this.#watch.want(epoch);
    }
    for (;;) {
      await this.#watch.look();
      const { view, plan, holding } = await this.#survey(true);
      const isShown = view.ledger.finalizesAt !== 0 && !plan.steps.some(({ kind }) => kind === 'challenge');
      if (isShown) return { finalizesAt: view.ledger.finalizesAt };
      // Settled in the meantime, by whomever: what was asked for has happened.
      if (view.ledger.epoch > epoch || holding.epoch > epoch) return { finalizesAt: view.chainTime };
      await this.#wait(patience);
    }
  }

  /** Rejects with `no_dispute` where nothing is being settled, or is not any more: the challenge was answered or cancelled. */
  async settled(patience: Patience): Promise<Settlement> {
    await this.#watch.look();
    const target = this.#settlingEpoch();
    if (target === null) throw IndraError.from('no_dispute');
    for (;;) {
      const settled = this.#watch.settledEpoch(target);
      if (settled !== null && settled.over !== null) return { epoch: target, ...settled.over };
      if (settled === null && this.#settlingEpoch() !== target) throw IndraError.from('no_dispute');
      await this.#wait(patience);
      await this.#watch.look();
    }
  }

  /** Rejects with `no_dispute`, `dispute_final`, `busy` while the challenge is on its way, or with what the hub refuses. */
  async cancel(patience: Patience): Promise<void> {
    this.#requireWriter();
    await this.#watch.look();
    const { sight, lane, leaving } = this.#watch;
    const { channel, chainWriter } = this.#session;
    if (sight === null) throw IndraError.from('chain_unavailable');
    const { epoch, finalizesAt, challengeId } = sight.chain;
    if (finalizesAt === 0) {
      if (leaving === null) throw IndraError.from('no_dispute');
      if (await lane.isWaiting(`challenge ${channel.address} `)) throw IndraError.from('busy');
      return this.#watch.want(null);
    }
    if (Math.max(sight.chainTime, this.#session.clock.now()) >= finalizesAt)
      throw IndraError.from('dispute_final', { finalizesAt });
    const cancel: Cancel = {
      channel: channel.address,
      epoch,
      subject: ZERO_HASH,
      challengeId,
      // Whoever holds it must not be able to undo what is final.
      deadline: finalizesAt - 1,
    };
    const signatures = await this.#bothSign(cancel, patience);
    // Dropped first: a wish that outlived its challenge would start the next one.
    await this.#watch.want(null);
    const call = chainWriter.cancelCall(channel, { cancel, signatures, app: null });
    await this.#send(`cancel ${channel.address} ${challengeId}`, call, 'cancel');
    for (;;) {
      await this.#watch.look();
      const now = this.#watch.sight?.chain;
      if (now !== undefined && now.epoch !== epoch) throw IndraError.from('dispute_final');
      if (now !== undefined && now.finalizesAt === 0) return;
      await this.#wait(patience);
    }
  }

  /**
   * A move on chain, in an app that is disputed there or whose ledger is. Resolves once the registry took it. Rejects with
   * `unknown_app`, `no_dispute`, `not_turn_taker`, or `invalid_action`: also where this state was moved in otherwise before.
   */
  async progress(appId: Hash, action: Bytes, patience: Patience): Promise<Progressed> {
    this.#requireWriter();
    await this.#watch.look();
    const pursuits = await this.#pursuits();
    const found = pursuits.flatMap((pursuit) =>
      newestInstances(pursuit.holding.states)
        .filter(({ id }) => id === appId)
        .map((instance) => ({ pursuit, instance })),
    )[0];
    if (found === undefined) throw IndraError.from('unknown_app', { appId });
    const { instance, pursuit } = found;
    const { view } = pursuit;
    const onChain = view.apps.get(appId);
    const isReachable =
      (onChain?.finalizesAt ?? 0) !== 0 ||
      view.ledger.finalizesAt !== 0 ||
      view.ledger.epoch > pursuit.holding.epoch;
    if (!isReachable) throw IndraError.from('no_dispute', { appId });
    const version = await this.#choose(instance, onChain, pursuit, action);
    return this.#awaitMove(appId, version, patience);
  }

  /** Rejects with `nothing_to_claim`, `insufficient_gas`, or `chain_refused` where the recipient refuses it too. */
  async claim(asset: Address, recipient: Address, patience: Patience): Promise<Claimed> {
    this.#requireWriter();
    const { reader, chainWriter, channel, key } = this.#session;
    const claimable = await reader.claimable(channel.address, asset, key.address);
    if (!claimable.ok) throw IndraError.of(claimable.error);
    if (claimable.value === 0n) throw IndraError.from('nothing_to_claim', { asset });
    const call = chainWriter.claimCall(channel.address, asset, recipient);
    await this.#send(`claim ${channel.address} ${asset} ${recipient}`, call, 'claim');
    for (;;) {
      const left = await reader.claimable(channel.address, asset, key.address);
      if (left.ok && left.value < claimable.value) return { asset, amount: claimable.value - left.value };
      await this.#wait(patience);
      await this.#watch.look();
    }
  }

  /** Resolves once it is in the lane; what becomes of it is seen on chain. */
  async sendWithdrawal(signed: SignedWithdrawal): Promise<void> {
    this.#requireWriter();
    const { chainWriter, channel } = this.#session;
    const call = await chainWriter.withdrawalCall(channel, signed);
    if (!call.ok) throw IndraError.of(call.error);
    await this.#send(`withdraw ${signed.digest}`, call.value, 'withdrawal');
  }

  #requireWriter(): void {
    const { haltedBy } = this.#session.writer;
    if (haltedBy !== null) throw haltedBy;
  }

  async #survey(leave: boolean): Promise<Pursuit> {
    const pursuit = await this.#watch.survey(leave);
    if (pursuit === null) throw IndraError.from('chain_unavailable');
    return pursuit;
  }

  async #pursuits(): Promise<readonly Pursuit[]> {
    const running = await this.#survey(this.#watch.leaving !== null);
    const settling = await Promise.all(this.#watch.settling.map((epoch) => this.#watch.surveySettled(epoch)));
    return [running, ...settling.filter((pursuit) => pursuit !== null)];
  }

  async #rehearseChallenge({ plan }: Pursuit): Promise<void> {
    const step = plan.steps.find(({ kind }) => kind === 'challenge');
    if (step === undefined) return;
    const { chainWriter, channel } = this.#session;
    const rehearsed = await this.#watch.lane.rehearse(chainWriter.disputeCall(channel, step));
    if (!rehearsed.ok) throw IndraError.of(rehearsed.error);
  }

  /** The epoch `settled` is about: the one being left or challenged, else the last one that was settled. */
  #settlingEpoch(): bigint | null {
    const { leaving, sight, settling, lastOver } = this.#watch;
    if (leaving !== null) return leaving;
    if (sight !== null && sight.chain.finalizesAt !== 0) return sight.chain.epoch;
    const { epoch } = this.#session.writer.record.agreed.ledger;
    if (sight !== null && sight.chain.epoch > epoch) return epoch;
    return settling.at(-1)?.epoch ?? lastOver?.epoch ?? null;
  }

  async #bothSign(cancel: Cancel, { id, signal }: Patience): Promise<readonly [Bytes, Bytes]> {
    const { hub, key, channel } = this.#session;
    const digest = cancelDigest(channel.domain, cancel);
    const signature = key.sign(digest);
    const answer = await hub.insist('dispute', { kind: 'cancel', cancel, signature }, { id, signal });
    if (
      answer.kind !== 'cancelled' ||
      !isSignedBy(recoverAddress, digest, answer.signature, channel.responder)
    )
      throw IndraError.from('bad_signature', { signer: channel.responder });
    return [signature, answer.signature];
  }

  async #send(
    name: string,
    call: Parameters<Session['chainWriter']['estimateGas']>[0],
    kind: 'cancel' | 'claim' | 'withdrawal',
  ): Promise<void> {
    const rehearsed = await this.#watch.lane.rehearse(call);
    if (!rehearsed.ok) throw IndraError.of(rehearsed.error);
    await this.#watch.lane.send(name, call, kind);
  }

  /** One parent, one action: what was chosen is stored before its signature can leave (invariant 2). Returns the parent's version. */
  async #choose(
    instance: AppInstance,
    onChain: AppOnChain | undefined,
    { view, holding }: Pursuit,
    action: Bytes,
  ): Promise<bigint> {
    const { store, key, channel } = this.#session;
    const { id: appId, app } = instance;
    const { on, version, state } = positionOf(instance, onChain, view);
    if (state === null) throw IndraError.from('invalid_state', { appId });
    // Asked for before, and made since: whoever retries is told of that move.
    const made =
      version > 0n ? await loadMove(store, holding.channel.domain.chainId, appId, version - 1n) : null;
    if (made?.action === action && (await this.#isOthersTurn(instance, state))) return version - 1n;
    const next = await this.#stateAfter(instance, state, action);
    const digest = appStateDigest(channel.domain, {
      appId,
      version: version + 1n,
      stateHash: stateHash(next),
    });
    if (app.actionDeadline !== 0 && Math.max(view.chainTime, view.now) > app.actionDeadline)
      throw IndraError.from('invalid_action', { actionDeadline: app.actionDeadline });
    const move = { appId, version, on, action, signature: key.sign(digest) };
    const chosen = await chooseMove(store, holding.channel.domain.chainId, move);
    if (chosen.action !== action || chosen.on !== on)
      throw IndraError.from('invalid_action', { appId, version: version.toString(), chosen: chosen.action });
    return version;
  }

  /** By the twin of the app's contract where there is one, else by the contract itself. */
  async #stateAfter(instance: AppInstance, state: Bytes, action: Bytes): Promise<Bytes> {
    const { catalogue, reader } = this.#session;
    const { definition } = instance.app;
    if (await this.#isOthersTurn(instance, state)) throw IndraError.from('not_turn_taker');
    const applied =
      catalogue.get(definition)?.applyAction(state, action) ??
      (await reader.appAction(definition, state, action));
    if (!applied.ok) throw IndraError.of(applied.error);
    return applied.value;
  }

  /** Nobody's turn counts as the other's. */
  async #isOthersTurn({ app }: AppInstance, state: Bytes): Promise<boolean> {
    const { catalogue, reader, channel } = this.#session;
    const twin = catalogue.get(app.definition);
    if (twin !== undefined)
      return twin.isTerminal(state) || partyAt(channel, app, twin.turnTaker(state)) !== INITIATOR;
    const turn = await reader.appTurn(app, state);
    if (!turn.ok) throw IndraError.of(turn.error);
    return turn.value.taker !== channel.initiator;
  }

  async #awaitMove(appId: Hash, version: bigint, patience: Patience): Promise<Progressed> {
    for (;;) {
      await this.#watch.look();
      const found = (await this.#pursuits()).map(({ view }) => view.apps.get(appId)).find(Boolean);
      if (found !== undefined && found.version > version)
        return { version: found.version, finalizesAt: found.finalizesAt };
      const { heldUp } = this.#watch;
      if (heldUp?.code === 'insufficient_gas') throw heldUp.withOutcome('unknown');
      await this.#wait(patience);
    }
  }

  /** Until the chain may have moved. Rejects when whoever asked has given up. */
  async #wait({ signal }: Patience): Promise<void> {
    if (signal.aborted) throw IndraError.from('aborted');
    const { clock, pollMs } = this.#session;
    await clock.sleep(pollMs, signal);
    if (signal.aborted) throw IndraError.from('aborted');
  }
}
