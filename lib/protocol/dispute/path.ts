// SPDX-License-Identifier: MIT
/**
 * The path a disputed app has taken. The registry keeps one commitment to it, each state hashed upon the commitment before,
 * so what anybody says of the path is either exactly what happened or seen to be false.
 */
import { keccak256 } from '#keccak256';
import { toHash, Words } from '../bytes.ts';
import { stateHash } from '../digests.ts';
import type { AppOnChain, AppPath, DisputeView, PathPoint, PathProof } from '../dispute.ts';
import { ZERO_HASH, type AppInstance, type Bytes, type Hash } from '../types.ts';

/** Moves that a base carries; then the next one waits until the base can no longer be answered. */
export const MAX_STEPS = 1_024n;

export const NO_PROOF: PathProof = { before: ZERO_HASH, hashes: [] };

const words = new Words(2);

export const extendPath = (before: Hash, state: Hash): Hash =>
  toHash(keccak256(words.again().hash(before).hash(state).bytes));

/** What the registry said of one app; `path` includes the state. */
export type PathFact = Told | { readonly kind: 'cancelled' };

interface Told {
  readonly kind: 'base' | 'move';
  readonly version: bigint;
  readonly path: Hash;
  readonly state: Bytes;
}

/**
 * The path that leads to `onChain`, from what was said of the app, newest first. `isWhole`: nothing said earlier could add
 * to what is needed. What does not fit the registry's commitment is left out, with all before it; once an outcome stands
 * in the commitment's place, the path is as true as the node that tells it.
 */
export function retrace(
  onChain: Pick<AppOnChain, 'version' | 'steps' | 'path' | 'stage'>,
  facts: readonly PathFact[],
): { readonly path: AppPath; readonly isWhole: boolean } {
  const points: PathPoint[] = [];
  const ending = (isWhole: boolean) => ({ path: points.toReversed(), isWhole });
  const base = onChain.version - onChain.steps;
  let next: Told | null = null;
  for (const fact of facts) {
    if (fact.kind === 'cancelled') return ending(true);
    if (next === null) {
      if (fact.version !== onChain.version) continue;
      if (onChain.stage === 'undecided' && fact.path !== onChain.path) continue;
    } else {
      const point = pointOf(next, fact.path);
      if (fact.version !== next.version - 1n || extendPath(fact.path, point.stateHash) !== next.path)
        return ending(true);
      points.push(point);
    }
    if (fact.kind === 'base') {
      const point = pointOf(fact, ZERO_HASH);
      if (extendPath(ZERO_HASH, point.stateHash) === fact.path) points.push(point);
      return ending(true);
    }
    if (fact.version < base) return ending(true);
    next = fact;
  }
  return ending(false);
}

const pointOf = ({ version, state }: Told, before: Hash): PathPoint => ({
  version,
  stateHash: stateHash(state),
  before,
  state,
});

/** The tip, where it is known: from what was said, or because it is a base that somebody here holds. */
export function tipOf(
  { apps, paths }: Pick<DisputeView, 'apps' | 'paths'>,
  id: Hash,
  held: readonly AppInstance[],
): PathPoint | null {
  const onChain = apps.get(id);
  if (onChain === undefined || onChain.finalizesAt === 0 || onChain.stage !== 'undecided') return null;
  const told = paths.get(id)?.at(-1);
  if (told !== undefined) return told;
  for (const { id: of, version, state } of held) {
    if (of !== id || version !== onChain.version) continue;
    const hash = stateHash(state);
    if (extendPath(ZERO_HASH, hash) === onChain.path)
      return { version, stateHash: hash, state, before: ZERO_HASH };
  }
  return null;
}

/** What shows where a state of that version belongs on the path; null where the path is not known so far back. */
export function proofFrom(path: AppPath | undefined, version: bigint): PathProof | null {
  const first = path?.findIndex((point) => point.version === version) ?? -1;
  const [at, ...after] = first < 0 || path === undefined ? [] : path.slice(first);
  if (at === undefined) return null;
  return { before: at.before, hashes: [at, ...after].map((point) => point.stateHash) };
}
