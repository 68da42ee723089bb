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
export type PathFact =
  | { readonly kind: 'base'; readonly version: bigint; readonly path: Hash; readonly stateHash: Hash }
  | { readonly kind: 'move'; readonly version: bigint; readonly path: Hash; readonly state: Bytes }
  | { readonly kind: 'cancelled' };

interface Told {
  readonly version: bigint;
  readonly stateHash: Hash;
  readonly path: Hash;
  readonly state: Bytes | null;
}

const toldBy = (fact: Exclude<PathFact, { kind: 'cancelled' }>): Told =>
  fact.kind === 'base'
    ? { ...fact, state: null }
    : { version: fact.version, stateHash: stateHash(fact.state), path: fact.path, state: fact.state };

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
    const told = toldBy(fact);
    if (next === null) {
      if (told.version !== onChain.version) continue;
      if (onChain.stage === 'undecided' && told.path !== onChain.path) continue;
    } else {
      if (told.version !== next.version - 1n || extendPath(told.path, next.stateHash) !== next.path)
        return ending(true);
      points.push(pointOf(next, told.path));
    }
    if (fact.kind === 'base') {
      if (extendPath(ZERO_HASH, told.stateHash) === told.path) points.push(pointOf(told, ZERO_HASH));
      return ending(true);
    }
    if (told.version < base) return ending(true);
    next = told;
  }
  return ending(false);
}

const pointOf = ({ version, stateHash: hash, state }: Told, before: Hash): PathPoint => ({
  version,
  stateHash: hash,
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
  if (told !== undefined && told.state !== null) return told;
  for (const instance of held) {
    const hash = stateHash(instance.state);
    if (instance.id !== id || instance.version !== onChain.version) continue;
    if (told === undefined ? extendPath(ZERO_HASH, hash) === onChain.path : told.stateHash === hash)
      return {
        version: instance.version,
        stateHash: hash,
        state: instance.state,
        before: told?.before ?? ZERO_HASH,
      };
  }
  return told ?? null;
}

/** What shows where a state of that version belongs on the path; null where the path is not known so far back. */
export function proofFrom(path: AppPath | undefined, version: bigint): PathProof | null {
  const first = path?.findIndex((point) => point.version === version) ?? -1;
  const [at, ...after] = first < 0 || path === undefined ? [] : path.slice(first);
  if (at === undefined) return null;
  return { before: at.before, hashes: [at, ...after].map((point) => point.stateHash) };
}
