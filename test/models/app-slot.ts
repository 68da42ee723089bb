// SPDX-License-Identifier: MIT
/** What the registry keeps of one app in a dispute, and its rules, told again from their purpose: no code is shared with the contract. */

export type Party = 'H' | 'M';

/** Rules that were considered or built once, each known to be unsafe. */
export type WrongAppRule =
  | 'a turn lasts until the longer period is over'
  | 'any double-signed state above the base displaces'
  | 'an equal state does not raise the base'
  | 'an equal state starts the turn anew'
  | 'a terminal move leaves the other side no time'
  | 'a full path rolls over at once'
  | 'on a full path the turn runs from now'
  | 'a full path takes no further move'
  | 'filling a path leaves the base window as it was';

export interface Game {
  /** Who moves at each version; after the last the state is terminal. */
  readonly takers: string;
  readonly periods: Readonly<Record<Party, number>>;
  /** Moves that fill a path. */
  readonly steps: number;
  /** `holdUntil`: before it no state is final that is not terminal. */
  readonly hold?: number;
  readonly wrong?: WrongAppRule | undefined;
}

export interface Slot {
  /** The version at which the commitment to the path begins. */
  readonly origin: number;
  /** State hashes from the origin to the tip. */
  readonly path: readonly string[];
  readonly base: number;
  readonly baseEnds: number;
  readonly turnEnds: number;
}

export const other = (party: Party): Party => (party === 'H' ? 'M' : 'H');
export const tipOf = (slot: Slot): number => slot.origin + slot.path.length - 1;
export const finalAt = (slot: Slot): number => Math.max(slot.baseEnds, slot.turnEnds);
export const hashAt = (slot: Slot, version: number): string | undefined => slot.path[version - slot.origin];
export const isTerminal = (game: Game, version: number): boolean => version >= game.takers.length;
export const takerAt = (game: Game, version: number): Party | undefined =>
  isTerminal(game, version) ? undefined : (game.takers[version] as Party);
export const isFull = (game: Game, slot: Slot): boolean => tipOf(slot) - slot.base >= game.steps;

const longer = (game: Game): number => Math.max(game.periods.H, game.periods.M);

const turnFrom = (game: Game, from: number, taker: Party): number =>
  Math.max(from + game.periods[taker], game.hold ?? 0);

/** A state both signed, from which everything starts again. */
export function newBase(game: Game, now: number, version: number, hash: string): Slot {
  const at = { origin: version, path: [hash], base: version };
  const taker = takerAt(game, version);
  if (taker === undefined) return { ...at, baseEnds: now, turnEnds: now };
  return { ...at, baseEnds: now + longer(game), turnEnds: turnFrom(game, now, taker) };
}

/** Somebody shows a state both signed; undefined where it changes nothing. */
export function show(game: Game, now: number, slot: Slot, version: number, hash: string): Slot | undefined {
  if (now >= finalAt(slot) || version <= slot.base) return undefined;
  if (version > tipOf(slot) || game.wrong === 'any double-signed state above the base displaces')
    return newBase(game, now, version, hash);
  if (hashAt(slot, version) !== hash) return newBase(game, now, version, hash);
  if (game.wrong === 'an equal state does not raise the base') return undefined;
  const raised = { ...slot, base: version };
  const taker = takerAt(game, tipOf(slot));
  return game.wrong === 'an equal state starts the turn anew' && taker !== undefined
    ? { ...raised, turnEnds: turnFrom(game, now, taker) }
    : raised;
}

/** The turn taker's move; undefined where the registry refuses it. */
export function move(game: Game, now: number, slot: Slot, hash: string): Slot | undefined {
  const tip = tipOf(slot);
  const mover = takerAt(game, tip);
  const closes =
    game.wrong === 'a turn lasts until the longer period is over' ? finalAt(slot) : slot.turnEnds;
  if (mover === undefined || now >= closes) return undefined;
  let { base, baseEnds } = slot;
  if (isFull(game, slot)) {
    if (game.wrong === 'a full path takes no further move') return undefined;
    if (now < baseEnds && game.wrong !== 'a full path rolls over at once') return undefined;
    base = tip;
    baseEnds = now + longer(game);
  }
  const moved: Slot = { ...slot, path: [...slot.path, hash], base, baseEnds };
  return { ...moved, ...turn(game, now, moved, mover) };
}

/** Whose time it is after a move. */
function turn(game: Game, now: number, slot: Slot, mover: Party): Pick<Slot, 'baseEnds' | 'turnEnds'> {
  const { baseEnds } = slot;
  const taker = takerAt(game, tipOf(slot));
  if (taker === undefined) {
    const leaves =
      game.wrong === 'a terminal move leaves the other side no time' ? 0 : game.periods[other(mover)];
    return { baseEnds, turnEnds: now + leaves };
  }
  if (!isFull(game, slot)) return { baseEnds, turnEnds: turnFrom(game, now, taker) };
  if (game.wrong === 'on a full path the turn runs from now')
    return { baseEnds, turnEnds: turnFrom(game, now, taker) };
  if (game.wrong === 'filling a path leaves the base window as it was')
    return { baseEnds, turnEnds: turnFrom(game, Math.max(baseEnds, now), taker) };
  return { baseEnds: now + longer(game), turnEnds: turnFrom(game, now + longer(game), taker) };
}
