// SPDX-License-Identifier: MIT
import { expect } from 'chai';
import { HDNodeWallet, keccak256, ZeroHash } from 'ethers';

import type { Deployed, Token } from './support/contracts.ts';
import {
  AppModel,
  nim,
  nimState,
  Refusal,
  transferLogic,
  type Logic,
  type Move,
  type Slot,
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
  header,
  networkHelpers,
  NO_SIGNATURES,
  now,
  tree,
  TURNS,
  type App,
  type Ledger,
  type Pair,
} from './support/world.ts';

const SEEDS = Number(process.env['FUZZ_SEEDS'] ?? 10);
const FIRST = Number(process.env['FUZZ_FIRST'] ?? 0);
const STEPS = 45;
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

describe('app challenges against a model (invariants 1, 2, 10 and 11)', () => {
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

  if (FIRST === 0 && SEEDS >= 10) {
    it('saw every call accepted and every refusal', () => {
      const expected = `
      openApp setAppState progressApp cancelApp setOutcome settleApp moves fallback
      AppAlreadyOpen AppFinished AppNotInLedger AppStateMismatch ActionDeadlinePassed ChallengeFinal ChallengeNotFinal
      DeadlinePassed ECDSAInvalidSignatureLength InvalidAmount InvalidPile LedgerMismatch NoChallenge NoMoves NotAParty
      NotATurnTaker OutcomeNotReady StaleVersion StateTerminal WrongChallenge WrongPreimage WrongSigner WrongSubject`;
      expect(
        expected
          .trim()
          .split(/\s+/)
          .filter((what) => !seen.has(what)),
      ).to.deep.equal([]);
    });
  }
});

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
  const time = (range: number) => (!once(3) ? 0n : clock + 500n + BigInt(below(range)));
  const transfer = world.transfer(30n, { actionDeadline: time(6_000), holdUntil: time(9_000) });
  const piles = [BigInt(below(3)), 1n + BigInt(below(3)), BigInt(below(3))];
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
    /** Newest version that both signed and that was on chain in time. */
    newest = 0n;
    payments = 0;

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

    get current(): { data: string; state: string } {
      return this.known.get(this.slot.stateHash) ?? { data: '0x', state: '0x' };
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

    bothSign(kind: 'AppState' | 'Cancel', value: object): Pair<string> {
      const signers = [...this.app.participants];
      if (once(8)) signers[below(2)] = of(Object.keys(wallets));
      const signatures = signers.map((signer) => signBy(signer, digest(kind, value))) as Pair<string>;
      if (once(30)) signatures[below(2)] = '0x';
      return signatures;
    }
  }

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
    async openApp(player) {
      const ledger = chain.shown && !once(4) ? chain.shown : of(ledgers);
      const root = chain.settled ? chain.root : ledger.appsRoot;
      const proof = once(10) ? [] : proofOf(player, root);
      const moves = once(2) ? [] : player.moves(0n, player.initial, 1);
      const state = once(10) ? '0x12' : player.initial;
      const rootOf = () => {
        if (chain.settled) return chain.root;
        if (chain.finalizesAt === 0n) throw new Refusal('NoChallenge', ZeroHash);
        const [known, given] = [digest('Ledger', chain.shown!), digest('Ledger', ledger)];
        if (known !== given) throw new Refusal('LedgerMismatch', known, given);
        return ledger.appsRoot;
      };
      await attempt(
        'openApp',
        player,
        () => player.open(clock, rootOf, (at) => proves(player, at, proof), state, moves),
        (by) => by.openApp(player.app, header(ledger), proof, state, moves, GAS),
        moves.length,
      );
    },
    async setAppState(player) {
      const version = once(4) ? BigInt(below(8)) : player.base + BigInt(below(3));
      const states = [...player.known.values()].map(({ state: one }) => one);
      const going = states.filter((one) => !player.logic.isTerminal(one));
      const state = once(6) ? player.garbage : of(once(4) ? states : going);
      const signatures = player.bothSign('AppState', {
        appId: player.appId,
        version,
        stateHash: keccak256(state),
      });
      const moves = once(3) ? player.moves(version, state, 1) : [];
      const accepted = await attempt(
        'setAppState',
        player,
        (sender) => player.set(clock, sender, version, state, signatures, moves),
        (by) => by.setAppState(player.app, version, state, signatures, moves, GAS),
        moves.length,
      );
      if (!accepted) return;
      expect(version >= player.newest, 'never an older one (invariant 10)').to.equal(true);
      player.newest = version;
    },
    async progressApp(player) {
      const state = once(10) ? of([...player.known.values()]).state : player.current.data;
      const moves = once(20) ? [] : player.moves(player.slot.version, state, 1);
      await attempt(
        'progressApp',
        player,
        () => player.progress(clock, state, moves),
        (by) => by.progressApp(player.app, state, moves, GAS),
        moves.length,
      );
    },
    async cancelApp(player) {
      const cancel = {
        channel: once(15) ? STRANGER.address : address,
        epoch: once(15) ? 1n : 0n,
        subject: once(10) ? of(players).appId : player.appId,
        challengeId: player.slot.challengeId + (once(6) ? 1n : 0n),
        deadline: once(6) ? clock - 1n : FAR,
      };
      const signatures = player.bothSign('Cancel', cancel);
      await attempt(
        'cancelApp',
        player,
        () => player.cancel(clock, cancel, digest('Cancel', cancel), signatures),
        (by) => by.cancelApp(player.app, cancel, signatures, GAS),
      );
    },
    async setOutcome(player) {
      const { data, state } = once(10) ? of([...player.known.values()]) : player.current;
      const outcome = player.logic.outcome(state, player.app.stakes);
      if (outcome) player.learn(outcome.encoded, state);
      const rule = () => player.setOutcome(clock, data);
      if (await attempt('setOutcome', player, rule, (by) => by.setOutcome(player.app, data, GAS)))
        mustBeDecided(player, state);
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
    if (once(4)) return of(Object.keys(acts));
    if (!chain.settled && once(chain.finalizesAt === 0n || clock >= chain.finalizesAt ? 3 : 15))
      return 'ledger';
    if (!player.isOpen) return of(['openApp', 'openApp', 'setAppState']);
    if (player.isFinal(clock)) return of(['setOutcome', 'cancelApp', 'cancelApp', 'settleApp']);
    return once(6) ? of(['setAppState', 'cancelApp', 'mood']) : 'progressApp';
  }

  const isOver = () => players.every(({ payments }) => payments > 0) && once(4);
  for (let step = 0; step < STEPS && !isOver(); step++) {
    pass();
    const player = of(players);
    const act = likely(player);
    trace.push(`${act} at ${clock}`);
    await acts[act]!(player);
    await check();
  }
  await end();

  /** Often to the very second at which something changes, or the one before. */
  function pass() {
    const { app, slot } = of(players);
    const instants = [slot.finalizesAt, slot.baseEndsAt, app.actionDeadline, app.holdUntil, chain.finalizesAt]
      .flatMap((instant) => [instant - 1n, instant, instant + 1n])
      .filter((instant) => instant > clock);
    if (slot.finalizesAt !== 0n && once(6)) instants.push(slot.finalizesAt + GRACE);
    const later = instants.filter((instant) => instant > clock);
    clock = later.length > 0 && once(8) ? of(later) : clock + 1n + BigInt(below(once(4) ? 900 : 60));
  }

  async function attempt(
    act: string,
    player: Player,
    rule: (sender: string) => Slot,
    send: (by: typeof registry) => Promise<unknown>,
    moves = 0,
  ): Promise<boolean> {
    const sender = of(senders);
    const before = { ...player.slot };
    let expected: { slot: Slot } | { refusal: Refusal };
    try {
      expected = { slot: rule(sender.address) };
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
    expect(player.slot).to.deep.equal(before);
    if ('refusal' in expected) {
      count(expected.refusal.message);
      return false;
    }
    player.slot = expected.slot;
    count(act);
    if (moves > 0) {
      count('moves');
      const { actionDeadline } = player.app;
      expect(actionDeadline === 0n || clock <= actionDeadline, 'no move after the deadline').to.equal(true);
    }
    return true;
  }

  /** What is final is terminal, or was held as long as agreed. */
  function mustBeDecided(player: Player, state: string) {
    const { app, logic } = player;
    const held = logic.isTerminal(state) || clock >= app.holdUntil;
    expect(held, 'not final before holdUntil').to.equal(true);
  }

  async function settleApp(player: Player) {
    const { data, state } = once(10) ? of([...player.known.values()]) : player.current;
    const proof = once(10) ? [keccak256('0x77')] : proofOf(player, chain.root);
    const proven = chain.root !== ZeroHash && proves(player, chain.root, proof);
    let payouts: Pair<bigint>[] = [];
    let isFallback = false;
    const rule = () => {
      const settled = player.settle(clock, data, state, chain.root, proven, GRACE);
      ({ payouts, isFallback } = settled);
      return settled.slot;
    };
    const before = await belongings();
    const logs: string[] = [];
    let gas = { from: '', fee: 0n };
    const paid = await attempt('settleApp', player, rule, async (by) => {
      const receipt = await (await by.settleApp(player.app, data, proof, GAS)).wait();
      gas = receipt;
      for (const log of receipt.logs) {
        const event = registry.interface.parseLog(log);
        if (event?.name === 'AppSettled') logs.push(`${event.args[1]} ${event.args[2]}`);
      }
    });
    if (!paid) return;
    moved = true;
    if (isFallback) count('fallback');
    else mustBeDecided(player, state);
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
        slot.finalizesAt,
        slot.challengeId,
        slot.stage,
        slot.stateHash,
      ]);
      expect(base, 'the newest double-signed state is the base (invariant 10)').to.equal(newest);
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
        const rule = () => player.set(clock, USER.address, version, state, signatures, []);
        await attempt('setAppState', player, rule, (by) =>
          by.setAppState(player.app, version, state, signatures, [], GAS),
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
