// SPDX-License-Identifier: MIT
/** The rules of an app's dispute (docs/design.md, sections 3 and 4), written down once more. */
import { getAddress, keccak256, recoverAddress, sha256, ZeroHash } from 'ethers';

import { coder, transferState, type App, type Pair } from './world.ts';

/** What the contracts answer with: a custom error by its name and arguments. */
export class Refusal extends Error {
  readonly args: readonly unknown[];

  constructor(name: string, ...args: unknown[]) {
    super(name);
    this.args = args;
  }
}

/** An app by the rules of its game. */
export interface Logic {
  isTerminal(state: string): boolean;
  /** Position of the turn taker; 2 when the app cannot say. */
  turn(state: string): 0 | 1 | 2;
  apply(state: string, action: string): string;
  /** Encoded outcome, and what it pays per stake; null = not yet. */
  outcome(state: string, stakes: App['stakes']): { encoded: string; payouts: Pair<bigint>[] } | null;
  /** An action: likely a good one. */
  action(state: string, below: (bound: number) => number): string;
}

const TRANSFERS = ['tuple(address,uint256)[2]'];
const NIM = ['tuple(uint256,uint256[3])'];
const NOBODY = `0x${'00'.repeat(20)}`;

export const nimState = (mover: bigint, piles: readonly bigint[]) => coder.encode(NIM, [[mover, piles]]);

const isNim = (state: string) => (state.length - 2) / 2 === 128;
const nimOf = (state: string): [bigint, bigint[]] => {
  const [[mover, piles]] = coder.decode(NIM, state) as unknown as [[bigint, bigint[]]];
  return [mover, [...piles]];
};

export const nim: Logic = {
  isTerminal: (state) => isNim(state) && nimOf(state)[1].every((pile) => pile === 0n),
  turn(state) {
    const mover = isNim(state) ? nimOf(state)[0] : 2n;
    return mover === 0n ? 0 : mover === 1n ? 1 : 2;
  },
  apply(state, action) {
    if (!isNim(state)) throw new Refusal('InvalidState', BigInt((state.length - 2) / 2));
    const [mover, piles] = nimOf(state);
    if (mover > 1n) throw new Refusal('Panic', 0x11n);
    const [pile, amount] = coder.decode(['uint256', 'uint256'], action) as unknown as Pair<bigint>;
    if (pile > 2n) throw new Refusal('InvalidPile', pile);
    const left = piles[Number(pile)]!;
    if (amount === 0n || amount > left) throw new Refusal('InvalidAmount', amount, left);
    piles[Number(pile)] = left - amount;
    return nimState(1n - mover, piles);
  },
  outcome(state, stakes) {
    const mover = nim.turn(state);
    if (mover === 2) return null;
    const payouts = stakes.map(({ amounts: [a, b] }): Pair<bigint> =>
      mover === 0 ? [0n, a + b] : [a + b, 0n],
    );
    return { encoded: coder.encode(['uint256'], [1 - mover]), payouts };
  },
  action(state, below) {
    const piles = isNim(state) ? nimOf(state)[1] : [1n, 1n, 1n];
    const full = piles.flatMap((pile, i) => (pile > 0n ? [i] : []));
    const pile = below(8) === 0 ? 3 : (full[below(Math.max(full.length, 1))] ?? 0);
    const amount = below(10) === 0 ? below(9) : 1 + below(Math.max(Number(piles[pile] ?? 1n), 1));
    return coder.encode(['uint256', 'uint256'], [pile, amount]);
  },
};

const isTransfer = (state: string) => (state.length - 2) / 2 === 96;
const transferOf = (state: string) =>
  (coder.decode(['tuple(uint256,bytes32,bytes32)'], state) as unknown as [[bigint, string, string]])[0];

/** Whoever is asked for an action knows the preimage. */
export const transferLogic = (secret: string): Logic => {
  const logic: Logic = {
    isTerminal: (state) => isTransfer(state) && transferOf(state)[2] !== ZeroHash,
    turn: () => 1,
    apply(state, action) {
      if (!isTransfer(state)) throw new Refusal('InvalidState', BigInt((state.length - 2) / 2));
      const [amount, lockHash, shown] = transferOf(state);
      if (shown !== ZeroHash) throw new Refusal('AlreadyUnlocked');
      if (action === ZeroHash || sha256(action) !== lockHash)
        throw new Refusal('WrongPreimage', lockHash, action);
      return transferState(amount, lockHash, action);
    },
    outcome(state, [stake]) {
      if (!isTransfer(state)) return null;
      const [amount] = transferOf(state);
      const [first, second] = logic.isTerminal(state) ? [0n, amount] : [amount, 0n];
      const encoded = coder.encode(TRANSFERS, [
        [
          [NOBODY, first],
          [NOBODY, second],
        ],
      ]);
      const isExact = amount === stake!.amounts[0] + stake!.amounts[1];
      return isExact ? { encoded, payouts: [[first, second]] } : null;
    },
    action: (_state, below) => (below(3) === 0 ? keccak256('0x99') : secret),
  };
  return logic;
};

/** What the registry knows of an app, in the order in which it tells it. */
export interface Slot {
  version: bigint;
  steps: bigint;
  baseEndsAt: bigint;
  finalizesAt: bigint;
  challengeId: bigint;
  stage: bigint;
  stateHash: string;
}

export const UNDECIDED = 0n;
export const OUTCOME_SET = 1n;
export const SETTLED = 2n;

export const emptySlot = (): Slot => ({
  version: 0n,
  steps: 0n,
  baseEndsAt: 0n,
  finalizesAt: 0n,
  challengeId: 0n,
  stage: UNDECIDED,
  stateHash: ZeroHash,
});

export interface Move {
  action: string;
  signature: string;
}

const larger = (a: bigint, b: bigint) => (a > b ? a : b);

/** One app: what may happen to it, and what it then is. Every rule throws a `Refusal` or returns the next slot. */
export class AppModel {
  slot = emptySlot();
  readonly app: App;
  readonly appId: string;
  readonly logic: Logic;
  readonly #digest: (version: bigint, stateHash: string) => string;

  constructor(app: App, appId: string, logic: Logic, digest: (version: bigint, stateHash: string) => string) {
    this.app = app;
    this.appId = appId;
    this.logic = logic;
    this.#digest = digest;
  }

  get base(): bigint {
    return this.slot.version - this.slot.steps;
  }

  /** A challenge, running or final. */
  get isOpen(): boolean {
    return this.slot.finalizesAt !== 0n;
  }

  isFinal(at: bigint): boolean {
    return this.isOpen && at >= this.slot.finalizesAt;
  }

  /** `root` of the ledger that must contain it; `isProven` whether the proof leads there. */
  open(
    at: bigint,
    rootOf: () => string,
    isProven: (root: string) => boolean,
    state: string,
    moves: Move[],
  ): Slot {
    if (this.isOpen) throw new Refusal('AppAlreadyOpen', this.appId);
    if (this.base !== 0n) throw new Refusal('StaleVersion', 0n, this.base);
    const root = rootOf();
    if (!isProven(root)) throw new Refusal('AppNotInLedger', this.appId, root);
    const slot = this.#begin(at, 0n, this.app.initialStateHash, false);
    if (moves.length === 0) return slot;
    requireState(this.app.initialStateHash, state);
    return this.#play(slot, at, state, moves, false);
  }

  set(
    at: bigint,
    sender: string,
    version: bigint,
    state: string,
    signatures: Pair<string>,
    moves: Move[],
  ): Slot {
    if (this.isFinal(at)) throw new Refusal('ChallengeFinal', this.slot.finalizesAt);
    if (version < this.base || (version === this.base && this.isOpen))
      throw new Refusal('StaleVersion', version, this.base);
    if (version === this.base && !this.app.participants.includes(sender))
      throw new Refusal('NotAParty', sender);
    const digest = this.#digest(version, keccak256(state));
    for (const seat of [0, 1] as const) requireSigned(this.app.participants[seat], digest, signatures[seat]);
    const terminal = this.logic.isTerminal(state);
    const slot = this.#begin(at, version, keccak256(state), terminal);
    return moves.length === 0 ? slot : this.#play(slot, at, state, moves, terminal);
  }

  progress(at: bigint, state: string, moves: Move[]): Slot {
    if (moves.length === 0) throw new Refusal('NoMoves');
    if (!this.isOpen) throw new Refusal('NoChallenge', this.appId);
    if (this.isFinal(at)) throw new Refusal('ChallengeFinal', this.slot.finalizesAt);
    requireState(this.slot.stateHash, state);
    return this.#play({ ...this.slot }, at, state, moves, this.logic.isTerminal(state));
  }

  cancel(
    at: bigint,
    cancel: { channel: string; epoch: bigint; subject: string; challengeId: bigint; deadline: bigint },
    digest: string,
    signatures: Pair<string>,
  ): Slot {
    const { app, slot } = this;
    if (cancel.channel !== app.channel) throw new Refusal('WrongChannel', cancel.channel);
    if (cancel.epoch !== app.epoch) throw new Refusal('WrongEpoch', cancel.epoch, app.epoch);
    if (slot.stage === SETTLED) throw new Refusal('AppFinished', this.appId);
    if (cancel.subject !== this.appId) throw new Refusal('WrongSubject', cancel.subject, this.appId);
    if (!this.isOpen) throw new Refusal('NoChallenge', this.appId);
    if (cancel.challengeId !== slot.challengeId)
      throw new Refusal('WrongChallenge', cancel.challengeId, slot.challengeId);
    if (at > cancel.deadline) throw new Refusal('DeadlinePassed', cancel.deadline);
    for (const seat of [0, 1] as const) requireSigned(app.participants[seat], digest, signatures[seat]);
    return { ...slot, version: this.base, steps: 0n, finalizesAt: 0n, stage: UNDECIDED, stateHash: ZeroHash };
  }

  setOutcome(at: bigint, state: string): Slot {
    this.#requireFinal(at);
    if (this.slot.stage !== UNDECIDED) throw new Refusal('AppFinished', this.appId);
    requireState(this.slot.stateHash, state);
    const outcome = this.logic.outcome(state, this.app.stakes);
    if (!outcome) throw new Refusal('OutcomeNotReady', this.appId);
    return { ...this.slot, stage: OUTCOME_SET, stateHash: keccak256(outcome.encoded) };
  }

  /** `state` is what `data` is, or was made from. */
  settle(
    at: bigint,
    data: string,
    state: string,
    root: string,
    isProven: boolean,
    grace: bigint,
  ): { slot: Slot; payouts: Pair<bigint>[]; isFallback: boolean } {
    this.#requireFinal(at);
    if (this.slot.stage === SETTLED) throw new Refusal('AppFinished', this.appId);
    requireState(this.slot.stateHash, data);
    if (!isProven) throw new Refusal('AppNotInLedger', this.appId, root);
    const outcome = this.logic.outcome(state, this.app.stakes);
    if (!outcome && at < this.slot.finalizesAt + grace) throw new Refusal('OutcomeNotReady', this.appId);
    return {
      slot: { ...this.slot, stage: SETTLED, stateHash: ZeroHash },
      payouts: outcome?.payouts ?? this.app.stakes.map(({ amounts }) => amounts),
      isFallback: !outcome,
    };
  }

  #requireFinal(at: bigint): void {
    if (!this.isOpen) throw new Refusal('NoChallenge', this.appId);
    if (!this.isFinal(at)) throw new Refusal('ChallengeNotFinal', this.slot.finalizesAt);
  }

  #begin(at: bigint, version: bigint, stateHash: string, isTerminal: boolean): Slot {
    const baseEndsAt = isTerminal ? at : at + this.#longer;
    return {
      ...this.slot,
      version,
      steps: 0n,
      challengeId: this.slot.challengeId + 1n,
      baseEndsAt,
      finalizesAt: isTerminal ? at : larger(baseEndsAt, this.app.holdUntil),
      stateHash,
    };
  }

  #play(slot: Slot, at: bigint, start: string, moves: Move[], isTerminal: boolean): Slot {
    const { app, logic } = this;
    if (app.actionDeadline !== 0n && at > app.actionDeadline)
      throw new Refusal('ActionDeadlinePassed', app.actionDeadline);
    let [state, isOver] = [start, isTerminal];
    for (const { action, signature } of moves) {
      if (isOver) throw new Refusal('StateTerminal', this.appId);
      const seat = logic.turn(state);
      if (seat === 2) throw new Refusal('NotATurnTaker', NOBODY);
      state = logic.apply(state, action);
      slot.version++;
      slot.steps++;
      slot.stateHash = keccak256(state);
      requireSigned(app.participants[seat], this.#digest(slot.version, slot.stateHash), signature);
      isOver = logic.isTerminal(state);
      const next = logic.turn(state);
      const end = at + (next === 2 ? this.#longer : BigInt(app.periods[next]));
      slot.finalizesAt = isOver ? slot.baseEndsAt : larger(larger(end, slot.baseEndsAt), app.holdUntil);
    }
    return slot;
  }

  get #longer(): bigint {
    return BigInt(Math.max(...this.app.periods));
  }
}

function requireState(expected: string, state: string): void {
  const given = keccak256(state);
  if (given !== expected) throw new Refusal('AppStateMismatch', expected, given);
}

function requireSigned(expected: string, digest: string, signature: string): void {
  const length = (signature.length - 2) / 2;
  if (length !== 65) throw new Refusal('ECDSAInvalidSignatureLength', BigInt(length));
  const recovered = recoverAddress(digest, signature);
  if (recovered !== getAddress(expected)) throw new Refusal('WrongSigner', expected, recovered);
}
