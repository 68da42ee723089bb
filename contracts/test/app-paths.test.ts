// SPDX-License-Identifier: MIT
import { expect } from 'chai';
import { HDNodeWallet, keccak256, ZeroHash } from 'ethers';

import type { Deployed } from './support/contracts.ts';
import { install } from './support/games.ts';
import { script, type Script } from './support/scripted.ts';
import {
  deployed,
  deployWorld,
  extend,
  FAR,
  networkHelpers,
  NO_PROOF,
  now,
  pathOf,
  TURNS,
  type App,
  type Pair,
} from './support/world.ts';

const FULL = 1024;
const LONGER = BigInt(Math.max(...TURNS));

/** Those of Hardhat's accounts, to sign a thousand moves without asking the node. */
const [USER, HUB] = [1, 2].map((index) =>
  HDNodeWallet.fromPhrase(
    'test test test test test test test test test test test junk',
    '',
    `m/44'/60'/0'/0/${index}`,
  ),
) as [HDNodeWallet, HDNodeWallet];

/** A game of the user (seat 0) and the hub (seat 1) whose states say whose turn is next. */
async function scene() {
  const world = await deployWorld();
  await world.user.sendTransaction({ to: world.address, value: 100n });
  const scripted = await deployed<Deployed<'applyAction'>>('ScriptedApp');
  const start = script({});
  const game = await install(world, scripted.target as string, start);
  return { world, ...game, ...playing(world, game, start) };
}

function playing(
  world: Awaited<ReturnType<typeof deployWorld>>,
  { app, appId }: Awaited<ReturnType<typeof install>>,
  start: string,
) {
  const digest = (version: bigint, state: string) =>
    world.digest('AppState', { appId, version, stateHash: keccak256(state) });
  const by = (seat: number, version: bigint, state: string) =>
    [USER, HUB][seat]!.signingKey.sign(digest(version, state)).serialized;
  return {
    start,
    /** The move of a seat to a state, which is its action. */
    to: (seat: number, version: number, state: string) => ({
      action: state,
      signature: by(seat, BigInt(version), state),
    }),
    both: (version: number, state: string) =>
      [by(0, BigInt(version), state), by(1, BigInt(version), state)] as Pair<string>,
    status: async () => world.registry.appStatus(appId),
    agree: (
      version: number,
      state: string,
      path: object = NO_PROOF,
      moves: object[] = [],
      from = world.hub,
    ) =>
      world.registry
        .connect(from)
        .setAppState(
          ...[world.id, app, version, state, [by(0, BigInt(version), state), by(1, BigInt(version), state)]],
          ...[path, moves],
        ),
  };
}

const load = () => networkHelpers.loadFixture(scene);
const hashes = (...states: string[]) => states.map((state) => keccak256(state));
const at = (counter: number, rest: Script = {}) =>
  script({ counter: BigInt(counter), turn: BigInt(counter % 2), ...rest });

describe('the path of an app on chain', () => {
  describe('W-A5 the registry speaks of a channel only for its own parties', () => {
    it('refuses an app of a channel whose participants are anybody else', async () => {
      const { world, app, start } = await load();
      const { registry, id, user, hub, stranger, deployer, sign, digest, address } = world;
      for (const participants of [
        [stranger, deployer],
        [stranger, stranger],
        [user, stranger],
        [stranger, hub],
        [user, user],
        [hub, hub],
      ] as const) {
        const foreign: App = { ...app, participants: [participants[0].address, participants[1].address] };
        const appId = digest('App', foreign);
        const state = { appId, version: 1n, stateHash: keccak256(start) };
        const signatures = await sign('AppState', state, [...participants]);
        const cancel = { channel: address, epoch: 0n, subject: appId, challengeId: 1n, deadline: FAR };
        const ledger = world.ledger(1n);
        const opening = { id, ledger, signatures, app: foreign, proof: [], state: start, moves: [] };
        for (const call of [
          () => registry.connect(stranger).setAppState(id, foreign, 1n, start, signatures, NO_PROOF, []),
          () => registry.setAppState(id, foreign, 1n, start, signatures, NO_PROOF, []),
          () => registry.openApp(opening),
          () => registry.progressApp(id, foreign, 0n, ZeroHash, start, []),
          () => registry.cancelApp(id, foreign, cancel, signatures),
          () => registry.setOutcome(id, foreign, ZeroHash, start),
          () => registry.settleApp(id, foreign, ZeroHash, start, []),
        ]) {
          await expect(call())
            .to.be.revertedWithCustomError(registry, 'NotTheParties')
            .withArgs(...foreign.participants);
        }
        expect((await registry.appStatus(appId)).challengeId).to.equal(0n);
      }
    });

    it("refuses an app of another channel than the parties' own", async () => {
      const { world, app, start } = await load();
      const { registry, stranger, deployer, sign, digest, factory, address } = world;
      // The thief's own channel, and an app that names the victim's.
      const id = { initiator: stranger.address, responder: deployer.address, challengePeriod: 60 };
      const foreign: App = { ...app, participants: [stranger.address, deployer.address] };
      const state = { appId: digest('App', foreign), version: 1n, stateHash: keccak256(start) };
      const signatures = await sign('AppState', state, [stranger, deployer]);
      const by = registry.connect(stranger);
      await expect(by.setAppState(id, foreign, 1n, start, signatures, NO_PROOF, []))
        .to.be.revertedWithCustomError(registry, 'WrongChannel')
        .withArgs(address);
      const own = { ...foreign, channel: await factory.channelAddress(id.initiator, id.responder, 60) };
      const ownState = { ...state, appId: digest('App', own) };
      const ownSignatures = await sign('AppState', ownState, [stranger, deployer]);
      await expect(by.setAppState(id, own, 1n, start, ownSignatures, NO_PROOF, [])).to.emit(
        registry,
        'AppChallenged',
      );
    });

    it('takes the parties in either order', async () => {
      const { world, app, start } = await load();
      const turned = await install(world, app.definition, start, {
        participants: [app.participants[1], app.participants[0]],
      });
      await turned.set(1n, start);
      expect((await world.registry.appStatus(turned.appId)).version).to.equal(1n);
    });
  });

  describe('W-A6 a move cannot be taken back by who made it, nor a reply to it', () => {
    it('commit, reply, reveal, and another reply: the commit both signed becomes the base, nothing else changes', async () => {
      const { world, open, start, to, status, agree, progress, appId } = await load();
      const [commit, reply, reveal] = [at(1), at(2), at(3)];
      const other = at(20);
      await open();
      await progress(0n, ZeroHash, start, [to(0, 1, commit)]);
      await progress(1n, pathOf(start), commit, [to(1, 2, reply)]);
      await progress(2n, pathOf(start, commit), reply, [to(0, 3, reveal)]);
      const before = await status();
      // Now the hub knows better. It countersigns the public commit, shows it, and replies anew.
      const path = { before: pathOf(start), hashes: hashes(commit, reply, reveal) };
      await expect(agree(1, commit, path, [to(1, 2, other)]))
        .to.emit(world.registry, 'AppRebased')
        .withArgs(world.address, appId, 1n);
      await progress(1n, pathOf(start), commit, [to(1, 2, other)], world.hub);
      const after = await status();
      expect(after.steps).to.equal(2n);
      expect([
        after.version,
        after.path,
        after.finalizesAt,
        after.turnEndsAt,
        after.baseEndsAt,
      ]).to.deep.equal([
        ...[before.version, before.path, before.finalizesAt, before.turnEndsAt, before.baseEndsAt],
      ]);
    });

    it('a batched transfer of 90 is not set back to 10 one second before the end', async () => {
      const { open, start, to, status, agree, progress } = await load();
      // Receipts of the user: the amount so far, its turn again.
      const [ten, ninety] = [script({ counter: 10n }), script({ counter: 90n })];
      await open();
      await progress(0n, ZeroHash, start, [to(0, 1, ten)]);
      await progress(1n, pathOf(start), ten, [to(0, 2, ninety)]);
      const { finalizesAt } = await status();
      await networkHelpers.time.setNextBlockTimestamp(finalizesAt - 1n);
      await agree(1, ten, { before: pathOf(start), hashes: hashes(ten, ninety) });
      expect((await status()).version).to.equal(2n);
      expect((await status()).finalizesAt).to.equal(finalizesAt);
    });

    it('a state that both signed displaces where the mover signed twice, and nobody who waits loses time', async () => {
      const { open, start, to, status, agree, progress, world } = await load();
      const [agreed, twice, reply] = [at(1), at(5), at(6)];
      await open();
      // The user moves otherwise than it had signed with the hub, to gain a turn.
      await progress(0n, ZeroHash, start, [to(0, 1, twice)]);
      await networkHelpers.time.increase(600);
      const displacing = agree(1, agreed, { before: pathOf(start), hashes: hashes(twice) }, [
        to(1, 2, reply),
      ]);
      await expect(displacing).to.emit(world.registry, 'AppChallenged');
      const { version, steps, path, baseEndsAt, turnEndsAt } = await status();
      expect([version, steps, path]).to.deep.equal([2n, 1n, pathOf(agreed, reply)]);
      expect([baseEndsAt, turnEndsAt]).to.deep.equal([
        (await now()) + LONGER,
        (await now()) + BigInt(TURNS[0]),
      ]);
    });

    it('whoever replies makes its newest agreed state the base in the same call, whatever way led there', async () => {
      const { open, start, to, status, agree, progress } = await load();
      // Both signed version 2, reached through `left`; on chain the user goes through `right` to the same state.
      const [left, right, same] = [at(1, { turn: 0n }), at(2, { turn: 0n }), at(3)];
      const reply = at(4);
      await open();
      await progress(0n, ZeroHash, start, [to(0, 1, right), to(0, 2, same)]);
      const before = pathOf(start, right);
      await agree(2, same, { before, hashes: hashes(same) }, [to(1, 3, reply)]);
      const replied = await status();
      expect([replied.version, replied.steps, replied.path]).to.deep.equal([
        ...[3n, 1n, extend(extend(before, keccak256(same)), keccak256(reply))],
      ]);
      // The other way, which both signed too, is below the base: it takes nothing back.
      await agree(1, left, { before: pathOf(start), hashes: hashes(right, same, reply) });
      expect(await status()).to.deep.equal(replied);
    });

    it('a terminal move gives the other side its period, in which a state on the path takes nothing back', async () => {
      const { world, open, start, to, status, agree, progress } = await load();
      const [first, last] = [at(1), at(2, { terminal: true })];
      await open();
      await progress(0n, ZeroHash, start, [to(0, 1, first)]);
      await networkHelpers.time.increase(1_000);
      await progress(1n, pathOf(start), first, [to(1, 2, last)]);
      const over = await status();
      // The hub ended it: the user's period, not the hub's.
      expect(over.turnEndsAt).to.equal((await now()) + BigInt(TURNS[0]));
      await agree(1, first, { before: pathOf(start), hashes: hashes(first, last) });
      await agree(2, last, { before: pathOf(start, first), hashes: hashes(last) });
      const after = await status();
      expect([after.version, after.steps, after.turnEndsAt, after.finalizesAt, after.path]).to.deep.equal([
        ...[2n, 0n, over.turnEndsAt, over.finalizesAt, over.path],
      ]);
      await expect(progress(2n, pathOf(start, first), last, [to(0, 3, at(3))])).to.be.revertedWithCustomError(
        world.registry,
        'StateTerminal',
      );
    });
  });

  describe('W-C6 a copied call with fewer moves stops none of them', () => {
    const [one, two, three] = [at(1, { turn: 0n }), at(2, { turn: 0n }), at(3)];

    it('of moves', async () => {
      const { world, open, start, to, status, progress } = await load();
      const moves = [to(0, 1, one), to(0, 2, two), to(0, 3, three)];
      await open();
      await progress(0n, ZeroHash, start, moves.slice(0, 1), world.stranger);
      await progress(0n, ZeroHash, start, moves, world.user);
      expect((await status()).path).to.equal(pathOf(start, one, two, three));
    });

    it('of an opening', async () => {
      const { world, open, opening, start, to, status } = await load();
      const moves = [to(0, 1, one), to(0, 2, two)];
      await open(moves.slice(0, 1));
      await world.registry.openApp(await opening(moves));
      expect((await status()).path).to.equal(pathOf(start, one, two));
    });

    it('of an answer above the tip, on the path, and beside it', async () => {
      const { world, open, start, to, status, agree, progress } = await load();
      const { stranger, user } = world;
      const twice = at(9, { turn: 0n });
      await open();
      const opened = await networkHelpers.takeSnapshot();
      const moves = [to(0, 2, two), to(0, 3, three)];
      for (const played of [0, 1]) {
        await agree(1, one, NO_PROOF, moves.slice(0, played), stranger);
        await agree(1, one, NO_PROOF, moves, user);
        expect((await status()).path).to.equal(pathOf(one, two, three));
        await opened.restore();

        await progress(0n, ZeroHash, start, [to(0, 1, one)]);
        const on = { before: pathOf(start), hashes: hashes(one) };
        await agree(1, one, on, moves.slice(0, played), stranger);
        await agree(1, one, on, moves, user);
        expect((await status()).path).to.equal(pathOf(start, one, two, three));
        await opened.restore();

        await progress(0n, ZeroHash, start, [to(0, 1, twice)]);
        const beside = { before: pathOf(start), hashes: hashes(twice) };
        await agree(1, one, beside, moves.slice(0, played), stranger);
        await agree(1, one, beside, moves, user);
        expect((await status()).path).to.equal(pathOf(one, two, three));
        await opened.restore();
      }
    });

    it('nor does a move in front make an answer revert, nor plays one where the chain went another way', async () => {
      const { open, start, to, status, agree, progress } = await load();
      await open();
      await agree(1, one);
      await progress(1n, ZeroHash, one, [to(0, 2, two)]);
      const before = await status();
      // Made for a tip at version 1; the chain is at 2.
      await agree(2, at(7), NO_PROOF, [to(1, 3, at(8))]);
      await progress(0n, ZeroHash, start, [to(0, 1, at(5)), to(1, 2, at(6)), to(0, 3, at(7))]);
      expect(await status()).to.deep.equal(before);
    });
  });

  describe('a full path', () => {
    /** The user moves as often as a path holds; `agreed` is what both signed, at version 0 or shown above it. */
    async function full() {
      const made = await scene();
      const { start, to, agree, world, app } = made;
      const states = [
        start,
        ...Array.from({ length: FULL + 2 }, (_, i) => script({ counter: BigInt(i + 1) })),
      ];
      await agree(0, start);
      for (let version = 0; version < FULL; version += 64) {
        const moves = Array.from({ length: 64 }, (_, i) => to(0, version + i + 1, states[version + i + 1]!));
        await world.registry.progressApp(
          ...[world.id, app, version, version === 0 ? ZeroHash : pathOf(...states.slice(0, version))],
          ...[states[version], moves, { gasLimit: 25_000_000n }],
        );
      }
      return { ...made, states, before: pathOf(...states.slice(0, FULL)) };
    }
    const loadFull = () => networkHelpers.loadFixture(full);

    it('starts the base’s window anew, in which nobody moves, and then the mover’s period', async () => {
      const { world, status, progress, states, before, to } = await loadFull();
      const { version, steps, baseEndsAt, turnEndsAt, finalizesAt } = await status();
      expect([version, steps]).to.deep.equal([BigInt(FULL), BigInt(FULL)]);
      expect(baseEndsAt).to.equal((await now()) + LONGER);
      expect([turnEndsAt, finalizesAt]).to.deep.equal([baseEndsAt + BigInt(TURNS[0]), turnEndsAt]);
      const move = [to(0, FULL + 1, states[FULL + 1]!)];
      const snapshot = await networkHelpers.takeSnapshot();
      await networkHelpers.time.setNextBlockTimestamp(baseEndsAt - 1n);
      await expect(progress(BigInt(FULL), before, states[FULL]!, move))
        .to.be.revertedWithCustomError(world.registry, 'PathFull')
        .withArgs(baseEndsAt);
      await snapshot.restore();
      await networkHelpers.time.setNextBlockTimestamp(turnEndsAt);
      await expect(progress(BigInt(FULL), before, states[FULL]!, move))
        .to.be.revertedWithCustomError(world.registry, 'TurnOver')
        .withArgs(turnEndsAt);
    });

    it('rolls over with the next move: the tip is the base, and the path goes on', async () => {
      const { world, app, appId, status, progress, states, before, to, agree, both, start } =
        await loadFull();
      const { registry, id, address } = world;
      const { baseEndsAt } = await status();
      await networkHelpers.time.setNextBlockTimestamp(baseEndsAt);
      const rolling = progress(BigInt(FULL), before, states[FULL]!, [to(0, FULL + 1, states[FULL + 1]!)]);
      await expect(rolling).to.emit(registry, 'AppRebased').withArgs(address, appId, BigInt(FULL));
      const rolled = await status();
      const next = [BigInt(FULL + 1), 1n, baseEndsAt + LONGER, baseEndsAt + BigInt(TURNS[0])];
      expect([rolled.version, rolled.steps, rolled.baseEndsAt, rolled.turnEndsAt]).to.deep.equal(next);
      expect(rolled.path).to.equal(pathOf(...states.slice(0, FULL + 2)));
      // What was agreed below had its window.
      await agree(5, script({ counter: 77n }), {
        before: pathOf(...states.slice(0, 5)),
        hashes: hashes(...states.slice(5, FULL + 2)),
      });
      expect(await status()).to.deep.equal(rolled);
      // A Cancel leads back to what both signed, from where a party can start again; not to the tip that rolled over.
      const cancel = {
        channel: address,
        epoch: 0n,
        subject: appId,
        challengeId: rolled.challengeId,
        deadline: FAR,
      };
      const signatures = await world.sign('Cancel', cancel);
      await registry.cancelApp(id, app, cancel, signatures);
      expect((await status()).version).to.equal(0n);
      await registry.setAppState(id, app, 0n, start, both(0, start), NO_PROOF, []);
      expect((await status()).challengeId).to.equal(rolled.challengeId + 1n);
    });

    it('can be answered until then by an older state that both signed, in one call with its proof', async () => {
      const { status, states, agree } = await loadFull();
      const { baseEndsAt } = await status();
      await networkHelpers.time.setNextBlockTimestamp(baseEndsAt - 1n);
      const agreed = script({ counter: 9_999n });
      const path = { before: pathOf(...states.slice(0, 1)), hashes: hashes(...states.slice(1, FULL + 1)) };
      await agree(1, agreed, path);
      const { version, steps, path: commitment } = await status();
      expect([version, steps, commitment]).to.deep.equal([1n, 0n, pathOf(agreed)]);
    });

    it('is full no more where a state on it becomes the base; filled again, it waits again', async () => {
      const { status, states, agree, progress, before, to } = await loadFull();
      const times = async () => {
        const { baseEndsAt, turnEndsAt } = await status();
        return [baseEndsAt, turnEndsAt];
      };
      const earlier = await times();
      const path = { before: pathOf(...states.slice(0, 1)), hashes: hashes(...states.slice(1, FULL + 1)) };
      await agree(1, states[1]!, path);
      expect((await status()).steps).to.equal(BigInt(FULL - 1));
      expect(await times()).to.deep.equal(earlier);
      await networkHelpers.time.increase(100);
      await progress(BigInt(FULL), before, states[FULL]!, [to(0, FULL + 1, states[FULL + 1]!)]);
      const base = (await now()) + LONGER;
      expect(await times()).to.deep.equal([base, base + BigInt(TURNS[0])]);
    });
  });
});
