// SPDX-License-Identifier: MIT
/**
 * The rules of an app's dispute (docs/design.md, section 4), written down once more from what they are for: the registry
 * keeps commitments, this keeps the path itself. Whether the rules do what they are for is asked apart, in the fuzz test.
 */
import { getAddress, keccak256, recoverAddress, sha256, ZeroAddress, ZeroHash } from 'ethers';

import { coder, extend, transferState, type App, type Pair } from './world.ts';

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
  /** Encoded outcome; null = not yet. */
  encoded(state: string): string | null;
  /** Encoded outcome, and what it pays per stake; null = not yet, or none that distributes the stake. */
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
  encoded(state) {
    const mover = nim.turn(state);
    return mover === 2 ? null : coder.encode(['uint256'], [1 - mover]);
  },
  outcome(state, stakes) {
    const [mover, encoded] = [nim.turn(state), nim.encoded(state)];
    if (encoded === null) return null;
    const payouts = stakes.map(({ amounts: [a, b] }): Pair<bigint> =>
      mover === 0 ? [0n, a + b] : [a + b, 0n],
    );
    return { encoded, payouts };
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
  const payoutOf = (state: string): Pair<bigint> =>
    logic.isTerminal(state) ? [0n, transferOf(state)[0]] : [transferOf(state)[0], 0n];
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
    encoded(state) {
      if (!isTransfer(state)) return null;
      const paid = payoutOf(state).map((amount) => [NOBODY, amount]);
      return coder.encode(TRANSFERS, [paid]);
    },
    outcome(state, [stake]) {
      const encoded = logic.encoded(state);
      if (encoded === null) return null;
      const [amount] = transferOf(state);
      const [first, second] = payoutOf(state);
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
  turnEndsAt: bigint;
  finalizesAt: bigint;
  challengeId: bigint;
  stage: bigint;
  path: string;
}

export const UNDECIDED = 0n;
export const OUTCOME_SET = 1n;
export const SETTLED = 2n;

export interface Move {
  action: string;
  signature: string;
}

export interface PathProof {
  before: string;
  hashes: string[];
}

/** A state on the path, and the move that led there; none where both signed it. */
export interface Point {
  readonly state: string;
  readonly seat: 0 | 1 | null;
  readonly move: Move | null;
}

/** All that is known of an app at one time; rules make the next one of it. */
export interface Position {
  /** Version of `path[0]`; what came before is forgotten. */
  readonly start: bigint;
  /** Empty while no dispute is. */
  readonly path: readonly Point[];
  /** Where the last state is that both signed; kept by a cancel. */
  readonly base: bigint;
  readonly baseEndsAt: bigint;
  readonly turnEndsAt: bigint;
  readonly challengeId: bigint;
  readonly stage: bigint;
  /** Once it is set. */
  readonly outcome: string | null;
}

const UNDISPUTED: Position = {
  start: 0n,
  path: [],
  base: 0n,
  baseEndsAt: 0n,
  turnEndsAt: 0n,
  challengeId: 0n,
  stage: UNDECIDED,
  outcome: null,
};

const larger = (a: bigint, b: bigint) => (a > b ? a : b);
const LAST_TIME = 2n ** 40n - 1n;

/** One app: what may happen to it, and what it then is. Every rule throws a `Refusal` or returns the next position. */
export class AppModel {
  at: Position = UNDISPUTED;
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

  get slot(): Slot {
    const { base, baseEndsAt, turnEndsAt, challengeId, stage, outcome } = this.at;
    const path =
      stage === SETTLED ? ZeroHash : outcome !== null ? keccak256(outcome) : this.before(this.tip + 1n);
    const [version, finalizesAt] = [this.tip, this.finalizesAt];
    return { version, steps: version - base, baseEndsAt, turnEndsAt, finalizesAt, challengeId, stage, path };
  }

  get tip(): bigint {
    return this.isOpen ? this.at.start + BigInt(this.at.path.length) - 1n : this.at.base;
  }

  get finalizesAt(): bigint {
    return larger(this.at.baseEndsAt, this.at.turnEndsAt);
  }

  /** A challenge, running or final. */
  get isOpen(): boolean {
    return this.at.path.length > 0;
  }

  isFinal(now: bigint): boolean {
    return this.isOpen && now >= this.finalizesAt;
  }

  point(version: bigint): Point | undefined {
    return version < this.at.start ? undefined : this.at.path[Number(version - this.at.start)];
  }

  /** Commitment to the path before a version. */
  before(version: bigint): string {
    return this.at.path
      .slice(0, Number(version - this.at.start))
      .reduce((path, { state }) => extend(path, keccak256(state)), ZeroHash);
  }

  proofOf(version: bigint): PathProof {
    const rest = this.at.path.slice(Number(version - this.at.start));
    return { before: this.before(version), hashes: rest.map(({ state }) => keccak256(state)) };
  }

  /** `show` puts the ledger on chain and tells the root of its apps; who has no leave to start does not. */
  open(
    now: bigint,
    sender: string,
    starts: { leave: boolean; isSettled: boolean; show: () => string; isProven: (root: string) => boolean },
    state: string,
    moves: Move[],
  ): Position {
    const given = keccak256(state);
    if (given !== this.app.initialStateHash)
      throw new Refusal('AppStateMismatch', this.app.initialStateHash, given);
    const root = starts.isSettled || starts.leave ? starts.show() : null;
    if (this.isOpen) return this.#play(this.at, now, 0n, ZeroHash, state, moves);
    if (root === null) throw new Refusal('NotAParty', sender);
    if (this.at.base !== 0n) throw new Refusal('StaleVersion', 0n, this.at.base);
    if (!starts.isProven(root)) throw new Refusal('AppNotInLedger', this.appId, root);
    return this.#play(this.#begin(now, 0n, state), now, 0n, ZeroHash, state, moves);
  }

  set(
    now: bigint,
    sender: string,
    version: bigint,
    state: string,
    signatures: Pair<string>,
    proof: PathProof,
    moves: Move[],
  ): Position {
    const { next, before } = this.#place(now, sender, version, state, signatures, proof);
    const played = this.#play(next, now, version, before, state, moves);
    // Somebody else may have set this state as a base of its own.
    return played !== next ? played : this.#play(next, now, version, ZeroHash, state, moves);
  }

  #place(
    now: bigint,
    sender: string,
    version: bigint,
    state: string,
    signatures: Pair<string>,
    proof: PathProof,
  ): { next: Position; before: string } {
    const known = { next: this.at, before: proof.before };
    const begun = () => ({ next: this.#begin(now, version, state), before: ZeroHash });
    if (!this.isOpen) {
      if (!this.app.participants.includes(sender)) throw new Refusal('NotAParty', sender);
      if (version < this.at.base) throw new Refusal('StaleVersion', version, this.at.base);
    } else {
      if (version <= this.at.base) return known;
      if (this.isFinal(now)) throw new Refusal('ChallengeFinal', this.finalizesAt);
    }
    const digest = this.#digest(version, keccak256(state));
    for (const seat of [0, 1] as const) requireSigned(this.app.participants[seat], digest, signatures[seat]);
    if (!this.isOpen || version > this.tip) return begun();
    const { before, hashes } = this.proofOf(version);
    const isTold = before === proof.before && hashes.join() === proof.hashes.join();
    if (!isTold) return { next: this.at, before: ZeroHash };
    // What was played upon it stands.
    if (this.point(version)!.state === state) return { next: { ...this.at, base: version }, before };
    return begun();
  }

  progress(now: bigint, version: bigint, previous: string, state: string, moves: Move[]): Position {
    if (!this.isOpen) throw new Refusal('NoChallenge', this.appId);
    const [path, known] = [extend(previous, keccak256(state)), this.slot.path];
    if (version > this.tip || (version === this.tip && path !== known))
      throw new Refusal('AppStateMismatch', known, path);
    return this.#play(this.at, now, version, previous, state, moves);
  }

  cancel(
    now: bigint,
    cancel: { channel: string; epoch: bigint; subject: string; challengeId: bigint; deadline: bigint },
    digest: string,
    signatures: Pair<string>,
  ): Position {
    const { app, at } = this;
    if (!this.isOpen || at.stage === SETTLED) return at;
    if (cancel.channel !== app.channel) throw new Refusal('WrongChannel', cancel.channel);
    if (cancel.epoch !== app.epoch) throw new Refusal('WrongEpoch', cancel.epoch, app.epoch);
    if (cancel.subject !== this.appId) throw new Refusal('WrongSubject', cancel.subject, this.appId);
    if (cancel.challengeId !== at.challengeId)
      throw new Refusal('WrongChallenge', cancel.challengeId, at.challengeId);
    if (now > cancel.deadline) throw new Refusal('DeadlinePassed', cancel.deadline);
    for (const seat of [0, 1] as const) requireSigned(app.participants[seat], digest, signatures[seat]);
    return { ...UNDISPUTED, base: at.base, challengeId: at.challengeId };
  }

  setOutcome(now: bigint, previous: string, state: string): Position {
    this.#requireFinal(now);
    if (this.at.stage !== UNDECIDED) return this.at;
    this.#requireTip(extend(previous, keccak256(state)));
    const outcome = this.logic.outcome(state, this.app.stakes);
    if (!outcome) throw new Refusal('OutcomeNotReady', this.appId);
    return { ...this.at, stage: OUTCOME_SET, outcome: outcome.encoded };
  }

  /** `data` is the tip, or the outcome that was set, or any state with that outcome. */
  settle(
    now: bigint,
    previous: string,
    data: string,
    root: string,
    isProven: boolean,
    grace: bigint,
  ): { at: Position; payouts: Pair<bigint>[]; isFallback: boolean } | null {
    this.#requireFinal(now);
    const { stage, outcome: known } = this.at;
    if (stage === SETTLED) return null;
    if (!isProven) throw new Refusal('AppNotInLedger', this.appId, root);
    if (stage === UNDECIDED) this.#requireTip(extend(previous, keccak256(data)));
    else if (data !== known) this.#requireTip(keccak256(this.logic.encoded(data) ?? '0x'));
    const decided = this.at.path.at(-1)!.state;
    const outcome = this.logic.outcome(decided, this.app.stakes);
    if (!outcome && now < this.finalizesAt + grace) throw new Refusal('OutcomeNotReady', this.appId);
    return {
      at: { ...this.at, stage: SETTLED, outcome: null },
      payouts: outcome?.payouts ?? this.app.stakes.map(({ amounts }) => amounts),
      isFallback: !outcome,
    };
  }

  #requireFinal(now: bigint): void {
    if (!this.isOpen) throw new Refusal('NoChallenge', this.appId);
    if (!this.isFinal(now)) throw new Refusal('ChallengeNotFinal', this.finalizesAt);
  }

  #requireTip(given: string): void {
    if (given !== this.slot.path) throw new Refusal('AppStateMismatch', this.slot.path, given);
  }

  /** What both signed: either may know something newer, and whoever is to move has its own period. */
  #begin(now: bigint, version: bigint, state: string): Position {
    const isOver = this.logic.isTerminal(state);
    return {
      ...this.at,
      start: version,
      path: [{ state, seat: null, move: null }],
      base: version,
      challengeId: this.at.challengeId + 1n,
      baseEndsAt: isOver ? now : now + this.#longer,
      turnEndsAt: isOver ? now : this.#turnEnd(now, state),
    };
  }

  /** Those of the moves from a state on the path that the path has not got; none if it went another way. */
  #play(at: Position, now: bigint, version: bigint, before: string, from: string, moves: Move[]): Position {
    const { app, logic } = this;
    const known = at.start + BigInt(at.path.length) - 1n - version;
    if (BigInt(moves.length) <= known) return at;
    const states = [from];
    for (const { action } of moves.slice(0, Number(known))) states.push(logic.apply(states.at(-1)!, action));
    const first = Number(version - at.start);
    const isThere =
      at.stage === UNDECIDED &&
      first >= 0 &&
      states.every((state, i) => state === at.path[first + i]!.state) &&
      before ===
        at.path.slice(0, first).reduce((path, { state }) => extend(path, keccak256(state)), ZeroHash);
    if (!isThere) return at;
    if (app.actionDeadline !== 0n && now > app.actionDeadline)
      throw new Refusal('ActionDeadlinePassed', app.actionDeadline);
    let next = at;
    for (const move of moves.slice(Number(known))) next = this.#move(next, now, move);
    return next;
  }

  #move(at: Position, now: bigint, move: Move): Position {
    const { app, logic } = this;
    const tip = at.path.at(-1)!.state;
    if (logic.isTerminal(tip)) throw new Refusal('StateTerminal', this.appId);
    const seat = logic.turn(tip);
    if (seat === 2) throw new Refusal('NotATurnTaker', NOBODY);
    if (now >= at.turnEndsAt) throw new Refusal('TurnOver', at.turnEndsAt);
    const state = logic.apply(tip, move.action);
    const version = at.start + BigInt(at.path.length);
    requireSigned(app.participants[seat], this.#digest(version, keccak256(state)), move.signature);
    const other = BigInt(app.periods[1 - seat]!);
    return {
      ...at,
      path: [...at.path, { state, seat, move }],
      challengeId: at.challengeId + 1n,
      turnEndsAt: logic.isTerminal(state) ? now + other : this.#turnEnd(now, state),
    };
  }

  #turnEnd(now: bigint, state: string): bigint {
    const seat = this.logic.turn(state);
    const end = larger(
      now + (seat === 2 ? this.#longer : BigInt(this.app.periods[seat])),
      this.app.holdUntil,
    );
    return end > LAST_TIME ? LAST_TIME : end;
  }

  get #longer(): bigint {
    return BigInt(Math.max(...this.app.periods));
  }
}

function requireSigned(expected: string, digest: string, signature: string): void {
  const isOne = (signature.length - 2) / 2 === 65;
  const recovered = isOne ? recoverAddress(digest, signature) : ZeroAddress;
  if (recovered !== getAddress(expected)) throw new Refusal('WrongSigner', expected, recovered);
}
