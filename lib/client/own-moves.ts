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
  type AppOnChain,
  type DisputeView,
  type Holding,
  type KnownState,
  type PreparedMoves,
} from '../protocol/dispute.ts';
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
    if (known === undefined || instance.version > known.version) newest.set(instance.id, instance);
  }
  return [...newest.values()];
}

export interface AppPosition {
  readonly on: Hash;
  readonly version: bigint;
  /** Null where the chain stands at a state that is not known. */
  readonly state: Bytes | null;
}

/** The state to move in: where the chain stands, or the newer one that both signed. */
export function positionOf(
  instance: AppInstance,
  onChain: AppOnChain | undefined,
  view: DisputeView,
): AppPosition {
  const own = { on: stateHash(instance.state), version: instance.version, state: instance.state };
  if (onChain === undefined || onChain.finalizesAt === 0 || onChain.stage !== 'undecided') return own;
  const isSigned = instance.signatures.every((signature) => signature !== null);
  if (isSigned && instance.version > onChain.version - onChain.steps) return own;
  const { stateHash: on, version } = onChain;
  return { on, version, state: on === own.on ? own.state : (view.shown.get(on) ?? null) };
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
  for (const instance of newestInstances(states)) {
    if (self === null || !instance.app.participants.includes(self)) continue;
    const position = positionOf(instance, view.apps.get(instance.id), view);
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
