// SPDX-License-Identifier: MIT
/**
 * What to do about the apps of one ledger. Whoever replies first makes its newest agreed state the base, in the same
 * transaction: what the other side signs afterwards cannot take the reply back (invariant 19).
 */
import { appProof } from '../apps-root.ts';
import { stateHash } from '../digests.ts';
import {
  UNDISPUTED,
  type AppOnChain,
  type DisputePlan,
  type DisputeStep,
  type DisputeView,
  type Holding,
  type KnownState,
  type NamedStep,
  type SignedMove,
} from '../dispute.ts';
import { ZERO_HASH, type AppInstance, type Bytes, type Channel, type Hash, type Pair } from '../types.ts';
import { bundle } from './bundle.ts';
import { MAX_STEPS, NO_PROOF, proofFrom, tipOf } from './path.ts';
import { earliest, latestTime } from './times.ts';

export interface AppsOf {
  readonly of: KnownState;
  /** The ledger they are in is on chain, or goes there with them. */
  readonly isOnChain: boolean;
  /** Apps are opened for their outcome as it stands, not only to make a move in them. */
  readonly openAll: boolean;
  /** That ledger is final: its apps pay. */
  readonly isFinal: boolean;
}

export interface AppsPlan extends Omit<DisputePlan, 'steps'> {
  /** In disputes that run. */
  readonly answers: readonly NamedStep[];
  /** Disputes to be started. */
  readonly openings: readonly NamedStep[];
  /** Of apps that are final. */
  readonly payouts: readonly NamedStep[];
}

type AppPlan = AppsPlan;
type Naming = (step: DisputeStep) => NamedStep;

const NOTHING: AppPlan = {
  answers: [],
  openings: [],
  payouts: [],
  lookAgainAt: null,
  isOver: false,
  isUnknown: false,
};

export function planApps(holding: Holding, view: DisputeView, apps: AppsOf): AppsPlan {
  const plans = apps.of.apps.map((instance) =>
    planApp(holding, view, apps, newestInstance(holding, instance)),
  );
  return {
    answers: plans.flatMap((plan) => plan.answers),
    openings: plans.flatMap((plan) => plan.openings),
    payouts: plans.flatMap((plan) => plan.payouts),
    lookAgainAt: plans.reduce<number | null>((soonest, plan) => earliest(soonest, plan.lookAgainAt), null),
    isOver: apps.isFinal && plans.every((plan) => plan.isOver),
    isUnknown: plans.some((plan) => plan.isUnknown),
  };
}

function planApp(holding: Holding, view: DisputeView, apps: AppsOf, instance: AppInstance): AppPlan {
  const { id, app } = instance;
  const onChain = view.apps.get(id) ?? UNDISPUTED;
  const named: Naming = (step) => ({
    ...step,
    name: `${step.kind} ${id} ${onChain.challengeId} ${onChain.version}`,
  });
  if (onChain.stage === 'settled') return { ...NOTHING, isOver: true };
  if (onChain.finalizesAt === 0) return planOpening(holding, view, apps, { instance, onChain, named });
  if (onChain.stage === 'undecided' && view.chainTime < onChain.finalizesAt)
    return planAnswer(holding, view, { instance, onChain, named });
  if (latestTime(view) < onChain.finalizesAt) return { ...NOTHING, lookAgainAt: onChain.finalizesAt };
  if (holding.self === null) return { ...NOTHING, isOver: true };
  if (!apps.isFinal) return NOTHING;
  const final = finalData(holding, view, instance, onChain);
  if (final === null) return { ...NOTHING, isUnknown: true };
  // An outcome may not be ready yet; the registry then refuses, and it is tried again.
  const payout = named({ kind: 'settle-app', app, ...final, proof: proofOf(apps.of, id) });
  return { ...NOTHING, payouts: [payout] };
}

function finalData(
  holding: Holding,
  view: DisputeView,
  instance: AppInstance,
  onChain: AppOnChain,
): { readonly previous: Hash; readonly data: Bytes } | null {
  if (onChain.stage === 'outcome-set') {
    const outcome = view.outcomes.get(instance.id);
    return outcome === undefined ? null : { previous: ZERO_HASH, data: outcome };
  }
  const tip = tipOf(view, instance.id, instancesOf(holding));
  return tip === null ? null : { previous: tip.before, data: tip.state };
}

interface AppAt {
  readonly instance: AppInstance;
  readonly onChain: AppOnChain;
  readonly named: Naming;
}

/** An app that nobody disputes yet: opened to move in it, or to be paid at its outcome as it stands. */
function planOpening(
  holding: Holding,
  view: DisputeView,
  apps: AppsOf,
  { instance, onChain, named }: AppAt,
): AppPlan {
  const { app, state, version } = instance;
  // What both signed before a cancel is the floor.
  const floor = onChain.version;
  const position = holding.self === null ? -1 : app.participants.indexOf(holding.self);
  if (position < 0 || !apps.isOnChain || version < floor) return NOTHING;
  const moves = movesOn(holding, view, instance, stateHash(state), version);
  const hasStake = app.stakes.some((stake) => stake.amounts[position as 0 | 1] > 0n);
  if (moves.length === 0) {
    // Without a part in it and without a move there is nothing to gain, but its other side may still open it.
    if (!apps.openAll || !(hasStake || version > 0n)) return NOTHING;
    // Until its deadline the other side may still move: an app is not opened against somebody who has time left.
    if (app.actionDeadline >= latestTime(view)) return { ...NOTHING, lookAgainAt: app.actionDeadline + 1 };
  }
  const signatures = signaturesByPosition(holding.channel, instance);
  if (version > 0n && signatures !== null) {
    const step = { kind: 'set-app-state', app, version, state, signatures, path: NO_PROOF, moves } as const;
    return { ...NOTHING, openings: [named(step)] };
  }
  if (version > 0n) return NOTHING;
  const { ledger, signatures: shown } = apps.of;
  const proof = proofOf(apps.of, instance.id);
  const step = { kind: 'open-app', app, ledger, signatures: shown, proof, state, moves } as const;
  return { ...NOTHING, openings: [named(step)] };
}

/** What brings a running app dispute on: a newer state both signed, this side's move, or both at once. */
function planAnswer(holding: Holding, view: DisputeView, at: AppAt): AppPlan {
  const { instance, onChain, named } = at;
  const isTurn = view.chainTime < onChain.turnEndsAt;
  const waiting: AppPlan = {
    ...NOTHING,
    lookAgainAt: isTurn ? onChain.turnEndsAt : onChain.finalizesAt,
  };
  const acting = (step: NamedStep): AppPlan => ({ ...waiting, answers: [step] });
  const { app, version, state } = instance;
  const signatures = signaturesByPosition(holding.channel, instance);
  const hash = stateHash(state);
  if (signatures === null || version <= onChain.version - onChain.steps) {
    const reply = replyAtTip(holding, view, instance, onChain);
    const opensAt = onChain.baseEndsAt;
    const isFull = onChain.steps >= MAX_STEPS && view.chainTime < opensAt;
    if (reply === null) return waiting;
    return isFull ? { ...waiting, lookAgainAt: opensAt } : acting(named(reply));
  }
  const show = (path: typeof NO_PROOF, moves: readonly SignedMove[]): NamedStep =>
    named({ kind: 'set-app-state', app, version, state, signatures, path, moves });
  if (version > onChain.version)
    return acting(show(NO_PROOF, movesOn(holding, view, instance, hash, version)));
  const proof = proofFrom(view.paths.get(instance.id), version);
  // What the node does not tell cannot be proven; it is asked again.
  if (proof === null) return waiting;
  // The path went another way than was agreed: whoever moved so signed twice, and what came of it goes.
  if (proof.hashes[0] !== hash) return acting(show(proof, movesOn(holding, view, instance, hash, version)));
  const reply = replyAtTip(holding, view, instance, onChain);
  if (reply === null) return waiting;
  if (version === onChain.version) return acting(show(proof, reply.moves));
  const both = [show(proof, []), named(reply)];
  return acting(bundle(both, both));
}

/** This side's moves where the chain stands, in its own time. */
function replyAtTip(
  holding: Holding,
  view: DisputeView,
  instance: AppInstance,
  onChain: AppOnChain,
): Extract<DisputeStep, { kind: 'progress-app' }> | null {
  const tip = tipOf(view, instance.id, instancesOf(holding));
  if (tip === null || view.chainTime >= onChain.turnEndsAt) return null;
  const moves = movesOn(holding, view, instance, tip.stateHash, tip.version);
  if (moves.length === 0) return null;
  const { version, before: previous, state } = tip;
  return { kind: 'progress-app', app: instance.app, version, previous, state, moves };
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

/** In every state that is held, so an app may be there more than once. */
export const instancesOf = ({ states }: Holding): readonly AppInstance[] =>
  states.flatMap((state) => state.apps);

/** An app is the same in every ledger it is in; its newest agreed state is what counts. */
const newestInstance = (holding: Holding, instance: AppInstance): AppInstance =>
  newestAgreed(
    instancesOf(holding).filter((other) => other.id === instance.id),
    instance,
  );

/**
 * Of one app's. What only one side signed can be shown by nobody here, and must not hide what can: it counts once the other
 * side brought it, as the chain's tip.
 */
export const newestAgreed = (instances: readonly AppInstance[], first: AppInstance): AppInstance =>
  instances.reduce((best, other) => {
    if (isAgreed(other) !== isAgreed(best)) return isAgreed(other) ? other : best;
    return other.version > best.version ? other : best;
  }, first);

const isAgreed = ({ version, signatures }: AppInstance): boolean =>
  version === 0n || signatures.every((signature) => signature !== null);

function proofOf(state: KnownState, id: Hash): readonly Hash[] {
  const proof = appProof(
    state.apps.map((instance) => instance.id),
    id,
  );
  if (proof === null) throw new TypeError('an app that is not in its ledger');
  return proof;
}
