// SPDX-License-Identifier: MIT
/** What the registry's events tell of one app, read from the newest backwards. */
import { stateHash } from '../protocol/digests.ts';
import type { AppOnChain, AppPath } from '../protocol/dispute.ts';
import { retrace, type PathFact } from '../protocol/dispute/path.ts';
import type { Bytes, Hash } from '../protocol/types.ts';
import type { ChainEvent } from './chain-events.ts';

export interface AppHistory {
  readonly path: AppPath;
  readonly outcome: Bytes | null;
  /** What was said earlier would add nothing. */
  readonly isWhole: boolean;
}

/** `events`: of its channel, newest first. */
export function appHistory(appId: Hash, onChain: AppOnChain, events: readonly ChainEvent[]): AppHistory {
  const own = events.filter(({ values }) => values['appId'] === appId);
  const { path, isWhole } = retrace(onChain, own.flatMap(factOf));
  if (onChain.stage !== 'outcome-set') return { path, outcome: null, isWhole };
  const outcome = own
    .filter(({ name }) => name === 'OutcomeSet')
    .map(({ values }) => values['outcome'] as Bytes)
    .find((bytes) => stateHash(bytes) === onChain.path);
  return { path, outcome: outcome ?? null, isWhole: isWhole && outcome !== undefined };
}

/** None where it says nothing of the path: a raised base leaves that as it is. */
function factOf({ name, values }: ChainEvent): readonly PathFact[] {
  const { version, path, state } = values as Readonly<{ version: bigint; path: Hash; state: Bytes }>;
  switch (name) {
    case 'AppChallenged':
      return [{ kind: 'base', version, path, state }];
    case 'AppProgressed':
      return [{ kind: 'move', version, path, state }];
    case 'AppCancelled':
      return [{ kind: 'cancelled' }];
    default:
      return [];
  }
}
