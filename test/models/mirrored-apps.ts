// SPDX-License-Identifier: MIT
/** One app mirrored in two channels, the hub between. Both users are dishonest and agree with each other; what one moves, the hub copies. */
import {
  finalAt,
  hashAt,
  move,
  newBase,
  show,
  takerAt,
  tipOf,
  type Game,
  type Slot,
  type WrongAppRule,
} from './app-slot.ts';
import { setting, type Claim, type ModelSuite, type Setting } from './claim.ts';
import { type Model, type Step } from './explore.ts';

interface MirrorSettings {
  /** Seats A and B in turn; in each channel the hub has the seat of the user who is not there. */
  readonly takers: string;
  readonly user: number;
  readonly hub: number;
  /** The longest from when the hub can see that it must act to when its transaction is on chain: D. */
  readonly reaction: number;
  /** Newest versions agreed in the two channels. */
  readonly agreed: readonly [number, number];
  readonly steps?: number;
  readonly wrong?: WrongAppRule | undefined;
  /** The hub copies one move in each transaction. */
  readonly oneByOne?: boolean;
}

type Pair<Value> = readonly [Value, Value];

interface Position {
  readonly now: number;
  readonly slots: Pair<Slot | null>;
  readonly due: Pair<Due | null>;
}

/** A transaction of the hub under way: when it is on chain at the latest, and the version up to which it copies. */
interface Due {
  readonly by: number;
  readonly upTo: number;
}

const SIDES = [0, 1] as const;
type Side = (typeof SIDES)[number];
const opposite = (side: Side): Side => (side === 0 ? 1 : 0);
const withOne = <Value>(pair: Pair<Value>, side: Side, value: Value): Pair<Value> =>
  side === 0 ? [value, pair[1]] : [pair[0], value];

export function mirroredApps(mirror: MirrorSettings): Model<Position> {
  const { agreed, reaction } = mirror;
  const game = (user: string): Game => ({
    takers: [...mirror.takers].map((seat) => (seat === user ? 'M' : 'H')).join(''),
    periods: { M: mirror.user, H: mirror.hub },
    steps: mirror.steps ?? 1_000,
    wrong: mirror.wrong,
  });
  const games: Pair<Game> = [game('A'), game('B')];
  const moveOn = (side: Side, now: number, slot: Slot): Slot | undefined =>
    move(games[side], now, slot, `${tipOf(slot) + 1}`);

  const known = (at: Position, side: Side): number => {
    const there = at.slots[opposite(side)];
    return Math.max(...agreed, there === null ? 0 : tipOf(there));
  };

  /** What the hub sends in one channel: opens the app, shows what was agreed there, copies what is known from the other. */
  const copy = (at: Position, side: Side, upTo: number): Slot | undefined => {
    const here = at.slots[side];
    if (here === null && at.slots[opposite(side)] === null) return undefined;
    if (here !== null && at.now >= finalAt(here)) return undefined;
    let slot = here ?? newBase(games[side], at.now, agreed[side], `${agreed[side]}`);
    slot = show(games[side], at.now, slot, agreed[side], `${agreed[side]}`) ?? slot;
    while (tipOf(slot) < upTo && takerAt(games[side], tipOf(slot)) === 'H') {
      const next = moveOn(side, at.now, slot);
      if (next === undefined) break;
      slot = next;
      if (mirror.oneByOne) break;
    }
    return slot === here ? undefined : slot;
  };

  /** A transaction made without a proof that the agreed state is on the path is void once it needs one. */
  const voids = (before: Slot | null, next: Slot, side: Side): boolean => {
    if (tipOf(next) < agreed[side] || next.path === before?.path) return false;
    return !(before === null && next.base === agreed[side]);
  };

  const user = (at: Position, side: Side): [says: string, slot: Slot][] => {
    const slot = at.slots[side];
    const name = 'AB'[side];
    if (slot === null)
      return Array.from({ length: agreed[side] + 1 }, (_, version) => [
        `${name} opens its app at version ${version}`,
        newBase(games[side], at.now, version, `${version}`),
      ]);
    if (at.now >= finalAt(slot)) return [];
    const done: [string, Slot][] = [];
    if (takerAt(games[side], tipOf(slot)) === 'M') {
      const moved = moveOn(side, at.now, slot);
      if (moved !== undefined) done.push([`${name} moves to version ${tipOf(moved)}`, moved]);
    }
    // The hub's moves on chain are public: with the user's signature added they can be shown as agreed.
    if (mirror.steps !== undefined)
      for (let version = slot.base + 1; version <= tipOf(slot); version++) {
        const raised = show(games[side], at.now, slot, version, hashAt(slot, version)!);
        if (raised !== undefined && takerAt(games[side], version - 1) === 'H')
          done.push([`${name} shows version ${version} of its app, signed by both`, raised]);
      }
    return done;
  };

  return {
    start: { now: 0, slots: [null, null], due: [null, null] },
    steps(at) {
      const { now } = at;
      const due = SIDES.map((side) => {
        const plans = [at.due[side], { by: now + reaction, upTo: known(at, side) }];
        return plans.find((plan) => plan !== null && copy(at, side, plan.upTo) !== undefined) ?? null;
      }) as unknown as Pair<Due | null>;
      const steps: Step<Position>[] = [];
      for (const side of SIDES) {
        const slot = due[side] === null ? undefined : copy(at, side, due[side].upTo);
        if (slot !== undefined)
          steps.push({
            says: `at ${now} the hub ${at.slots[side] === null ? 'opens' : 'moves in'} ${'AB'[side]}'s app: version ${tipOf(slot)}`,
            to: { now, slots: withOne(at.slots, side, slot), due: withOne(due, side, null) },
          });
        for (const [says, next] of user(at, side)) {
          const left = voids(at.slots[side], next, side) ? withOne(due, side, null) : due;
          steps.push({
            says: `at ${now} ${says}`,
            to: { now, slots: withOne(at.slots, side, next), due: left },
          });
        }
      }
      const running = at.slots.some((slot) => slot !== null && now < finalAt(slot));
      const late = due.some((planned) => planned !== null && planned.by <= now);
      if (running && !late) steps.push({ says: '', to: { now: now + 1, slots: at.slots, due } });
      return steps;
    },
    wrong({ now, slots: [a, b] }) {
      if (a === null || b === null || now < finalAt(a) || now < finalAt(b) || tipOf(a) === tipOf(b))
        return undefined;
      return `A's app is final at version ${tipOf(a)}, B's at version ${tipOf(b)}: the hub loses the difference`;
    },
  };
}

function mirrors(
  all: {
    readonly takers: readonly string[];
    readonly periods: readonly (readonly [user: number, D: number])[];
  },
  hub: (user: number, D: number) => number,
  change: Partial<MirrorSettings> = {},
): Setting[] {
  return all.takers.flatMap((takers) =>
    all.periods.flatMap(([user, reaction]) => {
      const ahead: Pair<number> = takers.startsWith('A') ? [1, 0] : [0, 1];
      return ([[0, 0], ahead] as const).map((agreed) => {
        const mirror = { takers, user, reaction, agreed, hub: hub(user, reaction), ...change };
        const text = `turns ${takers}, periods user ${user} hub ${mirror.hub}, D ${reaction}, agreed ${agreed.join(' and ')}`;
        return setting(text, mirroredApps(mirror));
      });
    }),
  );
}

const SMALL = { takers: ['ABA', 'AAB'], periods: [[2, 1]] } as const;
const FULL = {
  takers: ['ABA', 'BAB', 'ABAB', 'AABB', 'AAB', 'ABBA'],
  periods: [
    [2, 1],
    [3, 1],
    [4, 2],
  ],
} as const;
const enough = (user: number, D: number): number => user + 3 * D;

const unsafe = (
  rules: string,
  hub: (user: number, D: number) => number,
  change: Partial<MirrorSettings>,
): Claim => ({
  rules,
  safe: false,
  settings: () => mirrors({ takers: ['ABA', 'AABB'], periods: [[2, 1]] }, hub, change),
});

export const mirroredAppsSuite: ModelSuite = {
  name: 'mirrored-apps',
  about: 'one app in two channels: both end in the same state, whatever the users do together (invariant 7)',
  claims: [
    {
      rules: 'the hub’s period is the user’s and 3 D',
      safe: true,
      settings: (size) => mirrors(size === 'small' ? SMALL : FULL, enough),
    },
    unsafe('the hub’s period is the user’s and 3 D, less one', (user, D) => enough(user, D) - 1, {}),
    unsafe('a turn lasts until the longer period is over', enough, {
      wrong: 'a turn lasts until the longer period is over',
    }),
    unsafe('the same, and the hub’s period is the user’s and 8 D', (user, D) => user + 8 * D, {
      wrong: 'a turn lasts until the longer period is over',
    }),
    unsafe('the hub copies one move in each transaction', enough, { oneByOne: true }),
    unsafe('mirrored apps whose paths can be full', enough, { steps: 2 }),
  ],
};
