// SPDX-License-Identifier: MIT
/**
 * What a user does about its channel without the hub. Nothing here asks the hub but `cancel`, and nothing is lost when the
 * client stops in between: the wish, the moves and the transactions are stored before they matter (invariants 12 and 14).
 */
import { recoverAddress } from '#secp256k1';
import { cancelDigest } from '../protocol/digests.ts';
import { startsChallenge, type DisputeStep } from '../protocol/dispute.ts';
import { isSignedBy } from '../protocol/transition.ts';
import { ZERO_HASH, type Address, type Bytes, type Cancel, type Hash } from '../protocol/types.ts';
import { AppMoves, type Progressed } from './app-moves.ts';
import type { DisputeWatch, Pursuit } from './dispute-watch.ts';
import type { Settlement } from './events.ts';
import { IndraError } from './indra-error.ts';
import { chainMayMove, type Patience } from './patience.ts';
import type { Session } from './session.ts';
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

export interface Claimed {
  readonly asset: Address;
  readonly amount: bigint;
}

export class Disputes {
  readonly #session: Session;
  readonly #watch: DisputeWatch;
  readonly #moves: AppMoves;

  constructor(session: Session, watch: DisputeWatch) {
    this.#session = session;
    this.#watch = watch;
    this.#moves = new AppMoves(session, watch);
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
      const isShown = view.ledger.finalizesAt !== 0 && !plan.steps.some(startsChallenge);
      if (isShown) return { finalizesAt: view.ledger.finalizesAt };
      // Settled in the meantime, by whomever: what was asked for has happened.
      if (view.ledger.epoch > epoch || holding.epoch > epoch) return { finalizesAt: view.chainTime };
      await chainMayMove(this.#session, patience);
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
      await chainMayMove(this.#session, patience);
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
      await chainMayMove(this.#session, patience);
    }
  }

  /** Rejects as `AppMoves.make` does. */
  async progress(appId: Hash, action: Bytes, patience: Patience): Promise<Progressed> {
    this.#requireWriter();
    return this.#moves.make(appId, action, patience);
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
      await chainMayMove(this.#session, patience);
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

  /** Who only reads leaves wishes and moves to whoever writes; whose own writer failed can still go to the chain. */
  #requireWriter(): void {
    const { haltedBy } = this.#session.writer;
    if (haltedBy?.code === 'another_writer') throw haltedBy;
  }

  async #survey(leave: boolean): Promise<Pursuit> {
    const pursuit = await this.#watch.survey(leave);
    if (pursuit === null) throw IndraError.from('chain_unavailable');
    return pursuit;
  }

  /** What is opened with it may be refused, or wait for ether; the challenge itself must not. */
  async #rehearseChallenge({ plan }: Pursuit): Promise<void> {
    const step = plan.steps.find(startsChallenge);
    if (step === undefined) return;
    const { chainWriter, channel } = this.#session;
    const rehearse = (what: DisputeStep) => this.#watch.lane.rehearse(chainWriter.disputeCall(channel, what));
    let rehearsed = await rehearse(step);
    const alone = step.kind === 'bundle' ? step.otherwise.find(startsChallenge) : undefined;
    if (!rehearsed.ok && rehearsed.error.code !== 'chain_unavailable' && alone !== undefined)
      rehearsed = await rehearse(alone);
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
}
