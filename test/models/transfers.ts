// SPDX-License-Identifier: MIT
/**
 * One transfer T between the payer's app and the payee's, as stateless handlers treat it: two attempts of one payee in channel B, a rival in
 * channel D, sweeps, unlocks and the chain watcher, each of which may stop after any step. An etag or seq that is compared is modelled as
 * freshness: what a handler read is fresh until the item is written again.
 */
import { setting, type Claim, type ModelSuite } from './claim.ts';
import { type Model, type Step } from './explore.ts';

export type WrongTransferRule =
  | 'a claim does not look for a paid record'
  | 'the same claim again does not write T'
  | 'a claim reads B after it wrote T'
  | 'a conflict on B retries the write of B alone'
  | 'the commit of B is not on its etag'
  | 'a superseding proposal releases T by itself'
  | 'a release does not touch B'
  | 'a release touches B whatever it read'
  | 'a release reads T after it touched B'
  | 'a release compares the owner of T only'
  | 'resolving writes T before B'
  | 'the paid record goes before T is resolved'
  | 'an unlock is taken after the payer’s deadline'
  | 'an unlock does not look whether its app is dead'
  | 'a released app is not marked dead'
  | 'a release does not look at the app on chain'
  | 'an app whose epoch is settled counts as absent'
  | 'a dead app is not swept again';

type AppState = 'none' | 'open' | 'dead' | 'gone' | 'goneDead' | 'paid' | 'trimmed' | 'closed';
type Payer = 'waits' | 'refunded' | 'charged';
type Pc = number;

interface Handler {
  readonly app: number;
  /** The step it takes next. */
  readonly pc: Pc;
  /** Its read of the channel item, and of T, is still the newest. */
  readonly fresh: 0 | 1;
  readonly freshT: 0 | 1;
}

interface World {
  readonly T: 'pending' | 'claimed' | 'resolved' | 'cancelled';
  readonly owner: number;
  readonly apps: readonly AppState[];
  /** The payee showed the preimage on chain. */
  readonly moved: readonly (0 | 1)[];
  /** Before T_b, before T_a, after both. */
  readonly phase: 0 | 1 | 2;
  /** The hub has followed the chain past T_b, to confirmation depth. */
  readonly followed: 0 | 1;
  readonly payer: Payer;
  readonly paid: readonly (0 | 1)[];
  readonly claim: Handler | 0;
  readonly sweep: Handler | 0;
  readonly unlock: Handler | 0;
  readonly watch: Handler | 0;
  readonly supersede: Handler | 0;
  /** A second handler of one kind, where there is one. */
  readonly second: Handler | 0;
}

type Kind = 'claim' | 'sweep' | 'unlock' | 'watch' | 'supersede';
const KINDS: readonly Kind[] = ['claim', 'sweep', 'unlock', 'watch', 'supersede'];
const SLOTS = [...KINDS, 'second'] as const;

interface Bounds {
  readonly wrong?: WrongTransferRule;
  /** Whether the payee tries twice in its own channel. */
  readonly again: boolean;
  readonly second?: Kind;
}

/** What the channel item still tells: an app that was closed, or whose paid record went, is no longer in it. */
const seen = (state: AppState): AppState => (state === 'trimmed' || state === 'closed' ? 'none' : state);

const at = <Value>(list: readonly Value[], index: number, value: Value): Value[] =>
  list.map((each, place) => (place === index ? value : each));
const DEAD: Partial<Record<AppState, AppState>> = { open: 'dead', gone: 'goneDead' };

export function transfers({ wrong, again, second }: Bounds): Model<World> {
  /** The payee's attempts are in channel B, the rival's in channel D. */
  const APPS = again ? ['B1', 'B2', 'D'] : ['B1', 'D'];
  const channelOf = (app: number): number => (APPS[app] === 'D' ? 1 : 0);
  const is = (rule: WrongTransferRule): boolean => wrong === rule;

  const touched = (world: World, stale: (handler: Handler) => Handler): World => {
    const changed: Partial<Record<(typeof SLOTS)[number], Handler | 0>> = {};
    for (const slot of SLOTS) {
      const handler = world[slot];
      if (handler !== 0) changed[slot] = stale(handler);
    }
    return { ...world, ...changed };
  };
  /** A write of a channel item makes every other read of it old. */
  const wroteChannel = (world: World, channel: number): World =>
    touched(world, (each) => (channelOf(each.app) === channel ? { ...each, fresh: 0 } : each));
  const setApp = (world: World, app: number, state: AppState): World =>
    wroteChannel({ ...world, apps: at(world.apps, app, state) }, channelOf(app));
  const setT = (world: World, T: World['T'], owner = -1): World =>
    touched({ ...world, T, owner }, (each) => ({ ...each, freshT: 0 }));
  const owns = (world: World, app: number): boolean => world.T === 'claimed' && world.owner === app;
  const pays = (world: World, app: number): World => ({ ...world, paid: at(world.paid, app, 1) });

  const environment = (world: World): Step<World>[] => {
    const steps: Step<World>[] = [];
    const { phase, apps, moved } = world;
    const quiet = world.claim === 0 && world.unlock === 0 && world.second === 0;
    if (phase === 0) steps.push({ says: 'T_b passes', to: { ...world, phase: 1 } });
    if (phase === 1 && quiet) steps.push({ says: 'T_a passes', to: { ...world, phase: 2 } });
    const written = moved.every(
      (move, app) => move === 0 || ['paid', 'trimmed', 'closed'].includes(apps[app]!),
    );
    if (phase > 0 && world.followed === 0 && (written || is('a release does not look at the app on chain')))
      steps.push({ says: 'the hub has followed the chain past T_b', to: { ...world, followed: 1 } });
    apps.forEach((state, app) => {
      const name = APPS[app];
      if (phase === 0 && (state === 'open' || state === 'gone') && moved[app] === 0)
        steps.push({
          says: `the payee unlocks ${name} on chain`,
          to: { ...world, moved: at(moved, app, 1) },
        });
      if (state === 'open' || state === 'dead')
        steps.push({
          says: `the epoch of ${name} is settled`,
          to: setApp(world, app, state === 'open' ? 'gone' : 'goneDead'),
        });
      if ((state === 'open' || state === 'dead') && moved[app] === 0)
        steps.push({ says: `${name} is closed unpaid`, to: setApp(world, app, 'closed') });
      const resolved = world.T === 'resolved' || is('the paid record goes before T is resolved');
      if (state === 'paid' && resolved)
        steps.push({ says: `the paid record of ${name} goes`, to: setApp(world, app, 'trimmed') });
    });
    if (world.T === 'pending') steps.push({ says: 'the payer cancels T', to: setT(world, 'cancelled') });
    if (world.payer === 'waits') {
      if (world.T === 'cancelled')
        steps.push({ says: 'the payer is refunded', to: { ...world, payer: 'refunded' } });
      if (world.T === 'resolved')
        steps.push({ says: 'the payer is charged', to: { ...world, payer: 'charged' } });
      if (phase === 2) {
        const known = moved.includes(1) || apps.some((state) => state === 'paid' || state === 'trimmed');
        const payer = known ? 'charged' : 'refunded';
        steps.push({ says: `the payer leaves on chain and is ${payer}`, to: { ...world, payer } });
      }
    }
    return steps;
  };

  const starting = (kind: Kind, world: World): Step<World>[] => {
    const begin = (app: number, says: string, pc = 0): Step<World> => ({
      says,
      to: { ...world, [kind]: { app, pc, fresh: 1, freshT: 1 } },
    });
    const steps: Step<World>[] = [];
    if (kind === 'sweep') {
      if (world.T === 'claimed')
        steps.push(begin(world.owner, `a sweep reads T, claimed for ${APPS[world.owner]}`));
      return steps;
    }
    APPS.forEach((name, app) => {
      const state = world.apps[app]!;
      if (kind === 'claim' && world.phase < 2) steps.push(begin(app, `a claim of ${name} comes`));
      if (kind === 'unlock' && unlockable(world, state))
        steps.push(begin(app, `an unlock of ${name} reads its channel`));
      if (kind === 'watch' && world.moved[app] === 1 && ['open', 'gone', 'dead', 'goneDead'].includes(state))
        steps.push(begin(app, `the watcher sees the move in ${name}`));
      if (
        kind === 'supersede' &&
        is('a superseding proposal releases T by itself') &&
        state === 'none' &&
        owns(world, app)
      )
        steps.push(begin(app, `a proposal that supersedes ${name} comes`));
    });
    return steps;
  };

  const unlockable = (world: World, state: AppState): boolean => {
    // Its handler's clock may be late, so that T_b alone stops nobody.
    const until = is('an unlock is taken after the payer’s deadline') ? 2 : 1;
    if (world.phase > until) return false;
    return state === 'open' || (state === 'dead' && is('an unlock does not look whether its app is dead'));
  };

  const claim = (world: World, { app, pc, fresh }: Handler): Step<World> => {
    const name = APPS[app];
    const done = (to: World, says: string): Step<World> => ({ says, to: { ...to, claim: 0 } });
    const reads = is('a claim reads B after it wrote T') ? 1 : 0;
    const goes = (to: World, says: string, read: 0 | 1 = fresh): Step<World> => ({
      says,
      to: { ...to, claim: { app, pc: pc + 1, fresh: read, freshT: 0 } },
    });
    if (pc === 2) {
      if (fresh === 1 || is('the commit of B is not on its etag'))
        return done(setApp(world, app, 'open'), `the claim of ${name} commits its channel`);
      if (is('a conflict on B retries the write of B alone') && seen(world.apps[app]!) === 'none')
        return {
          says: `the claim of ${name} meets a conflict, reads its channel again`,
          to: { ...world, claim: { app, pc, fresh: 1, freshT: 0 } },
        };
      return done(world, `the claim of ${name} meets a conflict`);
    }
    if (pc === reads) {
      const siblings = world.apps.filter((_, other) => channelOf(other) === channelOf(app));
      const paid = siblings.includes('paid');
      const blind = is('a claim does not look for a paid record');
      const here = seen(world.apps[app]!);
      if (!(here === 'none' || (here === 'paid' && blind)) || (paid && !blind))
        return done(world, `the claim of ${name} is refused by its channel`);
      return goes(world, `the claim of ${name} reads its channel`, 1);
    }
    if (owns(world, app) && is('the same claim again does not write T'))
      return goes(world, `the claim of ${name} finds T claimed for it`);
    if (world.T === 'pending' || owns(world, app))
      return goes(setT(world, 'claimed', app), `the claim of ${name} writes T`);
    return done(world, `the claim of ${name} is refused by T`);
  };

  const sweep = (world: World, handler: Handler): Step<World> => {
    const { app, pc, fresh, freshT } = handler;
    const name = APPS[app];
    const done = (to: World, says: string): Step<World> => ({ says, to: { ...to, sweep: 0 } });
    const goes = (to: World, next: number, says: string, read: Partial<Handler> = {}): Step<World> => {
      const now = to.sweep === 0 ? handler : to.sweep;
      return { says, to: { ...to, sweep: { ...now, pc: next, ...read } } };
    };
    const RELEASE = 2;
    const FINISH = 3;
    const READ_T = 4;
    if (pc === 0) {
      const state = seen(world.apps[app]!);
      if (state === 'paid') return goes(world, FINISH, `the sweep finds ${name} paid`, { fresh: 1 });
      const present = ['open', 'dead', 'gone', 'goneDead'].includes(state);
      const settled = state === 'gone' || state === 'goneDead';
      const absent = !present || (settled && is('an app whose epoch is settled counts as absent'));
      const again = !state.toLowerCase().includes('dead') || !is('a dead app is not swept again');
      const over = world.phase > 0 && world.followed === 1 && again;
      const unmoved = world.moved[app] === 0 || is('a release does not look at the app on chain');
      if (!absent && !(over && unmoved)) return done(world, `the sweep leaves ${name} alone`);
      const next = is('a release does not touch B') ? RELEASE : 1;
      return goes(world, next, `the sweep reads the channel of ${name}: ${absent ? 'absent' : state}`, {
        fresh: 1,
      });
    }
    if (pc === 1) {
      if (fresh === 0 && !is('a release touches B whatever it read'))
        return done(world, 'the sweep meets a conflict');
      const state = world.apps[app]!;
      const marked = is('a released app is not marked dead') ? state : (DEAD[state] ?? state);
      const to = setApp(world, app, marked);
      const later = is('a release reads T after it touched B');
      return goes(to, later ? READ_T : RELEASE, `the sweep touches the channel of ${name}`);
    }
    if (pc === READ_T) {
      if (!owns(world, app)) return done(world, 'the sweep finds T claimed by another');
      return goes(world, RELEASE, 'the sweep reads T again', { freshT: 1 });
    }
    if (pc === RELEASE) {
      const may = is('a release compares the owner of T only') ? owns(world, app) : freshT === 1;
      return may
        ? done(setT(world, 'pending'), 'the sweep releases T')
        : done(world, 'the sweep finds T written since');
    }
    return done(owns(world, app) ? setT(world, 'resolved', app) : world, 'the sweep resolves T');
  };

  const unlock = (world: World, { app, pc, fresh }: Handler): Step<World> => {
    const name = APPS[app];
    const first = is('resolving writes T before B');
    const done = (to: World, says: string): Step<World> => ({ says, to: { ...to, unlock: 0 } });
    const resolve = (): World => (owns(world, app) ? setT(world, 'resolved', app) : world);
    const commit = (): World => (fresh === 1 ? pays(setApp(world, app, 'paid'), app) : world);
    if (pc === 0) {
      if (!first && fresh === 0) return done(world, `the unlock of ${name} meets a conflict`);
      const to = first ? resolve() : commit();
      return {
        says: first
          ? `the unlock of ${name} writes T`
          : `the unlock of ${name} is committed: the payee has the money`,
        to: { ...to, unlock: { app, pc: 1, fresh, freshT: 0 } },
      };
    }
    return done(
      first ? commit() : resolve(),
      first ? `the unlock of ${name} commits its channel` : `T is resolved by ${name}`,
    );
  };

  const watch = (world: World, { app, fresh }: Handler): Step<World> => {
    const open = ['open', 'gone'].includes(world.apps[app]!) || is('a released app is not marked dead');
    const to = fresh === 1 && open ? pays(setApp(world, app, 'paid'), app) : world;
    return { says: `the watcher writes down what happened to ${APPS[app]}`, to: { ...to, watch: 0 } };
  };

  const supersede = (world: World, handler: Handler): Step<World> => {
    if (handler.pc === 0 && handler.fresh === 1)
      return {
        says: 'the superseding proposal is committed',
        to: { ...wroteChannel(world, channelOf(handler.app)), supersede: { ...handler, pc: 1, fresh: 0 } },
      };
    const releases = handler.pc === 1 && owns(world, handler.app);
    return {
      says: releases ? 'it releases T' : 'the superseding proposal ends',
      to: { ...(releases ? setT(world, 'pending') : world), supersede: 0 },
    };
  };

  const NEXT = { claim, sweep, unlock, watch, supersede };

  const handled = (world: World, kind: Kind): Step<World>[] => {
    const handler = world[kind];
    if (handler === 0) return starting(kind, world);
    const step = NEXT[kind](world, handler);
    return [step, { says: `the ${kind} of ${APPS[handler.app]} stops here`, to: { ...world, [kind]: 0 } }];
  };

  /** The second handler of a kind does what the first does, in the other's place. */
  const handlers = (world: World): Step<World>[] => {
    const steps = KINDS.flatMap((kind) => handled(world, kind));
    if (second === undefined) return steps;
    const swap = (given: World): World => ({ ...given, [second]: given.second, second: given[second] });
    const others = handled(swap(world), second).map(({ says, to }) => ({
      says: `(second) ${says}`,
      to: swap(to),
    }));
    return [...steps, ...others];
  };

  /** Invariant 12: with sweeps and the watcher alone T leaves `claimed`, once T_b is past. */
  const stuck = (world: World): boolean => {
    const visited = new Set<string>();
    const queue = [world];
    for (const state of queue) {
      if (state.T !== 'claimed') return false;
      const next = (['sweep', 'watch'] as const).flatMap((kind) =>
        state[kind] === 0 ? starting(kind, state) : [NEXT[kind](state, state[kind])],
      );
      next.push(...environment(state).filter(({ says }) => says.startsWith('the hub has followed')));
      for (const { to } of next) {
        const key = JSON.stringify(to);
        if (!visited.has(key)) {
          visited.add(key);
          queue.push(to);
        }
      }
    }
    return true;
  };

  return {
    start: {
      T: 'pending',
      owner: -1,
      apps: APPS.map(() => 'none'),
      moved: APPS.map(() => 0),
      phase: 0,
      followed: 0,
      payer: 'waits',
      paid: APPS.map(() => 0),
      claim: 0,
      sweep: 0,
      unlock: 0,
      watch: 0,
      supersede: 0,
      second: 0,
    },
    steps: (world) => [...environment(world), ...handlers(world)],
    wrong(world) {
      const got = APPS.filter((_, app) => world.paid[app] === 1 || world.moved[app] === 1).length;
      if (got > 1) return 'the transfer is paid twice';
      if (got === 1 && world.payer === 'refunded')
        return 'it is paid, and the payer refunded: the hub has lost it';
      if (got === 0 && world.payer === 'charged') return 'the payer is charged, and nobody paid';
      const idle = SLOTS.every((slot) => world[slot] === 0);
      if (idle && world.phase === 1 && world.T === 'claimed' && stuck(world))
        return 'T stays claimed for good';
      return undefined;
    },
  };
}

const unsafe = (wrong: WrongTransferRule): Claim => ({
  rules: wrong,
  safe: false,
  settings: () => [setting('one handler of each kind', transfers({ wrong, again: true }))],
});

export const transfersSuite: ModelSuite = {
  name: 'transfers',
  about:
    'claims, unlocks and releases of a transfer: never paid twice, never paid without being charged, never stuck (invariants 6 and 12)',
  claims: [
    {
      rules: 'as chosen',
      safe: true,
      settings: (size) => [
        setting('one attempt in each channel', transfers({ again: false })),
        ...(size === 'small'
          ? []
          : [
              setting('two attempts in one channel', transfers({ again: true })),
              setting('two claims at once', transfers({ again: false, second: 'claim' })),
              setting('two sweeps at once', transfers({ again: false, second: 'sweep' })),
              setting('two unlocks at once', transfers({ again: false, second: 'unlock' })),
            ]),
      ],
    },
    unsafe('a claim does not look for a paid record'),
    unsafe('the same claim again does not write T'),
    unsafe('a claim reads B after it wrote T'),
    unsafe('a conflict on B retries the write of B alone'),
    unsafe('the commit of B is not on its etag'),
    unsafe('a superseding proposal releases T by itself'),
    unsafe('a release does not touch B'),
    unsafe('a release touches B whatever it read'),
    unsafe('a release reads T after it touched B'),
    unsafe('a release compares the owner of T only'),
    unsafe('resolving writes T before B'),
    unsafe('the paid record goes before T is resolved'),
    unsafe('an unlock is taken after the payer’s deadline'),
    unsafe('an unlock does not look whether its app is dead'),
    unsafe('a released app is not marked dead'),
    unsafe('a release does not look at the app on chain'),
    unsafe('an app whose epoch is settled counts as absent'),
    unsafe('a dead app is not swept again'),
  ],
};
