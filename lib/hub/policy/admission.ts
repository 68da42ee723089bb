// SPDX-License-Identifier: MIT
/** What policy makes of one operation: what the commit will add to the channel item besides the new ledger. */
import type { Hash } from '../../protocol/types.ts';
import type { Effect, Route } from '../channel-item.ts';
import type { LoadedTransfer } from '../transfer-item.ts';

export interface Admission {
  readonly routes: readonly Route[];
  readonly effects: readonly Effect[];
  /** Transfers to be claimed before the commit, as they were read for it (rule 1). */
  readonly claims: readonly { readonly held: LoadedTransfer; readonly appId: Hash }[];
}

export const NOTHING_MORE: Admission = { routes: [], effects: [], claims: [] };

export const merge = (a: Admission, b: Admission): Admission => ({
  routes: [...a.routes, ...b.routes],
  effects: [...a.effects, ...b.effects],
  claims: [...a.claims, ...b.claims],
});
