// SPDX-License-Identifier: MIT
/**
 * The moves this user makes where the chain stands: the preimage in an app that pays it, and what it chose itself.
 * A move is made in an app only once a state that holds the app is on chain, so what it shows is always worth its stake.
 */
import type { AppCatalogue } from '../protocol/apps/app-logic.ts';
import { decodeTransferState, encodeUnlock, PAYEE } from '../protocol/apps/transfer-app.ts';
import { laterOf } from '../protocol/deadlines.ts';
import { stateHash } from '../protocol/digests.ts';
import {
  prepareMove,
  type DisputeView,
  type Holding,
  type KnownState,
  type PreparedMoves,
} from '../protocol/dispute.ts';
import { tipOf } from '../protocol/dispute/path.ts';
import { newestAgreed } from '../protocol/dispute/plan-apps.ts';
import type { AppInstance, Bytes, Channel, Hash } from '../protocol/types.ts';
import type { Store } from '../store/store.ts';
import type { ChannelRecord } from './channel-record.ts';
import type { ChannelKey } from './ports.ts';
import { loadMove, preparedFrom } from './stored-move.ts';

/** What opens an app, by its id. */
export type Preimages = ReadonlyMap<Hash, Hash>;

export function preimagesOf({ routes, signed }: ChannelRecord): Preimages {
  const all = [...signed.flatMap((entry) => entry.routes), ...routes];
  return new Map(all.flatMap((route) => (route.side === 'payee' ? [[route.appId, route.preimage]] : [])));
}

/** Every app once, at the newest state both signed. */
export function newestInstances(states: readonly KnownState[]): readonly AppInstance[] {
  const newest = new Map<Hash, AppInstance>();
  for (const instance of states.flatMap((state) => state.apps)) {
    const known = newest.get(instance.id);
    newest.set(instance.id, known === undefined ? instance : newestAgreed([instance], known));
  }
  return [...newest.values()];
}

export interface AppPosition {
  /** Null with the state, where it is not even known which it is. */
  readonly on: Hash | null;
  readonly version: bigint;
  /** Null where the chain stands at a state that is not known. */
  readonly state: Bytes | null;
}

/**
 * The state to move in: where the chain stands, or the newer one that both signed. Where the path on chain went through that
 * one already, it is what came of it.
 */
export function positionOf(
  instance: AppInstance,
  view: DisputeView,
  held: readonly AppInstance[],
): AppPosition {
  const onChain = view.apps.get(instance.id);
  const own = { on: stateHash(instance.state), version: instance.version, state: instance.state };
  if (onChain === undefined || onChain.finalizesAt === 0 || onChain.stage !== 'undecided') return own;
  const isSigned = instance.signatures.every((signature) => signature !== null);
  const onPath = view.paths.get(instance.id)?.find(({ version }) => version === instance.version);
  const isAbove = instance.version > onChain.version - onChain.steps;
  if (isSigned && isAbove && onPath?.stateHash !== own.on) return own;
  const tip = tipOf(view, instance.id, held);
  return tip === null
    ? { on: null, version: onChain.version, state: null }
    : { on: tip.stateHash, version: tip.version, state: tip.state };
}

export interface MoveSources {
  readonly catalogue: AppCatalogue;
  readonly key: ChannelKey;
  readonly store: Store;
  /** Whether a preimage may still be shown on chain; any may if absent. */
  readonly mayShow?: (instance: AppInstance, time: number) => boolean;
}

export async function ownMoves(
  { catalogue, key, store, mayShow }: MoveSources,
  holding: Holding,
  view: DisputeView,
  preimages: Preimages,
): Promise<ReadonlyMap<Hash, PreparedMoves>> {
  const { channel, self, states } = holding;
  const moves = new Map<Hash, PreparedMoves>();
  const held = states.flatMap((state) => state.apps);
  for (const instance of newestInstances(states)) {
    if (self === null || !instance.app.participants.includes(self)) continue;
    const position = positionOf(instance, view, held);
    const known = preimages.get(instance.id);
    const time = laterOf(view.now, view.chainTime);
    const preimage = known !== undefined && (mayShow?.(instance, time) ?? true) ? known : undefined;
    const opened = preimage === undefined ? null : unlocked(instance, position, preimage, catalogue);
    if (opened !== null && preimage !== undefined) {
      moves.set(instance.id, unlocking(channel, instance.id, position, { preimage, opened }, key));
      continue;
    }
    if (decodesAsPayment(instance, catalogue)) continue;
    const chosen = await loadMove(store, channel.domain.chainId, instance.id, position.version);
    if (chosen?.on === position.on) moves.set(instance.id, preparedFrom(chosen));
  }
  return moves;
}

const decodesAsPayment = (instance: AppInstance, catalogue: AppCatalogue): boolean =>
  catalogue.get(instance.app.definition)?.name === 'transfer' && decodeTransferState(instance.state) !== null;

/** The state the preimage opens, where it does. */
function unlocked(
  { app }: AppInstance,
  { state }: AppPosition,
  preimage: Hash,
  catalogue: AppCatalogue,
): Bytes | null {
  const twin = catalogue.get(app.definition);
  if (twin === undefined || state === null || twin.isTerminal(state) || twin.turnTaker(state) !== PAYEE)
    return null;
  const applied = twin.applyAction(state, encodeUnlock(preimage));
  return applied.ok ? applied.value : null;
}

function unlocking(
  channel: Channel,
  appId: Hash,
  { state: on, version }: AppPosition,
  { preimage, opened }: { readonly preimage: Hash; readonly opened: Bytes },
  key: ChannelKey,
): PreparedMoves {
  if (on === null) throw new TypeError('a move in an unknown state');
  const action = encodeUnlock(preimage);
  return prepareMove(channel.domain, { appId, on, version, action, state: opened }, (digest) =>
    key.sign(digest),
  );
}
