// SPDX-License-Identifier: MIT
/**
 * What to do on chain, from what one side holds and what the chain shows: the same answer for hub, client and
 * watchtower. It is asked again whenever the chain moves, so nothing but the chain and the holding is ever remembered,
 * and a step that was lost, refused, without effect or reorganized away simply comes back (invariants 10, 12, 14).
 */
import { toHash } from '../bytes.ts';
import { ledgerDigest } from '../digests.ts';
import type {
  DisputeAims,
  DisputePlan,
  DisputeStep,
  DisputeView,
  Holding,
  KnownState,
  NamedStep,
} from '../dispute.ts';
import { firstState } from '../ledger.ts';
import { ZERO_HASH } from '../types.ts';
import { bundled, bundledLeave, bundledSettlement } from './bundle.ts';
import { planApps } from './plan-apps.ts';
import { earliest, latestTime } from './times.ts';

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
  const { finalizesAt, floorVersion, digest } = view.ledger;
  const atFloor = holding.states.find(
    (state) => toHash(ledgerDigest(holding.channel.domain, state.ledger)) === digest,
  );
  const best = newestShowable(holding, atFloor);
  // Below the floor is only who lost its state: what is newer on chain was signed by both.
  if (finalizesAt === 0)
    return planLeaving(holding, view, best, aims.leave, best.ledger.version >= floorVersion);
  if (best.ledger.version > floorVersion && view.chainTime < finalizesAt) {
    if (aims.leave) return { ...planLeaving(holding, view, best, true, true), lookAgainAt: finalizesAt };
    const { answers } = planApps(holding, view, disputedOnly(best));
    const answer = ledgerStep(holding, view, best, 'answer');
    return { ...NOTHING, steps: [answer, ...answers], lookAgainAt: finalizesAt };
  }
  if (atFloor === undefined) {
    const { answers } = planApps(holding, view, disputedOnly(best));
    return { ...NOTHING, steps: answers, lookAgainAt: finalizesAt, isUnknown: true };
  }
  return planOnChain(holding, view, atFloor, aims);
}

/** No challenge runs, or one that is about to be put aside: whoever leaves starts its own, with all that is to be opened. */
function planLeaving(
  holding: Holding,
  view: DisputeView,
  best: KnownState,
  leave: boolean,
  isShowable: boolean,
): DisputePlan {
  const mayLeave = leave && isShowable;
  const of = { of: best, isOnChain: mayLeave, openAll: mayLeave, isFinal: false };
  const { answers, openings, lookAgainAt } = planApps(holding, view, of);
  const challenge = ledgerStep(holding, view, best, 'challenge');
  return {
    steps: [...(mayLeave ? bundledLeave(challenge, openings) : []), ...answers],
    lookAgainAt,
    isOver: false,
    isUnknown: leave && !isShowable,
  };
}

/** A ledger that is known here is challenged, and no newer one can be shown. */
function planOnChain(
  holding: Holding,
  view: DisputeView,
  disputed: KnownState,
  { leave, settleAfter }: DisputeAims,
): DisputePlan {
  const settleAt = settleAfter === null ? null : view.ledger.finalizesAt + settleAfter;
  const isDue = settleAt !== null && latestTime(view) >= settleAt;
  const of = { of: disputed, isOnChain: true, openAll: leave, isFinal: isDue };
  const { answers, openings, payouts, lookAgainAt, isUnknown } = planApps(holding, view, of);
  const running = { steps: [...answers, ...bundled(openings)], isOver: false, isUnknown };
  if (!isDue) return { ...running, lookAgainAt: earliest(lookAgainAt, settleAt) };
  const inLedger = new Set(disputed.ledger.assets.map((entry) => entry.asset));
  const others = holding.assets.filter((asset) => !inLedger.has(asset));
  const settle = named(holding, view, disputed, { kind: 'settle', ledger: disputed.ledger, others });
  return { ...running, steps: [...running.steps, bundledSettlement(settle, payouts)], lookAgainAt };
}

function planSettled(holding: Holding, view: DisputeView): DisputePlan {
  if (view.finalAppsRoot === null || view.finalAppsRoot === ZERO_HASH) return { ...NOTHING, isOver: true };
  const final = holding.states.find((state) => state.ledger.appsRoot === view.finalAppsRoot);
  if (final === undefined) return { ...NOTHING, isOver: true, isUnknown: true };
  const of = { of: final, isOnChain: true, openAll: true, isFinal: true };
  const { answers, openings, payouts, ...plan } = planApps(holding, view, of);
  return { ...plan, steps: [...answers, ...bundled(openings), ...bundled(payouts)] };
}

/** What is disputed already is answered whichever ledger is on chain; nothing is opened. */
const disputedOnly = (of: KnownState) => ({ of, isOnChain: false, openAll: false, isFinal: false });

const ledgerStep = (
  holding: Holding,
  view: DisputeView,
  shown: KnownState,
  kind: 'challenge' | 'answer',
): NamedStep => named(holding, view, shown, { kind, ledger: shown.ledger, signatures: shown.signatures });

const named = (
  { channel, epoch }: Holding,
  { ledger: { challengeId } }: DisputeView,
  { ledger: { version } }: KnownState,
  step: DisputeStep,
): NamedStep => ({ ...step, name: `${step.kind} ${channel.address} ${epoch} ${version} ${challengeId}` });

/** Version 0 needs no signature, nor does the floor: that both signed it the registry knows, whoever brought it. */
function newestShowable({ states }: Holding, atFloor: KnownState | undefined): KnownState {
  const showable = states.filter(
    (state) => state.signatures !== null || state.ledger.version === 0n || state === atFloor,
  );
  const [first, ...rest] = showable;
  if (first === undefined) throw new TypeError('a holding without any state both agreed to');
  return rest.reduce((best, state) => (state.ledger.version > best.ledger.version ? state : best), first);
}
