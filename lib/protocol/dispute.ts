// SPDX-License-Identifier: MIT
/**
 * The words of a dispute: what one side holds, what the chain shows, what is to be done. How the last follows from the
 * first two is in `dispute/plan.ts`.
 */
import { appStateDigest, stateHash } from './digests.ts';
import {
  ZERO_HASH,
  type Address,
  type App,
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

/** Times are in seconds. */
export interface AppOnChain {
  /** Of the tip: the state the dispute has reached. */
  readonly version: bigint;
  /** Moves from the base, the last state that both signed, to the tip. */
  readonly steps: bigint;
  /** No move is final before, so that a newer agreed state can still be shown. */
  readonly baseEndsAt: number;
  /** Until then whoever is to move may. */
  readonly turnEndsAt: number;
  /** The later of the two; 0 where the app is not disputed. */
  readonly finalizesAt: number;
  /** Raised by every new base and every move, so a Cancel names all that it would undo. */
  readonly challengeId: bigint;
  readonly stage: 'undecided' | 'outcome-set' | 'settled';
  /** Commitment to the states from the base to the tip; the outcome's hash once that is set. */
  readonly path: Hash;
}

/** A state that a dispute of an app went through. */
export interface PathPoint {
  readonly version: bigint;
  readonly stateHash: Hash;
  /** Commitment to the path before it. */
  readonly before: Hash;
  readonly state: Bytes;
}

/** Rising versions without a gap; the last is the tip. */
export type AppPath = readonly PathPoint[];

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
  /** Of disputed apps, as far back as is needed to prove a state above the base. Each leads to what the registry commits to. */
  readonly paths: ReadonlyMap<Hash, AppPath>;
  /** By app, where the outcome was set. */
  readonly outcomes: ReadonlyMap<Hash, Bytes>;
}

export type DisputeStep =
  /** `answer` ends a challenge, `challenge` starts one or puts a newer ledger in its place. */
  | {
      readonly kind: 'challenge' | 'answer';
      readonly ledger: Ledger;
      readonly signatures: Pair<Bytes> | null;
    }
  | { readonly kind: 'settle'; readonly ledger: Ledger; readonly others: readonly Address[] }
  /** Puts the ledger on chain too, where neither it nor a newer one is there. */
  | {
      readonly kind: 'open-app';
      readonly app: App;
      readonly ledger: Ledger;
      readonly signatures: Pair<Bytes> | null;
      readonly proof: readonly Hash[];
      /** The one the app was installed with. */
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
      readonly path: PathProof;
      readonly moves: readonly SignedMove[];
    }
  | {
      readonly kind: 'progress-app';
      readonly app: App;
      readonly version: bigint;
      /** Commitment to the path before the state. */
      readonly previous: Hash;
      readonly state: Bytes;
      readonly moves: readonly SignedMove[];
    }
  | {
      readonly kind: 'settle-app';
      readonly app: App;
      /** As in `progress-app`; zero where the outcome was set. */
      readonly previous: Hash;
      /** The final state, or the outcome where that was set. */
      readonly data: Bytes;
      readonly proof: readonly Hash[];
    }
  /** One transaction, all or none. Where the chain refuses it, `otherwise` is done instead, each for itself. */
  | {
      readonly kind: 'bundle';
      readonly parts: readonly DisputeStep[];
      readonly otherwise: readonly NamedStep[];
    };

/** Where a state belongs that is not above the tip: the commitment before its version, and what was there from it to the tip. */
export interface PathProof {
  readonly before: Hash;
  readonly hashes: readonly Hash[];
}

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
  baseEndsAt: 0,
  turnEndsAt: 0,
  finalizesAt: 0,
  challengeId: 0n,
  stage: 'undecided',
  path: ZERO_HASH,
};

/** Whether it starts a challenge of the ledger, or puts a newer ledger in a running one's place. */
export const startsChallenge = (step: DisputeStep): boolean =>
  step.kind === 'challenge' || (step.kind === 'bundle' && step.otherwise.some(startsChallenge));

/** The single steps of a bundle, or the step itself. */
export const partsOf = (step: DisputeStep): readonly DisputeStep[] =>
  step.kind === 'bundle' ? step.parts : [step];
