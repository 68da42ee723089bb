// SPDX-License-Identifier: MIT
import { expect } from 'chai';
import { HDNodeWallet, keccak256, ZeroHash } from 'ethers';

import type { Deployed, Token } from './support/contracts.ts';
import {
  AppModel,
  nim,
  nimState,
  Refusal,
  SETTLED,
  transferLogic,
  type Logic,
  type Move,
  type PathProof,
  type Position,
} from './support/app-model.ts';
import { random } from './support/random.ts';
import { errorIn, returnDataOf } from './support/refusals.ts';
import {
  asset,
  deployed,
  deployWorld,
  ETHER,
  ethers,
  FAR,
  networkHelpers,
  NO_PROOF,
  NO_SIGNATURES,
  now,
  tree,
  TURNS,
  type App,
  type Ledger,
  type Pair,
} from './support/world.ts';

const SEEDS = Number(process.env['FUZZ_SEEDS'] ?? 20);
const FIRST = Number(process.env['FUZZ_FIRST'] ?? 0);
const STEPS = 60;
const GRACE = 90n * 86_400n;
/** Given, so that nothing is estimated: a call that is refused is mined, and tells why. */
const GAS = { gasLimit: 4_000_000n };
const TOTAL = { ether: 100n, tokens: 50n };

/** Those of Hardhat's accounts, to sign without asking the node. */
const [USER, HUB, STRANGER] = [1, 2, 3].map((index) =>
  HDNodeWallet.fromPhrase(
    'test test test test test test test test test test test junk',
    '',
    `m/44'/60'/0'/0/${index}`,
  ),
) as [HDNodeWallet, HDNodeWallet, HDNodeWallet];

async function arena() {
  const world = await deployWorld();
  const moody = await deployed<Token & Deployed<'setMoods'>>('MoodyToken');
  await world.user.sendTransaction({ to: world.address, value: TOTAL.ether });
  await moody.mint(world.address, TOTAL.tokens);
  await world.deploy();
  return { ...world, moody, nimApp: await deployed<Deployed<'applyAction'>>('NimApp') };
}

/** Over all seeds: which calls were accepted, and how often each refusal was seen. */
const seen = new Map<string, number>();
const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);

describe('app challenges against a model, and what the rules are for (invariants 1, 2, 10, 11 and 19)', () => {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    it(`accept, refuse and pay exactly what the rules say, seed ${seed}`, async () => {
      const trace: string[] = [];
      try {
        await play(seed, trace);
      } catch (error) {
        throw new Error(`seed ${seed}, after ${trace.join(', ')}`, { cause: error });
      }
    });
  }

  if (FIRST === 0 && SEEDS >= 20) {
    it('saw every call accepted and every refusal', () => {
      const expected = `
      openApp openAppFor setAppState progressApp cancelApp setOutcome settleApp moves fallback
      began rebased displaced resumed went-on
      AppNotInLedger AppStateMismatch ActionDeadlinePassed ChallengeFinal ChallengeNotFinal DeadlinePassed InvalidAmount
      InvalidPile NoChallenge NoMoves NotAParty NotATurnTaker OutcomeNotReady StaleVersion StateTerminal TurnOver
      WrongChallenge WrongPreimage WrongSigner WrongSubject`;
      expect(
        expected
          .trim()
          .split(/\s+/)
          .filter((what) => !seen.has(what)),
      ).to.deep.equal([]);
    });
  }
});

interface Cancelled {
  channel: string;
  epoch: bigint;
  subject: string;
  challengeId: bigint;
  deadline: bigint;
}

async function play(seed: number, trace: string[]) {
  const world = await networkHelpers.loadFixture(arena);
  const { registry, channel, address, id, moody, nimApp, transferApp, digest } = world;
  const pick = random(seed);
  const { below, once, of } = pick;
  const wallets = { [USER.address]: USER, [HUB.address]: HUB, [STRANGER.address]: STRANGER };
  const senders = [world.user, world.hub, world.stranger];
  const signBy = (signer: string, digested: string) => wallets[signer]!.signingKey.sign(digested).serialized;
  const interfaces = [registry.interface, nimApp.interface, transferApp.interface];
  let clock = await now();
  /** Whether money moved since the books were looked at. */
  let moved = true;

  // Two apps in one channel: a transfer from the hub to the user, and a game for ether and a moody token.
  const time = (range: number) => (!once(4) ? 0n : clock + 1_000n + BigInt(below(range)));
  const transfer = world.transfer(30n, { actionDeadline: time(6_000), holdUntil: time(9_000) });
  const piles = [1n + BigInt(below(3)), 1n + BigInt(below(3)), BigInt(below(3))];
  const start = nimState(BigInt(below(2)), piles);
  const game: App = {
    ...transfer.app,
    nonce: keccak256('0x0a'),
    definition: nimApp.target as string,
    participants: [USER.address, HUB.address],
    outcomeType: 0,
    stakes: [
      { asset: ETHER, amounts: [30n, 20n] },
      { asset: moody.target as string, amounts: [25n, 25n] },
    ],
    periods: [TURNS[1], TURNS[0]],
    actionDeadline: time(9_000),
    holdUntil: time(9_000),
    initialStateHash: keccak256(start),
  };

  class Player extends AppModel {
    /** Every state and outcome that ever came up, by hash, and the state each was made from. */
    readonly known = new Map<string, { data: string; state: string }>();
    /** Newest version that both signed and that was shown in time. */
    newest = 0n;
    payments = 0;
    /** What both signed and may show at any later time, and since when; the same of Cancels. */
    readonly vault: { version: bigint; state: string; signatures: Pair<string>; since: number }[] = [];
    readonly cancels: { cancel: Cancelled; signatures: Pair<string>; since: number }[] = [];
    /** By version: when a move was made that is on the path now, and whether its maker had shown all it had signed. */
    readonly replies = new Map<bigint, { since: number; isCareful: boolean }>();
    /** When the tip and its base came to be. */
    tipSince = 0n;
    baseSince = 0n;

    readonly initial: string;
    /** No state of the app; that the two sign such a thing is their own fault. */
    readonly garbage: string;

    constructor(app: App, initial: string, garbage: string, logic: Logic) {
      const appId = digest('App', app);
      super(app, appId, logic, (version, stateHash) => digest('AppState', { appId, version, stateHash }));
      this.initial = initial;
      this.garbage = garbage;
      for (const state of [initial, garbage]) this.learn(state, state);
      // What the two may have played off chain.
      for (let state = initial, i = 0; i < 6 && !logic.isTerminal(state); i++) state = this.next(state);
    }

    learn(data: string, state: string): string {
      this.known.set(keccak256(data), { data, state });
      return data;
    }

    next(state: string): string {
      for (;;) {
        const after = applied(this.logic, state, this.logic.action(state, below));
        if (after !== null) return this.learn(after, after);
      }
    }

    /** The tip, or what came of it. */
    get current(): { data: string; state: string; previous: string } {
      const [state, previous] = [this.at.path.at(-1)?.state ?? '0x', this.before(this.tip)];
      return { data: this.at.outcome ?? state, state, previous };
    }

    /** From some state on the path: the moves that are there already, and more. */
    resume(): { version: bigint; previous: string; state: string; moves: Move[] } {
      const from = once(2) ? this.tip : this.tip - BigInt(below(Number(this.slot.steps) + 1));
      const there = this.at.path.slice(Number(from - this.at.start));
      const state = there[0]!.state;
      const played = there.slice(1).map(({ move }) => move!);
      const more = this.moves(this.tip, this.current.state, once(20) ? 0 : 1);
      return { version: from, previous: this.before(from), state, moves: [...played, ...more] };
    }

    moves(version: bigint, from: string, atLeast: number): Move[] {
      let state = from;
      return Array.from({ length: atLeast + (once(3) ? below(3) : 0) }, (_, i) => {
        const action = this.logic.action(state, below);
        const seat = this.logic.turn(state);
        const result = applied(this.logic, state, action);
        if (result !== null) state = this.learn(result, result);
        const taker = this.app.participants[seat === 2 ? 0 : seat];
        const signer = once(10) ? of(Object.keys(wallets)) : taker;
        const signed = version + BigInt(once(12) ? below(4) : i + 1);
        const appState = { appId: this.appId, version: signed, stateHash: keccak256(state) };
        return { action, signature: once(30) ? '0x' : signBy(signer, digest('AppState', appState)) };
      });
    }

    get base(): bigint {
      return this.at.base;
    }

    isSigned(kind: 'AppState' | 'Cancel', value: object, signatures: Pair<string>): boolean {
      return this.app.participants.every(
        (signer, seat) => signatures[seat] === signBy(signer, digest(kind, value)),
      );
    }

    bothSign(kind: 'AppState' | 'Cancel', value: object): Pair<string> {
      const signers = [...this.app.participants];
      if (once(8)) signers[below(2)] = of(Object.keys(wallets));
      const signatures = signers.map((signer) => signBy(signer, digest(kind, value))) as Pair<string>;
      if (once(30)) signatures[below(2)] = '0x';
      return signatures;
    }
  }

  let turn = 0;

  const players = [
    new Player(transfer.app, transfer.state, '0x1234', transferLogic(transfer.preimage)),
    new Player(game, start, nimState(7n, [1n, 0n, 0n]), nim),
  ];
  const trees = [tree(players.map(({ appId }) => appId)), tree([players[1]!.appId]), tree([])];
  const token = moody.target as string;
  const split = (locked: bigint): Pair<bigint> => [5n, TOTAL.ether - locked - 5n];
  const ledgers = [80n, 50n, 0n].map((locked, i) => {
    const tokens = locked === 0n ? { balances: [20n, 30n] as Pair<bigint> } : { locked: TOTAL.tokens };
    const assets = [asset(ETHER, { balances: split(locked), locked }), asset(token, tokens)];
    return world.ledger(4n + BigInt(i), assets, { appsRoot: trees[i]!.root });
  });
  const chain = {
    shown: null as Ledger | null,
    finalizesAt: 0n,
    challengeId: 0n,
    settled: false,
    root: ZeroHash,
  };
  const proofOf = (player: Player, root: string) =>
    trees.find((one) => one.root === root && root !== ZeroHash)?.proof(player.appId) ?? [];
  const proves = (player: Player, root: string, proof: string[]) => {
    const honest = trees.findIndex((one) => one.root === root);
    const within = honest === 0 || (honest === 1 && player === players[1]);
    return within && proof.join() === trees[honest]!.proof(player.appId).join();
  };

  const acts: Record<string, (player: Player) => Promise<void>> = {
    openApp: (player) => openApp(player, false),
    openAppFor: (player) => openApp(player, true),
    async setAppState(player) {
      const kept = player.vault.length > 0 && once(3) ? of(player.vault) : null;
      const steps = Number(player.slot.steps);
      const onPath = player.isOpen && steps > 0 && !once(3);
      const near = player.base + BigInt(onPath ? 1 + below(steps) : below(steps + 3));
      const version = kept?.version ?? (once(8) ? BigInt(below(8)) : near);
      const states = [...player.known.values()].map(({ state: one }) => one);
      const going = states.filter((one) => !player.logic.isTerminal(one));
      const there = player.isOpen && version > player.base ? player.point(version) : undefined;
      const state =
        kept?.state ??
        (there && once(2) ? there.state : once(12) ? player.garbage : of(once(4) ? states : going));
      const appState = { appId: player.appId, version, stateHash: keccak256(state) };
      const signatures = kept?.signatures ?? player.bothSign('AppState', appState);
      if (!kept && player.isSigned('AppState', appState, signatures)) {
        player.vault.push({ version, state, signatures, since: turn });
        // Signed now, to be shown later, or never.
        if (once(4)) return;
      }
      const isTold = there !== undefined && !once(8);
      const proof = isTold ? player.proofOf(version) : once(6) ? falseProof(player) : NO_PROOF;
      const rest = there?.state === state ? player.at.path.slice(Number(version - player.at.start) + 1) : [];
      const played = rest.map(({ move }) => move!);
      const [tip, from] = played.length > 0 ? [player.tip, player.current.state] : [version, state];
      const moves = once(3) ? [...played, ...player.moves(tip, from, 1)] : [];
      const shown = !player.isOpen || version > player.tip || isTold;
      const accepted = await attempt(
        'setAppState',
        player,
        (sender) => player.set(clock, sender, version, state, signatures, proof, moves),
        (by) => by.setAppState(id, player.app, version, state, signatures, proof, moves, GAS),
      );
      if (accepted && shown && version > player.newest) player.newest = version;
    },
    async progressApp(player) {
      const { version, previous, state, moves } = player.isOpen
        ? player.resume()
        : { version: player.tip, previous: ZeroHash, state: player.initial, moves: [] };
      const given = once(12) ? of([...player.known.values()]).state : state;
      const before = once(15) ? keccak256('0x05') : previous;
      await attempt(
        'progressApp',
        player,
        () => player.progress(clock, version, before, given, moves),
        (by) => by.progressApp(id, player.app, version, before, given, moves, GAS),
      );
    },
    async cancelApp(player) {
      const kept = player.cancels.length > 0 && once(3) ? of(player.cancels) : null;
      const cancel = kept?.cancel ?? {
        channel: once(15) ? STRANGER.address : address,
        epoch: once(15) ? 1n : 0n,
        subject: once(6) ? of(players).appId : player.appId,
        challengeId: player.slot.challengeId + (once(6) ? 1n : 0n),
        deadline: once(6) ? clock - 1n : FAR,
      };
      const signatures = kept?.signatures ?? player.bothSign('Cancel', cancel);
      const since = kept?.since ?? turn;
      if (!kept && player.isSigned('Cancel', cancel, signatures)) {
        player.cancels.push({ cancel, signatures, since });
        if (once(2)) return;
      }
      const replies = [...player.replies.values()];
      const wasOpen = player.isOpen && player.at.stage !== SETTLED;
      const accepted = await attempt(
        'cancelApp',
        player,
        () => player.cancel(clock, cancel, digest('Cancel', cancel), signatures),
        (by) => by.cancelApp(id, player.app, cancel, signatures, GAS),
      );
      const erased = accepted && wasOpen ? replies.filter((reply) => reply.since > since) : [];
      expect(erased, 'no Cancel erases a reply that came after it (invariant 19)').to.deep.equal([]);
    },
    async setOutcome(player) {
      const { data, state, previous } = player.current;
      const given = once(10) ? of([...player.known.values()]).state : data;
      const before = once(15) ? keccak256('0x05') : previous;
      const outcome = player.logic.outcome(state, player.app.stakes);
      if (outcome) player.learn(outcome.encoded, state);
      const rule = () => player.setOutcome(clock, before, given);
      const send = (by: typeof registry) => by.setOutcome(id, player.app, before, given, GAS);
      if (await attempt('setOutcome', player, rule, send)) mustBeDecided(player);
    },
    settleApp: (player) => settleApp(player),
    async ledger() {
      if (chain.settled) return;
      if (chain.finalizesAt !== 0n && clock >= chain.finalizesAt) return settleLedger();
      const newer = ledgers.filter(({ version }) => version > (chain.shown?.version ?? 0n));
      const ledger = newer[once(3) ? below(newer.length) : 0];
      if (ledger) await challenge(ledger);
    },
    async mood() {
      await networkHelpers.time.setNextBlockTimestamp(clock);
      await moody.setMoods(below(3), 0, once(2) ? USER.address : `0x${'00'.repeat(20)}`);
    },
  };
  /** Mostly what makes sense now, so that stories become long; sometimes anything. */
  function likely(player: Player): string {
    if (once(6)) return of(Object.keys(acts));
    if (!chain.settled && once(chain.finalizesAt === 0n ? 12 : clock >= chain.finalizesAt ? 4 : 40))
      return 'ledger';
    if (!player.isOpen) return of(['openApp', 'openAppFor', 'setAppState']);
    if (player.isFinal(clock)) return of(['setOutcome', 'cancelApp', 'cancelApp', 'settleApp']);
    if (player.slot.steps > 0n && once(3)) return 'setAppState';
    return once(4) ? of(['setAppState', 'setAppState', 'cancelApp', 'mood', 'openApp']) : 'progressApp';
  }

  const isOver = () => players.every(({ payments }) => payments > 0) && once(4);
  for (let step = 0; step < STEPS && !isOver(); step++) {
    pass();
    const player = of(players);
    const act = likely(player);
    turn++;
    trace.push(`${act} at ${clock}`);
    await acts[act]!(player);
    await check();
  }
  await end();

  /** Often to the very second at which something changes, or the one before. */
  function pass() {
    const { app, slot } = of(players);
    const instants = [
      slot.finalizesAt,
      slot.turnEndsAt,
      slot.baseEndsAt,
      app.actionDeadline,
      app.holdUntil,
      chain.finalizesAt,
    ]
      .flatMap((instant) => [instant - 1n, instant, instant + 1n])
      .filter((instant) => instant > clock);
    if (slot.finalizesAt !== 0n && once(6)) instants.push(slot.finalizesAt + GRACE);
    const later = instants.filter((instant) => instant > clock);
    clock = later.length > 0 && once(16) ? of(later) : clock + 1n + BigInt(below(once(6) ? 900 : 60));
  }

  async function openApp(player: Player, isCarried: boolean) {
    const ledger = chain.shown && !once(4) ? chain.shown : once(4) ? of(ledgers) : ledgers[0]!;
    const root = chain.settled ? chain.root : ledger.appsRoot;
    const proof = once(10) ? [] : proofOf(player, root);
    const there = player.isOpen && player.at.start === 0n ? player.at.path.slice(1) : [];
    const played = there.map(({ move }) => move!);
    const from = there.at(-1)?.state ?? player.initial;
    const moves = once(2) ? [] : [...played, ...player.moves(BigInt(played.length), from, 1)];
    const state = once(10) ? '0x12' : player.initial;
    const signatures = [USER, HUB].map((one) => signBy(one.address, digest('Ledger', ledger)));
    const opening = { id, ledger, signatures, app: player.app, proof, state, moves };
    const author = of(Object.keys(wallets));
    const challenge = {
      channel: once(15) ? STRANGER.address : address,
      epoch: once(15) ? 1n : 0n,
      challengeId: once(10) ? 1n : 0n,
      subject: once(10) ? of(players).appId : player.appId,
      minVersion: BigInt(below(6)),
      deadline: once(8) ? clock - 1n : FAR,
    };
    const mayCarry = () => {
      if (player.isOpen || chain.settled) return false;
      const { challengeId } = player.at;
      if (challengeId !== 0n) throw new Refusal('WrongChallenge', challenge.challengeId, challengeId);
      if (moves.length === 0) throw new Refusal('NoMoves');
      if (challenge.channel !== address) throw new Refusal('WrongChannel', challenge.channel);
      if (challenge.epoch !== 0n) throw new Refusal('WrongEpoch', challenge.epoch, 0n);
      if (challenge.subject !== player.appId)
        throw new Refusal('WrongSubject', challenge.subject, player.appId);
      if (challenge.challengeId !== 0n) throw new Refusal('WrongChallenge', challenge.challengeId, 0n);
      if (ledger.version < challenge.minVersion)
        throw new Refusal('StaleVersion', ledger.version, challenge.minVersion);
      if (clock > challenge.deadline) throw new Refusal('DeadlinePassed', challenge.deadline);
      if (author === STRANGER.address) throw new Refusal('NotAParty', author);
      return true;
    };
    const show = () => {
      if (chain.settled) return chain.root;
      const runs = chain.finalizesAt !== 0n && ledger.version <= chain.shown!.version;
      if (!runs && chain.finalizesAt !== 0n && clock >= chain.finalizesAt)
        throw new Refusal('ChallengeFinal', chain.finalizesAt);
      return ledger.appsRoot;
    };
    const isProven = (of_: string) => proves(player, of_, proof);
    let leave = false;
    const accepted = await attempt(
      isCarried ? 'openAppFor' : 'openApp',
      player,
      (sender) => {
        leave = isCarried ? mayCarry() : sender !== STRANGER.address;
        return player.open(clock, sender, { leave, isSettled: chain.settled, show, isProven }, state, moves);
      },
      (by) =>
        isCarried
          ? by.openAppFor(opening, challenge, signBy(author, digest('Challenge', challenge)), GAS)
          : by.openApp(opening, GAS),
    );
    if (!accepted || !leave || chain.settled) return;
    if (chain.finalizesAt === 0n || ledger.version > chain.shown!.version) shownNow(ledger);
  }

  function falseProof(player: Player): PathProof {
    const { before, hashes } = player.isOpen ? player.proofOf(player.tip) : NO_PROOF;
    return once(2) ? { before: keccak256('0x06'), hashes } : { before, hashes: [...hashes, ZeroHash] };
  }

  async function attempt(
    act: string,
    player: Player,
    rule: (sender: string) => Position,
    send: (by: typeof registry) => Promise<unknown>,
  ): Promise<boolean> {
    const sender = of(senders);
    let expected: { at: Position } | { refusal: Refusal };
    try {
      expected = { at: rule(sender.address) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      expected = { refusal: error };
    }
    await networkHelpers.time.setNextBlockTimestamp(clock);
    const refused = await send(registry.connect(sender)).then(
      () => null,
      (error: unknown) => errorIn(interfaces, returnDataOf(error)),
    );
    const said = 'refusal' in expected ? expected.refusal : null;
    expect(refused && { name: refused.name, args: refused.args }).to.deep.equal(
      said && { name: said.message, args: said.args },
    );
    if ('refusal' in expected) {
      count(expected.refusal.message);
      return false;
    }
    count(act);
    became(player, expected.at);
    return true;
  }

  /** What the rules are for, whatever they say. */
  function became(player: Player, after: Position) {
    const { at: before, app, replies, vault } = player;
    player.at = after;
    if (after === before) return void count('went-on');
    const isNew = after.path.length > 0 && after.path[0] !== before.path[0];
    if (before.path.length > 0 && isNew) {
      count(after.start > before.start + BigInt(before.path.length) - 1n ? 'began' : 'displaced');
      // A reply of who had shown all it had signed is undone by nothing that was signed before (invariant 19).
      const shown = vault.find(
        ({ version, state }) => version === after.start && state === after.path[0]!.state,
      )!;
      for (const [version, { since, isCareful }] of replies) {
        if (version <= after.start) continue;
        count('undone');
        expect(isCareful && shown.since < since, 'a reply undone by what was signed before it').to.equal(
          false,
        );
      }
    } else if (after.base !== before.base && !isNew && after.path.length > 0) count('rebased');
    if (isNew || after.path.length === 0) replies.clear();
    if (isNew) [player.tipSince, player.baseSince] = [clock, clock];
    const kept = isNew ? 1 : before.path.length;
    if (after.path.length > kept && kept > 0) {
      count('moves');
      if (!isNew && before.path.length > 1) count('resumed');
      expect(app.actionDeadline === 0n || clock <= app.actionDeadline, 'no move after the deadline').to.equal(
        true,
      );
      // Nobody moves in another's time: the first of these was in its own, counted from when it became its turn.
      const { seat } = after.path[kept]!;
      const over = player.tipSince + BigInt(app.periods[seat!]);
      expect(clock < over || clock < app.holdUntil, 'a move in its own time').to.equal(true);
      const newest = vault.reduce((most, { version }) => (version > most ? version : most), 0n);
      for (let i = kept; i < after.path.length; i++) {
        const version = after.start + BigInt(i);
        replies.set(version, { since: turn, isCareful: newest <= after.base });
      }
      player.tipSince = clock;
    }
  }

  /** Nobody's time was shorter than its period, and what is final is terminal or was held as long as agreed. */
  function mustBeDecided({ app, logic, at, tipSince, baseSince }: Player) {
    const { state, seat } = at.path.at(-1)!;
    const isOver = logic.isTerminal(state);
    expect(isOver || clock >= app.holdUntil, 'not final before holdUntil').to.equal(true);
    if (isOver && seat === null && at.path.length === 1) return;
    const next = logic.turn(state);
    const waits = isOver ? [1 - seat!] : next === 2 ? [0, 1] : [next];
    for (const one of waits) {
      expect(clock >= tipSince + BigInt(app.periods[one as 0 | 1]), 'its whole period').to.equal(true);
    }
    for (const period of app.periods)
      expect(clock >= baseSince + BigInt(period), 'a whole base').to.equal(true);
  }

  async function settleApp(player: Player) {
    const { data: tip, state, previous } = player.current;
    // Made before somebody set the outcome, it is the state still.
    const data = once(10) ? of([...player.known.values()]).data : once(2) ? state : tip;
    const given = once(15) ? keccak256('0x05') : previous;
    const proof = once(10) ? [keccak256('0x77')] : proofOf(player, chain.root);
    const proven = chain.root !== ZeroHash && proves(player, chain.root, proof);
    let payouts: Pair<bigint>[] = [];
    let isFallback = false;
    let isDone = false;
    const rule = () => {
      const settled = player.settle(clock, given, data, chain.root, proven, GRACE);
      isDone = settled === null;
      if (settled) ({ payouts, isFallback } = settled);
      return settled?.at ?? player.at;
    };
    const before = await belongings();
    const logs: string[] = [];
    let gas = { from: '', fee: 0n };
    const paid = await attempt('settleApp', player, rule, async (by) => {
      const receipt = await (await by.settleApp(id, player.app, given, data, proof, GAS)).wait();
      gas = receipt;
      for (const log of receipt.logs) {
        const event = registry.interface.parseLog(log);
        if (event?.name === 'AppSettled') logs.push(`${event.args[1]} ${event.args[2]}`);
      }
    });
    if (!paid) return;
    if (isDone) return void expect(logs).to.deep.equal([]);
    moved = true;
    if (isFallback) count('fallback');
    else mustBeDecided(player);
    expect(logs).to.deep.equal([`${player.appId} ${isFallback}`]);
    expect(++player.payments, 'an app pays once (invariant 1)').to.equal(1);
    // Pushed, or claimable where the token was in a bad mood: the other asset is paid all the same (invariant 11).
    const after = await belongings();
    for (const party of [USER.address, HUB.address]) {
      for (const at of [ETHER, token]) {
        const stake = player.app.stakes.findIndex((one) => one.asset === at);
        const seat = player.app.participants.indexOf(party);
        const due = payouts[stake]?.[seat as 0 | 1] ?? 0n;
        const fee = at === ETHER && party === gas.from ? gas.fee : 0n;
        expect(after[party]![at]! - before[party]![at]! + fee, 'paid').to.equal(due);
      }
    }
  }

  /** What each party has outside the channel, or may claim. */
  async function belongings() {
    const result: Record<string, Record<string, bigint>> = {};
    for (const party of [USER.address, HUB.address]) {
      result[party] = {
        [ETHER]: (await ethers.provider.getBalance(party)) + (await channel.claimable(ETHER, party)),
        [token]: (await moody.balanceOf(party)) + (await channel.claimable(token, party)),
      };
    }
    return result;
  }

  async function challenge(ledger: Ledger) {
    const signatures = [USER, HUB].map((one) => signBy(one.address, digest('Ledger', ledger)));
    await networkHelpers.time.setNextBlockTimestamp(clock);
    await registry.challengeLedger(id, ledger, signatures);
    shownNow(ledger);
  }

  function shownNow(ledger: Ledger) {
    Object.assign(chain, { shown: ledger, finalizesAt: clock + BigInt(id.challengePeriod) });
    chain.challengeId++;
  }

  async function settleLedger() {
    await networkHelpers.time.setNextBlockTimestamp(clock);
    await registry.settle(id, chain.shown, []);
    moved = true;
    Object.assign(chain, { settled: true, root: chain.shown!.appsRoot, finalizesAt: 0n });
  }

  async function check() {
    for (const { appId, slot, base, newest } of players) {
      expect([...(await registry.appStatus(appId))]).to.deep.equal([
        slot.version,
        slot.steps,
        slot.baseEndsAt,
        slot.turnEndsAt,
        slot.finalizesAt,
        slot.challengeId,
        slot.stage,
        slot.path,
      ]);
      expect(base, 'the newest double-signed state shown is the base (invariant 10)').to.equal(newest);
    }
    if (!moved) return;
    // What is there covers what is owed, and nothing else is owed (invariant 1).
    for (const at of [ETHER, token]) {
      const { held } = await registry.account(address, at);
      const reserved: bigint = await channel.reserved(0n, at);
      const claims = (await channel.claimable(at, USER.address)) + (await channel.claimable(at, HUB.address));
      expect(held).to.equal(reserved + claims);
      const there = at === ETHER ? await ethers.provider.getBalance(address) : await moody.balanceOf(address);
      const total = at === ETHER ? TOTAL.ether : TOTAL.tokens;
      if (chain.settled) expect(there).to.equal(held);
      else expect(there).to.equal(total);
    }
    moved = false;
  }

  /** Whatever came before: every app of the final ledger can be ended, pays once, and nothing stays behind. */
  async function end() {
    clock++;
    await moody.setMoods(0, 0, `0x${'00'.repeat(20)}`);
    clock = (await now()) + 1n;
    if (!chain.settled && chain.finalizesAt === 0n) {
      const newer = ledgers.find(({ version }) => version > (chain.shown?.version ?? 0n));
      if (newer) await challenge(newer);
      else {
        await networkHelpers.time.setNextBlockTimestamp(clock);
        await registry.connect(world.user).challengeLedger(id, chain.shown, NO_SIGNATURES);
        chain.finalizesAt = clock + BigInt(id.challengePeriod);
      }
    }
    if (!chain.settled) {
      clock = chain.finalizesAt > clock ? chain.finalizesAt : clock + 1n;
      await settleLedger();
    }
    for (const player of players) {
      if (!player.isOpen) {
        // The honest watcher shows the newest state it has.
        clock++;
        const version = player.base + 1n;
        const state = player.initial;
        const signed = digest('AppState', { appId: player.appId, version, stateHash: keccak256(state) });
        const signatures = player.app.participants.map((one) => signBy(one, signed)) as Pair<string>;
        player.vault.push({ version, state, signatures, since: turn });
        const rule = () => player.set(clock, USER.address, version, state, signatures, NO_PROOF, []);
        await attempt('setAppState', player, rule, () =>
          registry.setAppState(id, player.app, version, state, signatures, NO_PROOF, [], GAS),
        );
        player.newest = version;
      }
    }
    clock = [...players.map(({ slot }) => slot.finalizesAt), clock].reduce((a, b) => (a > b ? a : b)) + GRACE;
    for (const player of players) {
      const within = trees.some(
        ({ root }, i) => root === chain.root && (i === 0 || (i === 1 && player === players[1])),
      );
      for (let tries = 0; tries < 20 && within && player.payments === 0; tries++) {
        clock++;
        await settleApp(player);
      }
      expect(player.payments).to.equal(within ? 1 : 0);
    }
    await check();
    for (const at of [ETHER, token]) expect(await channel.reserved(0n, at)).to.equal(0n);
  }
}

function applied(logic: Logic, state: string, action: string): string | null {
  try {
    return logic.apply(state, action);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}
