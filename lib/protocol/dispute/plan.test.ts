// SPDX-License-Identifier: MIT
import { encodeTransferState, encodeUnlock } from '../apps/transfer-app.ts';
import { appProof } from '../apps-root.ts';
import { toHash } from '../bytes.ts';
import { ledgerDigest, stateHash } from '../digests.ts';
import {
  partsOf,
  prepareMove,
  startsChallenge,
  UNDISPUTED,
  type AppOnChain,
  type AppPath,
  type DisputeAims,
  type DisputePlan,
  type DisputeView,
  type Holding,
  type KnownState,
  type PathPoint,
  type LedgerOnChain,
} from '../dispute.ts';
import { extendPath, MAX_STEPS } from './path.ts';
import { planDispute } from './plan.ts';
import { lockHashOf } from '../secrets.ts';
import {
  advanced,
  after,
  agreed,
  CHANNEL,
  counter,
  counterState,
  deposit,
  EMPTY,
  HUB,
  hashOf,
  PREIMAGE,
  signatureOf,
  TOKEN,
  transfer,
  USER,
} from '../testing/two-parties.ts';
import { ETHER, ZERO_HASH, type AppInstance, type Bytes, type ChannelState, type Hash } from '../types.ts';

const NOW = 1_700_000_000;
const ENDS = NOW + 3_600;

const funded = agreed(after(EMPTY, [deposit(100n, 100n), deposit(50n, 50n, TOKEN)]));
const paying = agreed(after(funded, [transfer(30n), transfer(5n, { payer: HUB, nonce: 2 })]));
const playing = agreed(after(paying, [counter([10n, 10n], [0n, 5n])]));
const [sent, received] = paying.apps as [AppInstance, AppInstance];
const game = playing.apps[2] as AppInstance;

const digestOf = (state: ChannelState): Hash => toHash(ledgerDigest(CHANNEL.domain, state.ledger));

/** The same ledger as only the user signed it. */
const uncertain = (state: ChannelState): KnownState => ({ ...state, signatures: null });

/** The payee's move: the preimage, signed by whoever is paid. */
function unlocking(instance: AppInstance, amount: bigint) {
  const state = encodeTransferState({ amount, lockHash: lockHashOf(PREIMAGE), preimage: PREIMAGE });
  const party = instance.app.participants[1] === USER ? 0 : 1;
  const move = {
    appId: instance.id,
    on: instance.state,
    version: 0n,
    action: encodeUnlock(PREIMAGE),
    state,
  };
  return prepareMove(CHANNEL.domain, move, (digest) => signatureOf(party, digest));
}

const holding = (of: Partial<Holding> = {}): Holding => ({
  channel: CHANNEL,
  epoch: 0n,
  self: USER,
  states: [playing],
  moves: new Map(),
  assets: [ETHER, TOKEN, HUB],
  ...of,
});

const ledgerAt = (state: ChannelState | null, of: Partial<LedgerOnChain> = {}): LedgerOnChain => ({
  epoch: 0n,
  floorVersion: state?.ledger.version ?? 0n,
  finalizesAt: state === null ? 0 : ENDS,
  challengeId: state === null ? 0n : 1n,
  digest: state === null ? ZERO_HASH : digestOf(state),
  ...of,
});

const view = (ledger: LedgerOnChain, of: Partial<DisputeView> = {}): DisputeView => ({
  chainTime: NOW,
  now: NOW,
  ledger,
  finalAppsRoot: ledger.epoch > 0n ? playing.ledger.appsRoot : null,
  apps: new Map(),
  paths: new Map(),
  outcomes: new Map(),
  ...of,
});

const disputed = (instance: AppInstance, of: Partial<AppOnChain> = {}): AppOnChain => ({
  ...UNDISPUTED,
  baseEndsAt: ENDS,
  turnEndsAt: ENDS,
  finalizesAt: ENDS,
  challengeId: 1n,
  path: extendPath(ZERO_HASH, stateHash(instance.state)),
  ...of,
});

/** A path of states from a version on, and the app that stands at its end. */
function walked(from: bigint, states: readonly Bytes[], of: Partial<AppOnChain> = {}) {
  let before: Hash = ZERO_HASH;
  const path = states.map((state, index): PathPoint => {
    const point = { version: from + BigInt(index), stateHash: stateHash(state), before, state };
    before = extendPath(before, point.stateHash);
    return point;
  });
  const version = from + BigInt(states.length - 1);
  const app: AppOnChain = {
    ...disputed(game, { version, steps: version - from, path: before, challengeId: version + 1n }),
    ...of,
  };
  return { path, app };
}

const STAY: DisputeAims = { leave: false, settleAfter: 600 };
const LEAVE: DisputeAims = { leave: true, settleAfter: 0 };
const TOWER: DisputeAims = { leave: false, settleAfter: null };

const parts = (plan: DisputePlan) => plan.steps.flatMap(partsOf);
const kinds = (plan: DisputePlan) => parts(plan).map((step) => step.kind);
/** What is done where the chain refuses the whole. */
const alone = (plan: DisputePlan) =>
  plan.steps.flatMap((step) => (step.kind === 'bundle' ? step.otherwise : [step])).map(({ kind }) => kind);

const settled = ledgerAt(null, { epoch: 1n });

describe('a ledger', () => {
  test('nothing is done while nobody challenges and nobody leaves', () => {
    expect(planDispute(holding(), view(ledgerAt(null)), STAY)).toEqual({
      steps: [],
      lookAgainAt: null,
      isOver: false,
      isUnknown: false,
    });
  });

  test.each([
    ['a stale one', ledgerAt(funded)],
    ['version 0', ledgerAt(EMPTY)],
  ])('%s is answered by the newest that both signed (invariant 10)', (_name, challenged) => {
    const plan = planDispute(holding({ states: [funded, paying, playing] }), view(challenged), STAY);
    expect(plan.steps).toMatchObject([
      { kind: 'answer', ledger: playing.ledger, signatures: playing.signatures },
    ]);
    expect(plan.lookAgainAt).toBe(ENDS);
  });

  test('a watchtower answers too', () => {
    expect(kinds(planDispute(holding({ self: null }), view(ledgerAt(funded)), TOWER))).toEqual(['answer']);
  });

  test('who leaves puts the newer one in the place of the stale one, and goes on leaving', () => {
    const plan = planDispute(holding(), view(ledgerAt(funded)), LEAVE);
    expect(kinds(plan)).toEqual(['open-app', 'open-app']);
    expect(alone(plan)).toEqual(['challenge', 'open-app', 'open-app']);
  });

  test('leaving is one transaction: an app that is opened brings the ledger; no app can hold up the challenge', () => {
    const plan = planDispute(holding(), view(ledgerAt(null)), LEAVE);
    const { ledger, signatures } = playing;
    expect(plan.steps).toMatchObject([
      {
        kind: 'bundle',
        parts: [
          { kind: 'open-app', app: sent.app, ledger, signatures, state: sent.state, moves: [] },
          { kind: 'open-app', app: game.app, ledger, signatures, state: game.state, moves: [] },
        ],
        otherwise: [{ kind: 'challenge', ledger, signatures }, { kind: 'open-app' }, { kind: 'open-app' }],
      },
    ]);
    expect(plan.steps.some(startsChallenge)).toBe(true);
  });

  test('many apps are opened in several transactions, each of which brings the ledger', () => {
    const many = agreed(
      after(
        funded,
        Array.from({ length: 20 }, (_, index) => transfer(1n, { nonce: 100 + index })),
      ),
    );
    const plan = planDispute(holding({ states: [many] }), view(ledgerAt(null)), LEAVE);
    expect(plan.steps.map((step) => partsOf(step).length)).toEqual([8, 8, 4]);
    expect(new Set(plan.steps.map(({ name }) => name)).size).toBe(3);
    expect(plan.steps.filter(startsChallenge)).toHaveLength(1);
  });

  test('settling is one transaction with what becomes payable; an app that is not yet does not hold it up', () => {
    const apps = new Map([[sent.id, disputed(sent)]]);
    const plan = planDispute(holding(), view(ledgerAt(playing), { apps, chainTime: ENDS, now: ENDS }), LEAVE);
    const payout = plan.steps.at(-1);
    expect(payout).toMatchObject({
      kind: 'bundle',
      parts: [
        { kind: 'settle' },
        { kind: 'settle-app', app: sent.app, previous: ZERO_HASH, data: sent.state },
      ],
      otherwise: [{ kind: 'settle' }],
    });
  });

  test('an app that is disputed beside a stale ledger is answered at the same time', () => {
    const moved = advanced(game, counterState(1, 1));
    const states = [{ ...playing, apps: [sent, received, moved] }];
    const apps = new Map([[game.id, disputed(game)]]);
    expect(kinds(planDispute(holding({ states }), view(ledgerAt(funded), { apps }), STAY))).toEqual([
      'answer',
      'set-app-state',
    ]);
  });

  test('it is too late to answer one that is final; it is settled', () => {
    const plan = planDispute(
      holding({ states: [funded, playing] }),
      view(ledgerAt(funded), { chainTime: ENDS, now: ENDS }),
      LEAVE,
    );
    expect(plan.steps).toMatchObject([{ kind: 'settle', ledger: funded.ledger }]);
  });

  test('leaving starts with the newest both signed, not with what only this side signed', () => {
    const mine = uncertain(after(playing, [deposit(120n, 100n)]));
    const plan = planDispute(holding({ states: [playing, mine] }), view(ledgerAt(null)), LEAVE);
    expect(alone(plan)[0]).toBe('challenge');
    expect(parts(plan)).toMatchObject([{ ledger: playing.ledger }, { ledger: playing.ledger }]);
  });

  test('before the first signature one leaves from version 0 (invariant 14)', () => {
    const plan = planDispute(holding({ states: [] }), view(ledgerAt(null)), LEAVE);
    expect(plan.steps).toMatchObject([{ kind: 'challenge', ledger: EMPTY.ledger, signatures: null }]);
  });

  test('one that only this side had signed is settled when the other side brought it', () => {
    const mine = uncertain(after(playing, [deposit(120n, 100n)]));
    const plan = planDispute(
      holding({ states: [playing, mine] }),
      view(ledgerAt(mine), { chainTime: ENDS, now: ENDS }),
      LEAVE,
    );
    expect(plan.steps.at(-1)).toMatchObject({ kind: 'settle', ledger: mine.ledger });
  });

  test('W-B3 one that only this side had signed is left from where the other side made it the floor', () => {
    // The other side challenged and answered itself with it: nothing runs, and what both are known to have signed is below.
    const mine = uncertain(after(playing, [deposit(120n, 100n)]));
    const floor = view(ledgerAt(mine, { finalizesAt: 0 }));
    const moves = new Map([[received.id, unlocking(received, 5n)]]);
    const plan = planDispute(holding({ states: [playing, mine], moves }), floor, LEAVE);
    expect(plan.isUnknown).toBe(false);
    expect(alone(plan)[0]).toBe('challenge');
    const opened = { kind: 'open-app', ledger: mine.ledger, signatures: null };
    expect(parts(plan)).toMatchObject([sent, received, game].map(({ app }) => ({ ...opened, app })));
  });

  test('who lost its state cannot leave below the floor, and is told', () => {
    const plan = planDispute(
      holding({ states: [funded] }),
      view(ledgerAt(playing, { finalizesAt: 0 })),
      LEAVE,
    );
    expect(plan).toMatchObject({ steps: [], isUnknown: true });
  });

  test('a newer one than any known is left to whoever knows it', () => {
    const plan = planDispute(holding({ states: [funded] }), view(ledgerAt(playing)), STAY);
    expect(plan).toMatchObject({ steps: [], isUnknown: true, lookAgainAt: ENDS });
  });

  test('whoever did not leave lets the other pay for the settlement first', () => {
    const at = (seconds: number) =>
      planDispute(
        holding({ self: HUB }),
        view(ledgerAt(playing), { chainTime: seconds, now: seconds }),
        STAY,
      );
    expect(at(ENDS + 599)).toMatchObject({ steps: [], lookAgainAt: ENDS + 600 });
    expect(at(ENDS + 600).steps).toMatchObject([{ kind: 'settle', ledger: playing.ledger, others: [HUB] }]);
  });

  test('a chain without a new block still lets time pass', () => {
    expect(kinds(planDispute(holding(), view(ledgerAt(playing), { now: ENDS }), LEAVE))).toContain('settle');
  });

  test('a chain behind the holding is waited for', () => {
    const plan = planDispute(holding({ epoch: 1n, states: [] }), view(ledgerAt(null)), LEAVE);
    expect(plan.steps).toEqual([]);
  });

  test('the same step in the same situation has the same name, in another it has another', () => {
    const name = (ledger: LedgerOnChain) => planDispute(holding(), view(ledger), STAY).steps[0]?.name;
    expect(name(ledgerAt(funded))).toBe(name(ledgerAt(funded)));
    expect(name(ledgerAt(funded))).not.toBe(name(ledgerAt(funded, { challengeId: 2n })));
  });
});

describe('an app nobody disputes', () => {
  test('the payee opens it with its preimage as soon as its ledger is on chain, though it does not leave', () => {
    const moves = new Map([[sent.id, unlocking(sent, 30n)]]);
    const plan = planDispute(holding({ self: HUB, moves }), view(ledgerAt(playing)), STAY);
    expect(plan.steps).toMatchObject([
      { kind: 'open-app', app: sent.app, ledger: playing.ledger, moves: [{ action: PREIMAGE }] },
    ]);
    const ids = playing.apps.map((instance) => instance.id);
    expect(plan.steps[0]).toMatchObject({ proof: appProof(ids, sent.id) });
  });

  test('without a ledger on chain it cannot be opened', () => {
    const moves = new Map([[sent.id, unlocking(sent, 30n)]]);
    expect(kinds(planDispute(holding({ self: HUB, moves }), view(ledgerAt(null)), STAY))).toEqual([]);
  });

  test('who leaves opens those it has a part in, and leaves alone those it could only lose', () => {
    const plan = planDispute(holding(), view(ledgerAt(playing)), LEAVE);
    expect(parts(plan)).toMatchObject([
      { kind: 'open-app', app: sent.app, moves: [] },
      { kind: 'open-app', app: game.app, moves: [] },
    ]);
  });

  test('nobody opens an app for a refund while the payee has time left', () => {
    const app = { ...received.app, actionDeadline: ENDS };
    const late: AppInstance = { ...received, app };
    const states = [{ ...playing, apps: [sent, late, game] }];
    const at = (seconds: number) =>
      planDispute(holding({ self: HUB, states }), view(settled, { chainTime: seconds, now: seconds }), STAY);
    expect(at(ENDS)).toMatchObject({ lookAgainAt: ENDS + 1 });
    expect(parts(at(ENDS)).map((step) => 'app' in step && step.app)).not.toContain(app);
    expect(parts(at(ENDS + 1)).map((step) => 'app' in step && step.app)).toContain(app);
  });

  test('after the deadline no move is tried', () => {
    const late: AppInstance = { ...received, app: { ...received.app, actionDeadline: NOW - 1 } };
    const moves = new Map([[late.id, unlocking(late, 5n)]]);
    const states = [{ ...playing, apps: [late] }];
    const plan = planDispute(holding({ states, moves }), view(ledgerAt(playing)), LEAVE);
    expect(plan.steps).toEqual([]);
  });

  test('a state both signed needs no ledger to be shown, and carries the move made on it', () => {
    const moved = advanced(game, counterState(1, 1));
    const move = { appId: game.id, on: moved.state, version: 1n, action: '0x01', state: counterState(0, 0) };
    const prepared = prepareMove(CHANNEL.domain, move as never, (digest) => signatureOf(1, digest));
    const states = [{ ...playing, apps: [sent, received, moved] }];
    const plan = planDispute(
      holding({ self: HUB, states, moves: new Map([[game.id, prepared]]) }),
      view(ledgerAt(playing)),
      STAY,
    );
    expect(plan.steps).toMatchObject([
      { kind: 'set-app-state', version: 1n, state: moved.state, moves: [{ action: '0x01' }] },
    ]);
  });
});

describe('a disputed app', () => {
  const moved = advanced(game, counterState(1, 1));
  const later = [playing, { ...playing, apps: [sent, received, moved] }];

  test.each<[string, Partial<Holding>, DisputeAims]>([
    ['a party', {}, STAY],
    ['a watchtower', { self: null }, TOWER],
  ])('%s answers an old state with the newest both signed', (_name, of, aims) => {
    const apps = new Map([[game.id, disputed(game)]]);
    const plan = planDispute(holding({ states: later, ...of }), view(ledgerAt(null), { apps }), aims);
    expect(plan.steps).toMatchObject([{ kind: 'set-app-state', version: 1n, state: moved.state }]);
    expect(plan.lookAgainAt).toBe(ENDS);
  });

  test('the signatures on it go to the registry by position, whoever sits in the first seat', () => {
    const lock = received.state;
    for (const [instance, order] of [
      [sent, [0, 1]],
      [received, [1, 0]],
    ] as const) {
      const { signatures } = advanced(instance, lock);
      const states = [{ ...playing, apps: [advanced(instance, lock)] }];
      const apps = new Map([[instance.id, disputed(instance)]]);
      const plan = planDispute(holding({ states, self: null }), view(ledgerAt(null), { apps }), TOWER);
      expect(plan.steps).toMatchObject([{ signatures: [signatures[order[0]], signatures[order[1]]] }]);
    }
  });

  test('W-half a newer state that the other side has not signed hides neither the agreed one nor the app', () => {
    const third = advanced(game, counterState(5, 1), 3n);
    const pending = {
      ...advanced(third, counterState(4, 0)),
      signatures: [third.signatures[0], null] as const,
    };
    const states = [
      { ...playing, apps: [sent, received, third] },
      uncertain({ ...playing, apps: [sent, received, pending] }),
    ];
    const stale = view(ledgerAt(playing), { apps: new Map([[game.id, disputed(game)]]) });
    expect(planDispute(holding({ states }), stale, STAY).steps).toMatchObject([
      { kind: 'set-app-state', version: 3n, state: third.state, signatures: third.signatures },
    ]);
    const undisputed = planDispute(holding({ states }), view(ledgerAt(playing)), LEAVE);
    expect(parts(undisputed)).toContainEqual(expect.objectContaining({ kind: 'set-app-state', version: 3n }));
    // Brought by the other side, it is where the chain stands.
    const brought = disputed(pending, { version: 4n });
    const over = { chainTime: ENDS, now: ENDS, apps: new Map([[game.id, brought]]) };
    const paid = planDispute(holding({ states }), view(settled, over), STAY);
    expect(parts(paid)).toContainEqual(expect.objectContaining({ kind: 'settle-app', data: pending.state }));
  });

  test('moves on an old state do not save it', () => {
    const other = counterState(1, 0);
    const { path, app } = walked(0n, [game.state, other, counterState(0, 1)]);
    const seen = { apps: new Map([[game.id, app]]), paths: new Map([[game.id, path]]) };
    const plan = planDispute(holding({ states: later }), view(ledgerAt(null), seen), STAY);
    expect(plan.steps).toMatchObject([
      {
        kind: 'set-app-state',
        version: 1n,
        path: { before: path[1]!.before, hashes: [stateHash(other), stateHash(counterState(0, 1))] },
      },
    ]);
    // Nothing can be proven from a node that does not tell how it came there.
    expect(
      kinds(
        planDispute(holding({ states: later }), view(ledgerAt(null), { ...seen, paths: new Map() }), STAY),
      ),
    ).toEqual([]);
  });

  test('the payee answers a refund with its preimage', () => {
    const apps = new Map([[sent.id, disputed(sent)]]);
    const moves = new Map([[sent.id, unlocking(sent, 30n)]]);
    const plan = planDispute(holding({ self: HUB, moves }), view(settled, { apps }), STAY);
    expect(plan.steps).toContainEqual(
      expect.objectContaining({ kind: 'progress-app', state: sent.state, moves: moves.get(sent.id)?.moves }),
    );
  });

  test('a move is made on the state it was prepared for, which others may have led to', () => {
    const theirs = counterState(1, 1);
    const move = { appId: game.id, on: theirs, version: 1n, action: '0x01', state: counterState(0, 0) };
    const prepared = prepareMove(CHANNEL.domain, move as never, (digest) => signatureOf(1, digest));
    const moves = new Map([[game.id, prepared]]);
    const { path, app } = walked(0n, [game.state, theirs]);
    const apps = new Map([[game.id, app]]);
    const plan = (paths: ReadonlyMap<Hash, AppPath>) =>
      planDispute(holding({ self: HUB, moves }), view(ledgerAt(null), { apps, paths }), STAY);
    expect(plan(new Map([[game.id, path]])).steps).toMatchObject([
      { kind: 'progress-app', version: 1n, previous: path[1]!.before, state: theirs },
    ]);
    expect(plan(new Map()).steps).toEqual([]);
  });

  test('it is not moved once it is final, and pays only when its ledger does', () => {
    const apps = new Map([[sent.id, disputed(sent)]]);
    const moves = new Map([[sent.id, unlocking(sent, 30n)]]);
    const final = { apps, chainTime: ENDS, now: ENDS };
    expect(kinds(planDispute(holding({ self: HUB, moves }), view(ledgerAt(null), final), STAY))).toEqual([]);
    expect(planDispute(holding({ self: HUB, moves }), view(settled, final), STAY).steps).toContainEqual(
      expect.objectContaining({ kind: 'settle-app', app: sent.app, data: sent.state }),
    );
  });

  test('an outcome that was set is what is settled', () => {
    const outcome = `0x${'07'.repeat(32)}` as Bytes;
    const apps = new Map([[sent.id, disputed(sent, { stage: 'outcome-set', path: stateHash(outcome) })]]);
    const outcomes = new Map([[sent.id, outcome]]);
    const plan = planDispute(
      holding({ states: [playing] }),
      view(settled, { apps, outcomes, chainTime: ENDS, now: ENDS }),
      LEAVE,
    );
    expect(plan.steps).toContainEqual(expect.objectContaining({ kind: 'settle-app', data: outcome }));
  });

  test('a final state that nobody here knows is said to be unknown', () => {
    const apps = new Map([[sent.id, disputed(sent, { path: hashOf(9) })]]);
    const plan = planDispute(holding(), view(settled, { apps, chainTime: ENDS, now: ENDS }), LEAVE);
    expect(plan.isUnknown).toBe(true);
  });
});

describe('W-A6 a move cannot be taken back by who made it', () => {
  // Both signed version 1, where it is the hub's turn; the hub has a reply to what comes of it.
  const agreedOn = counterState(3, 1);
  const base = advanced({ ...game, state: counterState(4, 0) }, agreedOn);
  const states = [{ ...playing, apps: [sent, received, base] }];
  const reply = (on: Bytes, version: bigint) =>
    prepareMove(
      CHANNEL.domain,
      { appId: game.id, on, version, action: '0x03', state: counterState(2, 0) },
      (digest) => signatureOf(1, digest),
    );
  const hub = (on: Bytes, version: bigint, of: ReturnType<typeof walked>, at: Partial<DisputeView> = {}) =>
    planDispute(
      holding({ self: HUB, states, moves: new Map([[game.id, reply(on, version)]]) }),
      view(ledgerAt(null), {
        apps: new Map([[game.id, of.app]]),
        paths: new Map([[game.id, of.path]]),
        ...at,
      }),
      STAY,
    );

  test('the newest agreed state above the tip is shown with the reply, in one call', () => {
    const plan = hub(agreedOn, 1n, walked(0n, [counterState(4, 0)]));
    expect(plan.steps).toMatchObject([
      { kind: 'set-app-state', version: 1n, path: { hashes: [] }, moves: [{ action: '0x03' }] },
    ]);
  });

  test('at the tip it becomes the base with the reply, in one call', () => {
    const at = walked(0n, [counterState(4, 0), agreedOn]);
    expect(hub(agreedOn, 1n, at).steps).toMatchObject([
      {
        kind: 'set-app-state',
        version: 1n,
        path: { before: at.path[1]!.before, hashes: [stateHash(agreedOn)] },
        moves: [{ action: '0x03' }],
      },
    ]);
  });

  test('below the tip it becomes the base in the transaction that replies', () => {
    const further = counterState(3, 0);
    const at = walked(0n, [counterState(4, 0), agreedOn, further]);
    expect(hub(further, 2n, at).steps).toMatchObject([
      {
        kind: 'bundle',
        parts: [
          {
            kind: 'set-app-state',
            version: 1n,
            path: { hashes: [stateHash(agreedOn), stateHash(further)] },
            moves: [],
          },
          { kind: 'progress-app', version: 2n, previous: at.path[2]!.before, state: further },
        ],
      },
    ]);
  });

  test('without a reply there is nothing to protect', () => {
    const at = walked(0n, [counterState(4, 0), agreedOn]);
    expect(hub(counterState(9, 0), 1n, at).steps).toEqual([]);
  });

  test('at the base it is enough to reply', () => {
    const at = walked(1n, [agreedOn]);
    expect(hub(agreedOn, 1n, at).steps).toMatchObject([
      { kind: 'progress-app', version: 1n, previous: ZERO_HASH },
    ]);
  });

  test('nobody moves in time that is over, though the dispute is not; a newer state is shown until it is', () => {
    const over = { turnEndsAt: NOW, finalizesAt: ENDS };
    const at = walked(0n, [counterState(4, 0), agreedOn], over);
    expect(hub(agreedOn, 1n, at)).toMatchObject({ steps: [], lookAgainAt: ENDS });
    const stale = walked(0n, [counterState(4, 0)], over);
    expect(hub(agreedOn, 1n, stale).steps).toMatchObject([
      { kind: 'set-app-state', moves: [{ action: '0x03' }] },
    ]);
  });

  test('one’s own period is what one looks again for', () => {
    const at = walked(1n, [agreedOn], { turnEndsAt: NOW + 60 });
    expect(hub(counterState(9, 0), 1n, at).lookAgainAt).toBe(NOW + 60);
  });

  test('on a full path a move waits for the end of the base, unless a newer base makes room', () => {
    const full = { steps: MAX_STEPS, version: MAX_STEPS + 1n, turnEndsAt: ENDS + 60, finalizesAt: ENDS + 60 };
    const tip: PathPoint = {
      version: MAX_STEPS + 1n,
      stateHash: stateHash(agreedOn),
      before: hashOf(5),
      state: agreedOn,
    };
    const at = { path: [tip], app: disputed(game, full) };
    expect(hub(agreedOn, tip.version, at)).toMatchObject({ steps: [], lookAgainAt: ENDS });
    expect(kinds(hub(agreedOn, tip.version, at, { chainTime: ENDS, now: ENDS }))).toEqual(['progress-app']);
  });
});

describe('a settled epoch', () => {
  const stage = { stage: 'settled' } as const;

  test('is over when every app of its final ledger is settled', () => {
    const ids = playing.apps.map((instance) => instance.id);
    const [first, ...rest] = ids;
    const done = (settledIds: readonly Hash[]) =>
      new Map(settledIds.map((id) => [id, { ...UNDISPUTED, ...stage }] as const));
    expect(planDispute(holding(), view(settled, { apps: done(ids) }), STAY)).toMatchObject({ isOver: true });
    expect(planDispute(holding(), view(settled, { apps: done(rest) }), STAY)).toMatchObject({
      isOver: false,
      steps: [{ kind: 'open-app', app: { nonce: sent.app.nonce } }],
    });
    expect(first).toBe(sent.id);
  });

  test('is over at once without apps', () => {
    const plan = planDispute(holding(), view(settled, { finalAppsRoot: ZERO_HASH }), STAY);
    expect(plan).toMatchObject({ steps: [], isOver: true });
  });

  test('settled at an older ledger, the apps of that ledger pay', () => {
    const root = paying.ledger.appsRoot;
    const plan = planDispute(
      holding({ states: [paying, playing] }),
      view(settled, { finalAppsRoot: root }),
      LEAVE,
    );
    expect(plan.steps).toMatchObject([{ kind: 'open-app', app: sent.app, ledger: paying.ledger }]);
  });

  test('at a ledger nobody here knows, nothing can be done', () => {
    const plan = planDispute(holding(), view(settled, { finalAppsRoot: hashOf(3) }), LEAVE);
    expect(plan).toMatchObject({ steps: [], isOver: true, isUnknown: true });
  });
});
