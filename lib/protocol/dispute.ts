// SPDX-License-Identifier: MIT
/**
 * What to do on chain, from what one side holds and what the chain shows: the same answer for hub, client and
 * watchtower. It is asked again whenever the chain moves, so nothing but the chain and the holding is ever remembered,
 * and a step that was lost, refused or reorganized away simply comes back (invariants 10, 12, 14).
 */
import { appProof } from './apps-root.ts';
import { toHash } from './bytes.ts';
import { appStateDigest, ledgerDigest, stateHash } from './digests.ts';
import { firstState } from './ledger.ts';
import {
  ZERO_HASH,
  type Address,
  type App,
  type AppInstance,
  type Bytes,
  type Channel,
  type ChannelState,
  type Domain,
  type Hash,
  type Ledger,
  type Pair,
} from './types.ts';

/** A ledger whose contents are known. Without signatures (and above version 0) it can be settled, not shown. */
export interface KnownState extends ChannelState {
  readonly signatures: Pair<Bytes> | null;
}

/** An action and its taker's signature on the AppState that results. */
export interface SignedMove {
  readonly action: Bytes;
  readonly signature: Bytes;
}

/** Moves ready to be made, in order, on the state that hashes to `on` at `version`. */
export interface PreparedMoves {
  readonly on: Hash;
  readonly version: bigint;
  readonly moves: readonly SignedMove[];
}

/** What somebody holds of one epoch of a channel. */
export interface Holding {
  readonly channel: Channel;
  readonly epoch: bigint;
  /** Whose interests count; null for a watchtower, which only shows newer states. */
  readonly self: Address | null;
  readonly states: readonly KnownState[];
  /** By app: what this side does where the chain stands at that state. */
  readonly moves: ReadonlyMap<Hash, PreparedMoves>;
  /** Assets that may have been paid in without being in the ledger. */
  readonly assets: readonly Address[];
}

export interface LedgerOnChain {
  readonly epoch: bigint;
  /** No ledger below this version can be put on chain any more. */
  readonly floorVersion: bigint;
  /** Seconds; 0 where no challenge is open. */
  readonly finalizesAt: number;
  readonly challengeId: bigint;
  /** Of the ledger at the floor; zero before any was shown in this epoch. */
  readonly digest: Hash;
}

export interface AppOnChain {
  readonly version: bigint;
  /** Moves above the last state both signed. */
  readonly steps: bigint;
  /** Seconds; 0 where the app is not disputed. */
  readonly finalizesAt: number;
  readonly challengeId: bigint;
  readonly stage: 'undecided' | 'outcome-set' | 'settled';
  /** Of the state, or of the outcome once that is set. */
  readonly stateHash: Hash;
}

export interface DisputeView {
  /** The latest block's time. */
  readonly chainTime: number;
  /** One's own clock: a chain without a new block still lets time pass. */
  readonly now: number;
  readonly ledger: LedgerOnChain;
  /** Of the holding's epoch, once that is settled; zero if its final ledger had no apps. */
  readonly finalAppsRoot: Hash | null;
  /** Of every app in the states held. */
  readonly apps: ReadonlyMap<Hash, AppOnChain>;
  /** States and outcomes that were shown on chain, by hash. */
  readonly shown: ReadonlyMap<Hash, Bytes>;
}

export type DisputeStep =
  /** `answer` ends a challenge, `challenge` starts one or puts a newer ledger in its place. */
  | {
      readonly kind: 'challenge' | 'answer';
      readonly ledger: Ledger;
      readonly signatures: Pair<Bytes> | null;
    }
  | { readonly kind: 'settle'; readonly ledger: Ledger; readonly others: readonly Address[] }
  | {
      readonly kind: 'open-app';
      readonly app: App;
      readonly ledger: Ledger;
      readonly proof: readonly Hash[];
      /** Needed only with moves. */
      readonly state: Bytes;
      readonly moves: readonly SignedMove[];
    }
  | {
      readonly kind: 'set-app-state';
      readonly app: App;
      readonly version: bigint;
      readonly state: Bytes;
      /** By participant position, as the registry asks for them. */
      readonly signatures: Pair<Bytes>;
      readonly moves: readonly SignedMove[];
    }
  | {
      readonly kind: 'progress-app';
      readonly app: App;
      readonly state: Bytes;
      readonly moves: readonly SignedMove[];
    }
  | {
      readonly kind: 'settle-app';
      readonly app: App;
      /** The final state, or the outcome where that was set. */
      readonly data: Bytes;
      readonly proof: readonly Hash[];
    };

/** A step under a name: the same step in the same situation has the same name. */
export type NamedStep = DisputeStep & { readonly name: string };

export interface DisputePlan {
  /** What can be done now, each without the others. */
  readonly steps: readonly NamedStep[];
  /** When something becomes possible without anybody's doing, in seconds; null if nothing does. */
  readonly lookAgainAt: number | null;
  /** Nothing of the holding's epoch is left to be done by this side, whatever the others do. */
  readonly isOver: boolean;
  /** The chain holds a newer or another ledger than any known here: somebody else must enforce it. */
  readonly isUnknown: boolean;
}

export interface DisputeAims {
  /** Start a challenge where none is open, and enforce every app. */
  readonly leave: boolean;
  /** Seconds after finality before this side pays for the settlement; null: never. Whoever left is given the chance. */
  readonly settleAfter: number | null;
}

const NOTHING: DisputePlan = { steps: [], lookAgainAt: null, isOver: false, isUnknown: false };

export function planDispute(holding: Holding, view: DisputeView, aims: DisputeAims): DisputePlan {
  const { channel, epoch, states } = holding;
  const { ledger } = view;
  if (ledger.epoch < epoch) return NOTHING;
  // What every epoch starts from needs nobody's signature (invariant 14).
  const whole = { ...holding, states: [...states, firstState(channel.address, epoch)] };
  return ledger.epoch === epoch ? planRunning(whole, view, aims) : planSettled(whole, view);
}

function planRunning(holding: Holding, view: DisputeView, aims: DisputeAims): DisputePlan {
  const { channel } = holding;
  const { finalizesAt, floorVersion, digest, challengeId } = view.ledger;
  const best = newestShowable(holding);
  const named = (step: DisputeStep): NamedStep => ({
    ...step,
    name: `${step.kind} ${channel.address} ${holding.epoch} ${best.ledger.version} ${challengeId}`,
  });
  const show = (kind: 'challenge' | 'answer'): NamedStep =>
    named({ kind, ledger: best.ledger, signatures: best.signatures });

  if (finalizesAt === 0) {
    const apps = planApps(holding, view, { of: best, isOnChain: false, openAll: false, isFinal: false });
    // Below the floor is only who lost its state: what is newer on chain was signed by both.
    const mayLeave = aims.leave && best.ledger.version >= floorVersion;
    return {
      ...apps,
      steps: mayLeave ? [show('challenge'), ...apps.steps] : apps.steps,
      isUnknown: aims.leave && !mayLeave,
    };
  }
  if (best.ledger.version > floorVersion && view.chainTime < finalizesAt) {
    return {
      ...NOTHING,
      steps: [show(aims.leave ? 'challenge' : 'answer')],
      lookAgainAt: finalizesAt,
    };
  }
  const disputed = holding.states.find(
    (state) => toHash(ledgerDigest(channel.domain, state.ledger)) === digest,
  );
  if (disputed === undefined) return { ...NOTHING, lookAgainAt: finalizesAt, isUnknown: true };
  const apps = planApps(holding, view, {
    of: disputed,
    isOnChain: true,
    openAll: aims.leave,
    isFinal: false,
  });
  const settleAt = aims.settleAfter === null ? null : finalizesAt + aims.settleAfter;
  if (settleAt === null || latest(view) < settleAt)
    return { ...apps, lookAgainAt: earliest(apps.lookAgainAt, settleAt) };
  const inLedger = new Set(disputed.ledger.assets.map((entry) => entry.asset));
  const others = holding.assets.filter((asset) => !inLedger.has(asset));
  return { ...apps, steps: [...apps.steps, named({ kind: 'settle', ledger: disputed.ledger, others })] };
}

function planSettled(holding: Holding, view: DisputeView): DisputePlan {
  if (view.finalAppsRoot === null || view.finalAppsRoot === ZERO_HASH) return { ...NOTHING, isOver: true };
  const final = holding.states.find((state) => state.ledger.appsRoot === view.finalAppsRoot);
  if (final === undefined) return { ...NOTHING, isOver: true, isUnknown: true };
  return planApps(holding, view, { of: final, isOnChain: true, openAll: true, isFinal: true });
}

interface AppsOf {
  readonly of: KnownState;
  /** The ledger they are in is on chain, so an app can be opened from it. */
  readonly isOnChain: boolean;
  /** Apps are opened for their outcome as it stands, not only to make a move in them. */
  readonly openAll: boolean;
  /** That ledger is final: its apps pay. */
  readonly isFinal: boolean;
}

function planApps(holding: Holding, view: DisputeView, apps: AppsOf): DisputePlan {
  const plans = apps.of.apps.map((instance) =>
    planApp(holding, view, apps, newestInstance(holding, instance)),
  );
  return {
    steps: plans.flatMap((plan) => plan.steps),
    lookAgainAt: plans.reduce<number | null>((soonest, plan) => earliest(soonest, plan.lookAgainAt), null),
    isOver: apps.isFinal && plans.every((plan) => plan.isOver),
    isUnknown: plans.some((plan) => plan.isUnknown),
  };
}

function planApp(holding: Holding, view: DisputeView, apps: AppsOf, instance: AppInstance): DisputePlan {
  const onChain = view.apps.get(instance.id) ?? UNDISPUTED;
  const named = (step: DisputeStep): NamedStep => ({
    ...step,
    name: `${step.kind} ${instance.id} ${onChain.challengeId} ${onChain.version}`,
  });
  if (onChain.stage === 'settled') return { ...NOTHING, isOver: true };
  if (onChain.finalizesAt === 0) return planOpening(holding, view, apps, instance, onChain, named);
  if (onChain.stage === 'undecided' && view.chainTime < onChain.finalizesAt) {
    const step = movedOn(holding, view, instance, onChain);
    if (step !== null) return { ...NOTHING, steps: [named(step)], lookAgainAt: onChain.finalizesAt };
  }
  if (latest(view) < onChain.finalizesAt) return { ...NOTHING, lookAgainAt: onChain.finalizesAt };
  if (holding.self === null) return { ...NOTHING, isOver: true };
  if (!apps.isFinal) return NOTHING;
  const data = bytesOf(view, instance, onChain.stateHash);
  if (data === null) return { ...NOTHING, isUnknown: true };
  const proof = proofOf(apps.of, instance.id);
  // An outcome may not be ready yet; the registry then refuses, and it is tried again.
  return { ...NOTHING, steps: [named({ kind: 'settle-app', app: instance.app, data, proof })] };
}

/** An app that nobody disputes yet: opened to move in it, or to be paid at its outcome as it stands. */
function planOpening(
  holding: Holding,
  view: DisputeView,
  apps: AppsOf,
  instance: AppInstance,
  onChain: AppOnChain,
  named: (step: DisputeStep) => NamedStep,
): DisputePlan {
  const { app } = instance;
  const base = onChain.version - onChain.steps;
  const position = holding.self === null ? -1 : app.participants.indexOf(holding.self);
  if (position < 0 || !apps.isOnChain || instance.version < base) return NOTHING;
  const moves = movesOn(holding, view, instance, stateHash(instance.state), instance.version);
  const hasStake = app.stakes.some((stake) => stake.amounts[position as 0 | 1] > 0n);
  if (moves.length === 0) {
    // Without a part in it and without a move there is nothing to gain, but its other side may still open it.
    if (!apps.openAll || !(hasStake || instance.version > 0n)) return NOTHING;
    // Until its deadline the other side may still move: an app is not opened against somebody who has time left.
    if (app.actionDeadline >= latest(view)) return { ...NOTHING, lookAgainAt: app.actionDeadline + 1 };
  }
  const { state, version } = instance;
  const signatures = signaturesByPosition(holding.channel, instance);
  if (version > 0n && signatures !== null)
    return {
      ...NOTHING,
      steps: [named({ kind: 'set-app-state', app, version, state, signatures, moves })],
    };
  const proof = proofOf(apps.of, instance.id);
  return {
    ...NOTHING,
    steps: [named({ kind: 'open-app', app, ledger: apps.of.ledger, proof, state, moves })],
  };
}

/** What brings a running app dispute on: a newer state both signed, or this side's move. */
function movedOn(
  holding: Holding,
  view: DisputeView,
  instance: AppInstance,
  onChain: AppOnChain,
): DisputeStep | null {
  const { app, version, state } = instance;
  const signatures = signaturesByPosition(holding.channel, instance);
  if (version > onChain.version - onChain.steps && signatures !== null) {
    const moves = movesOn(holding, view, instance, stateHash(state), version);
    return { kind: 'set-app-state', app, version, state, signatures, moves };
  }
  const current = bytesOf(view, instance, onChain.stateHash);
  const moves = movesOn(holding, view, instance, onChain.stateHash, onChain.version);
  return current === null || moves.length === 0 ? null : { kind: 'progress-app', app, state: current, moves };
}

/** An instance has them by party, and in an app either party may have the first seat. Null unless both are there. */
function signaturesByPosition({ initiator }: Channel, { app, signatures }: AppInstance): Pair<Bytes> | null {
  const [initiators, responders] = signatures;
  if (initiators === null || responders === null) return null;
  return app.participants[0] === initiator ? [initiators, responders] : [responders, initiators];
}

/** The moves prepared for exactly that state, while the registry takes any. */
function movesOn(
  holding: Holding,
  view: DisputeView,
  { id, app }: AppInstance,
  on: Hash,
  version: bigint,
): readonly SignedMove[] {
  const prepared = holding.moves.get(id);
  const isOpen = app.actionDeadline === 0 || view.chainTime <= app.actionDeadline;
  return isOpen && prepared?.on === on && prepared.version === version ? prepared.moves : [];
}

function bytesOf(view: DisputeView, instance: AppInstance, hash: Hash): Bytes | null {
  return stateHash(instance.state) === hash ? instance.state : (view.shown.get(hash) ?? null);
}

/** Version 0 needs no signature. */
function newestShowable({ states }: Holding): KnownState {
  const showable = states.filter((state) => state.signatures !== null || state.ledger.version === 0n);
  const [first, ...rest] = showable;
  if (first === undefined) throw new TypeError('a holding without any state both agreed to');
  return rest.reduce((best, state) => (state.ledger.version > best.ledger.version ? state : best), first);
}

/** An app is the same in every ledger it is in; its newest agreed state is what counts. */
function newestInstance({ states }: Holding, instance: AppInstance): AppInstance {
  return states
    .flatMap((state) => state.apps)
    .filter((other) => other.id === instance.id)
    .reduce((best, other) => (other.version > best.version ? other : best), instance);
}

function proofOf(state: KnownState, id: Hash): readonly Hash[] {
  const proof = appProof(
    state.apps.map((instance) => instance.id),
    id,
  );
  if (proof === null) throw new TypeError('an app that is not in its ledger');
  return proof;
}

/** The move a turn taker signs: `state` is what the action leads to, `version` that of the state it is made in. */
export function prepareMove(
  domain: Domain,
  move: {
    readonly appId: Hash;
    readonly on: Bytes;
    readonly version: bigint;
    readonly action: Bytes;
    readonly state: Bytes;
  },
  sign: (digest: Uint8Array) => Bytes,
): PreparedMoves {
  const { appId, on, version, action, state } = move;
  const next = { appId, version: version + 1n, stateHash: stateHash(state) };
  return {
    on: stateHash(on),
    version,
    moves: [{ action, signature: sign(appStateDigest(domain, next)) }],
  };
}

export const UNDISPUTED: AppOnChain = {
  version: 0n,
  steps: 0n,
  finalizesAt: 0,
  challengeId: 0n,
  stage: 'undecided',
  stateHash: ZERO_HASH,
};

const latest = ({ chainTime, now }: DisputeView): number => Math.max(chainTime, now);

const earliest = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);
