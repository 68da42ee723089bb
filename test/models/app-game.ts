// SPDX-License-Identifier: MIT
/** One app on chain between an honest party H, who answers within its reaction time, and M, who does whatever the rules allow. */
import { setting, type Claim, type ModelSuite, type Setting, type Size } from './claim.ts';
import { type Model, type Step } from './explore.ts';
import {
  finalAt,
  hashAt,
  isFull,
  move,
  newBase,
  show,
  takerAt,
  tipOf,
  type Game,
  type Slot,
  type WrongAppRule,
} from './app-slot.ts';

export interface GameSettings extends Game {
  /** The newest version both signed and both hold. */
  readonly agreed: number;
  /** H signed its next move, M signed it too and kept that to itself. */
  readonly withheld: boolean;
  /** The longest from when H can see that it must act to when its transaction is on chain. */
  readonly reaction: number;
  /** Different histories may lead to one state: its hash tells the version and the last choice only. */
  readonly converge: boolean;
  /** H shows its state and makes its move in two transactions, one after the other. */
  readonly twoTransactions?: boolean;
  /** Both may cancel the dispute once, and the game may come back on chain. */
  readonly restarts?: boolean;
  /** H signs a Cancel without taking the tip for agreed. */
  readonly forgetsTip?: boolean;
}

interface Position {
  readonly now: number;
  readonly slot: Slot | null;
  /** When H's transaction is on chain at the latest; null where it has nothing to send. */
  readonly due: number | null;
  /** What H moved on chain: public, so that M can sign it too. */
  readonly replies: readonly (readonly [version: number, hash: string])[];
  /** From when the turn at hand counts. */
  readonly since: number;
  /** Hashes of the states both hold with both signatures, from version 0 to the newest agreed. */
  readonly common: readonly string[];
  /** Once both cancelled the dispute: the version below which nobody opens it again. */
  readonly cancelled: number | null;
}

export function appGame(game: GameSettings): Model<Position> {
  const child = (parent: string, version: number, choice: number): string =>
    game.converge ? `${version}:${choice}` : `${parent}${choice}`;
  const history: string[] = ['s'];
  for (let version = 1; version <= game.agreed + 1; version++)
    history.push(child(history[version - 1]!, version, 0));
  const newest = (at: Position): number => at.common.length - 1;

  const withSlot = (at: Position, slot: Slot, change: Partial<Position> = {}): Position => ({
    ...at,
    slot,
    since: isFull(game, slot) ? Math.max(slot.baseEnds, at.now) : at.now,
    ...change,
  });

  /** Everything H sends at once: its newest agreed state where that is not the base yet, then its moves. */
  const answer = (at: Position): Position | undefined => {
    if (at.slot === null || at.now >= finalAt(at.slot)) return undefined;
    const shown = show(game, at.now, at.slot, newest(at), at.common.at(-1)!);
    let slot = shown ?? at.slot;
    const replies = [...at.replies];
    while (!(shown && game.twoTransactions) && takerAt(game, tipOf(slot)) === 'H') {
      const hash = child(slot.path.at(-1)!, tipOf(slot) + 1, 0);
      const moved = move(game, at.now, slot, hash);
      if (moved === undefined) break;
      slot = moved;
      replies.push([tipOf(slot), hash]);
    }
    if (slot === at.slot) return undefined;
    const sameTurn = slot.path.length === at.slot.path.length && slot.origin === at.slot.origin;
    return withSlot(at, slot, { replies, due: null, ...(sameTurn ? { since: at.since } : {}) });
  };

  /** M acted. What H has under way still counts, unless it was made for a path that is no longer there. */
  const after = (before: Position, next: Position): Position => {
    const same =
      before.slot?.origin === next.slot!.origin && before.slot.path.length === next.slot!.path.length;
    const due = same || newest(next) > tipOf(next.slot!) ? before.due : null;
    return { ...next, due };
  };

  const kept = (at: Position, slot: Slot): string | undefined => {
    const before = at.slot!;
    for (const [version, hash] of at.replies)
      if (version >= slot.origin && hashAt(slot, version) !== hash)
        return `H's reply at version ${version} is undone`;
    if (before.base < newest(at)) return undefined;
    for (let version = Math.max(before.origin, slot.origin); version <= tipOf(before); version++)
      if (hashAt(slot, version) !== hashAt(before, version))
        return `M took back its move at version ${version}`;
    return undefined;
  };

  /** What M can show: all that was ever agreed, what it kept back, and H's moves on chain with its own signature added. */
  const held = (at: Position): [version: number, hash: string][] => {
    const states = at.common.map((hash, version): [number, string] => [version, hash]);
    if (game.withheld && at.cancelled === null) states.push([game.agreed + 1, history[game.agreed + 1]!]);
    for (const [version, hash] of at.replies)
      if (!states.some((state) => state[0] === version && state[1] === hash)) states.push([version, hash]);
    return states;
  };

  const opening = (at: Position): Step<Position>[] => {
    const steps = held(at)
      .filter(([version]) => version >= (at.cancelled ?? 0))
      .map(([version, hash]): Step<Position> => ({
        says: `at ${at.now} M opens the app at version ${version}`,
        to: withSlot(at, newBase(game, at.now, version, hash)),
      }));
    const own = withSlot(at, newBase(game, at.now, newest(at), at.common.at(-1)!));
    return [
      ...steps,
      { says: `at ${at.now} H opens the app at version ${newest(at)}`, to: answer(own) ?? own },
    ];
  };

  /** H signs a Cancel only where it has nothing to send, and takes the tip for agreed from then on. */
  const cancel = (at: Position, slot: Slot): Step<Position>[] => {
    if (!game.restarts || at.cancelled !== null) return [];
    const agreed = [...at.common.slice(0, slot.origin), ...slot.path];
    const common = game.forgetsTip ? at.common : agreed;
    const replies = game.forgetsTip ? at.replies : [];
    return [
      {
        says: `at ${at.now} both cancel the dispute`,
        to: { ...at, slot: null, due: null, common, replies, cancelled: slot.base },
      },
    ];
  };

  const opponent = (at: Position): Step<Position>[] => {
    const { now, slot } = at;
    if (slot === null) return [];
    const steps: Step<Position>[] = [];
    if (takerAt(game, tipOf(slot)) === 'M')
      for (const choice of [0, 1]) {
        const moved = move(game, now, slot, child(slot.path.at(-1)!, tipOf(slot) + 1, choice));
        if (moved === undefined) continue;
        steps.push({
          says: `at ${now} M moves to version ${tipOf(moved)}${choice === 0 ? '' : ', otherwise than before'}`,
          to: after(at, withSlot(at, moved)),
          wrong:
            now >= Math.max(at.since + game.periods.M, game.hold ?? 0)
              ? 'M moves when its own period is over'
              : undefined,
        });
      }
    for (const [version, hash] of held(at)) {
      const shown = show(game, now, slot, version, hash);
      if (shown === undefined) continue;
      const raised = shown.path === slot.path;
      steps.push({
        says: `at ${now} M shows version ${version}, signed by both: ${raised ? 'the base is raised' : 'it displaces the path'}`,
        to: after(at, raised ? { ...at, slot: shown } : withSlot(at, shown)),
        wrong: kept(at, shown),
      });
    }
    return steps;
  };

  return {
    start: {
      now: 0,
      slot: null,
      due: null,
      replies: [],
      since: 0,
      common: history.slice(0, game.agreed + 1),
      cancelled: null,
    },
    steps(at) {
      if (at.slot === null) return opening(at);
      if (at.now >= finalAt(at.slot)) return [];
      const steps = opponent(at);
      const sent = answer(at);
      const due = sent === undefined ? null : (at.due ?? at.now + game.reaction);
      for (const [index, step] of steps.entries())
        if (step.to.due === at.due) steps[index] = { ...step, to: { ...step.to, due } };
      if (sent === undefined) steps.push(...cancel(at, at.slot));
      else
        steps.push({
          says: `at ${at.now} H answers: base ${sent.slot!.base}, tip ${tipOf(sent.slot!)}`,
          to: sent,
        });
      if (due === null || due > at.now) steps.push({ says: '', to: { ...at, due, now: at.now + 1 } });
      return steps;
    },
    wrong(at) {
      const { now, slot } = at;
      if (slot === null || now < finalAt(slot)) return undefined;
      const agreed = newest(at);
      if (slot.origin <= agreed && hashAt(slot, agreed) !== at.common[agreed])
        return `the state agreed at version ${agreed} is lost: what is final does not go through it`;
      if (takerAt(game, tipOf(slot)) === 'H') return 'H ran out of time, though it was there';
      return undefined;
    },
  };
}

const NO_LIMIT = 1_000;

export function describe(game: GameSettings): string {
  const { takers, agreed, periods, reaction, steps } = game;
  return [
    `turns ${takers}, agreed ${agreed}${game.withheld ? ' and one withheld' : ''}`,
    `periods M ${periods.M} H ${periods.H}, reaction ${reaction}`,
    ...(steps === NO_LIMIT ? [] : [`${steps} steps fill a path`]),
    ...(game.converge ? ['converging states'] : []),
    ...(game.hold === undefined ? [] : [`held until ${game.hold}`]),
    ...(game.restarts ? ['may restart'] : []),
  ].join(', ');
}

interface Range {
  readonly takers: readonly string[];
  readonly periods: readonly (readonly [M: number, H: number])[];
  readonly steps?: number;
  readonly reaction?: number;
}

export function games(range: Range, change: Partial<GameSettings> = {}): Setting[] {
  const settings: Setting[] = [];
  for (const takers of range.takers)
    for (const [M, H] of range.periods)
      for (const converge of [false, true])
        for (let agreed = 0; agreed < takers.length; agreed++)
          for (const withheld of takers[agreed] === 'H' ? [false, true] : [false]) {
            const game: GameSettings = {
              takers,
              agreed,
              withheld,
              converge,
              periods: { M, H },
              reaction: range.reaction ?? 1,
              steps: range.steps ?? NO_LIMIT,
              ...change,
            };
            settings.push(setting(describe(game), appGame(game)));
          }
  return settings;
}

const RANGES: Record<Size, Range> = {
  small: {
    takers: ['MHM', 'MMH', 'HMM'],
    periods: [
      [2, 4],
      [4, 2],
      [3, 3],
    ],
  },
  full: {
    takers: ['MHMH', 'HMHM', 'MMHM', 'MMHMH', 'MHMHM', 'MMMMH', 'HHMM', 'HMMMM'],
    periods: [
      [2, 2],
      [2, 4],
      [4, 2],
      [3, 3],
      [2, 5],
    ],
  },
};

const RESTARTS: Record<Size, Range> = {
  small: { takers: ['MHM', 'MMH'], periods: [[2, 3]] },
  full: {
    takers: ['MHMH', 'MMHM', 'HMHM'],
    periods: [
      [2, 4],
      [4, 2],
      [3, 3],
    ],
  },
};

const unsafe = (wrong: WrongAppRule, takers: readonly string[]): Claim => ({
  rules: wrong,
  safe: false,
  settings: () =>
    games(
      {
        takers,
        periods: [
          [2, 4],
          [4, 2],
          [3, 3],
        ],
      },
      { wrong },
    ),
});

export const appGameSuite: ModelSuite = {
  name: 'app-game',
  about:
    'one app on chain: no reply is undone, no move taken back, nobody moves in another’s time, what was agreed stands',
  claims: [
    { rules: 'as chosen', safe: true, settings: (size) => games(RANGES[size]) },
    {
      rules: 'as chosen, cancelled and brought back',
      safe: true,
      settings: (size) => games(RESTARTS[size], { restarts: true }),
    },
    {
      rules: 'as chosen, in an app that is held until some time',
      safe: true,
      settings: (size) => [2, 5, 8].flatMap((hold) => games(RESTARTS[size], { hold })),
    },
    unsafe('a turn lasts until the longer period is over', ['MMH']),
    unsafe('any double-signed state above the base displaces', ['MHMH']),
    unsafe('an equal state does not raise the base', ['MMHM']),
    unsafe('an equal state starts the turn anew', ['MHMM', 'HMM']),
    unsafe('a terminal move leaves the other side no time', ['MMMMMM']),
    {
      rules: 'H signs a Cancel without taking the tip for agreed',
      safe: false,
      settings: () => games(RESTARTS.full, { restarts: true, forgetsTip: true }),
    },
    {
      rules: 'the answer is sent in two transactions, the state first',
      safe: false,
      settings: () => games({ takers: ['MHMH'], periods: [[4, 2]] }, { twoTransactions: true }),
    },
  ],
};
