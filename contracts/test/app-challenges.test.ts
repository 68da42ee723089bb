// SPDX-License-Identifier: MIT
import { expect } from 'chai';
import { keccak256, ZeroAddress, ZeroHash } from 'ethers';

import {
  asset,
  coder,
  deployWorld,
  ETHER,
  ethers,
  extend,
  FAR,
  networkHelpers,
  NO_PROOF,
  NO_SIGNATURES,
  now,
  pastPeriod,
  pathOf,
  PERIOD,
  tree,
  TURNS,
  type App,
  type Signer,
  type World,
} from './support/world.ts';

const LONGER = Math.max(...TURNS);

/** A channel with 100 wei, 30 of them in a transfer from the hub to the user, and its ledger. */
async function withTransfer(rest: Partial<App> = {}) {
  const world = await deployWorld();
  await world.user.sendTransaction({ to: world.address, value: 100n });
  const transfer = world.transfer(30n, rest);
  const appId = world.digest('App', transfer.app);
  const { root, proof } = tree([appId, keccak256('0x77'), keccak256('0x88')]);
  const state = world.ledger(5n, [asset(ETHER, { balances: [50n, 20n], locked: 30n })], { appsRoot: root });
  const signatures = await world.sign('Ledger', state);
  const appState = (version: bigint, encoded: string) => ({ appId, version, stateHash: keccak256(encoded) });
  /** A turn taker's action and its signature on the state that results. */
  const move = async (version: bigint, action: string, next: string, by: Signer = world.user) => ({
    action,
    signature: (await world.sign('AppState', appState(version, next), [by]))[0],
  });
  const signState = (version: bigint, encoded: string) =>
    world.sign('AppState', appState(version, encoded), [world.hub, world.user]);
  const opening = (other: object = {}) => ({
    id: world.id,
    ledger: state,
    signatures,
    app: transfer.app,
    proof: proof(appId),
    state: transfer.state,
    moves: [],
    ...other,
  });
  const unlock = () => move(1n, coder.encode(['bytes32'], [transfer.preimage]), transfer.unlocked);
  return {
    ...world,
    ...transfer,
    appId,
    proof: proof(appId),
    ledgerState: state,
    ledgerSignatures: signatures,
    appState,
    move,
    unlock,
    opening,
    challenge: () => world.registry.challengeLedger(world.id, state, signatures),
    open: (moves: object[] = []) => world.registry.openApp(opening({ moves })),
    set: async (version: bigint, encoded: string, moves: object[] = [], path: object = NO_PROOF) =>
      world.registry.setAppState(
        ...([world.id, transfer.app, version, encoded, await signState(version, encoded)] as const),
        ...[path, moves],
      ),
    progress: (moves: object[], from = transfer.state, version = 0n, previous = ZeroHash) =>
      world.registry.progressApp(world.id, transfer.app, version, previous, from, moves),
    settleApp: (data: string, previous = pathOf(transfer.state)) =>
      world.registry.settleApp(world.id, transfer.app, previous, data, proof(appId)),
    signState,
  };
}

const plain = () => withTransfer();
const load = () => networkHelpers.loadFixture(plain);

async function opened() {
  const world = await withTransfer();
  await world.open();
  return world;
}
const loadOpened = () => networkHelpers.loadFixture(opened);

const larger = (a: bigint, b: bigint) => (a > b ? a : b);

const outcomeHashes = async ({ transferApp, state, unlocked }: Awaited<ReturnType<typeof plain>>) =>
  Promise.all(
    [unlocked, state].map(async (one) =>
      keccak256((await transferApp.getFunction('computeOutcome')(one)) as string),
    ),
  );

const settleLedger = ({ registry, id, ledgerState }: Awaited<ReturnType<typeof plain>>) =>
  registry.settle(id, ledgerState, []);

describe('app challenges', () => {
  describe('opening from the leaf', () => {
    it('puts the ledger on chain and starts at version 0: a base for the longer period, a turn for its own', async () => {
      const { registry, open, appId, address, app, state, digest, ledgerState } = await load();
      const opening = open();
      await expect(opening).to.emit(registry, 'LedgerChallenged');
      await expect(opening)
        .to.emit(registry, 'LedgerChallenged')
        .withArgs(address, 0n, 5n, 1n, (await now()) + BigInt(PERIOD), digest('Ledger', ledgerState));
      const [base, turn] = [(await now()) + BigInt(LONGER), (await now()) + BigInt(app.periods[1])];
      const path = pathOf(state);
      await expect(opening)
        .to.emit(registry, 'AppChallenged')
        .withArgs(address, appId, 0n, 1n, turn, larger(base, turn), path, state);
      expect(await registry.appStatus(appId)).to.deep.equal([0n, 0n, base, turn, base, 1n, 0n, path]);
    });

    it('keeps a running challenge with its ledger or a newer one, and replaces an older', async () => {
      const world = await load();
      const { registry, id, user, hub, address, ledger, sign, opening, appId, app, ledgerState } = world;
      await registry.connect(user).challengeLedger(id, ledger(0n), NO_SIGNATURES);
      const start = await networkHelpers.takeSnapshot();
      await registry.openApp(opening());
      expect((await registry.channelStatus(address)).version).to.equal(5n);
      expect((await registry.channelStatus(address)).challengeId).to.equal(2n);
      await start.restore();
      // It runs already: its signatures are not looked at.
      await world.challenge();
      const before = await registry.channelStatus(address);
      await registry.connect(hub).openApp(opening({ signatures: NO_SIGNATURES }));
      expect(await registry.channelStatus(address)).to.deep.equal(before);
      await start.restore();
      const newer = { ...ledgerState, version: 9n };
      await registry.challengeLedger(id, newer, await sign('Ledger', newer));
      const running = await registry.channelStatus(address);
      await expect(registry.openApp(opening({ signatures: NO_SIGNATURES })))
        .to.be.revertedWithCustomError(registry, 'WrongSigner')
        .withArgs(app.participants[1], ZeroAddress);
      await registry.openApp(opening());
      expect(await registry.channelStatus(address)).to.deep.equal(running);
      expect((await registry.appStatus(appId)).challengeId).to.equal(1n);
    });

    it('W-C6 a floor raised in front of it stops no opening: the move comes in time, the ledger after it', async () => {
      const world = await load();
      const { registry, user, hub, opening, unlock, appId, address, id, ledgerState, sign } = world;
      // Signed by the user, and withheld with the hub's signature until now.
      const withheld = { ...ledgerState, version: 7n };
      const encode = registry.interface.encodeFunctionData.bind(registry.interface);
      await registry
        .connect(hub)
        .multicall([
          encode('challengeLedger', [id, ledgerState, world.ledgerSignatures]),
          encode('answerLedger', [id, withheld, await sign('Ledger', withheld)]),
        ]);
      const raised = await registry.channelStatus(address);
      expect([raised.version, raised.finalizesAt]).to.deep.equal([7n, 0n]);
      await registry.connect(user).openApp(opening({ moves: [await unlock()] }));
      expect((await registry.appStatus(appId)).version).to.equal(1n);
      expect(await registry.channelStatus(address)).to.deep.equal(raised);
      await registry.connect(user).challengeLedger(id, withheld, NO_SIGNATURES);
      expect((await registry.channelStatus(address)).finalizesAt).to.equal((await now()) + BigInt(PERIOD));
    });

    it('needs a ledger that contains the app, and its initial state', async () => {
      const { registry, app, appId, ledgerState, opening, ledger, digest } = await load();
      const refused = async (rest: object, error: string, ...args: unknown[]) =>
        expect(registry.openApp(opening(rest)))
          .to.be.revertedWithCustomError(registry, error)
          .withArgs(...args);
      await refused({ proof: [] }, 'AppNotInLedger', appId, ledgerState.appsRoot);
      await refused({ state: '0x12' }, 'AppStateMismatch', app.initialStateHash, keccak256('0x12'));
      const later = { ...app, epoch: 3n };
      await refused({ app: later }, 'WrongEpoch', 0n, 3n);
      await refused({ app: later, ledger: { ...ledgerState, epoch: 3n } }, 'WrongEpoch', 3n, 0n);
      await refused({ ledger: ledger(6n, ledgerState.assets) }, 'LockedWithoutApps', ETHER);
      expect(digest('App', later)).not.to.equal(appId);
    });

    it('takes a party until the epoch is settled, then anyone', async () => {
      const world = await load();
      const { registry, stranger, challenge, opening, appId, id, ledgerState } = world;
      await expect(registry.connect(stranger).openApp(opening()))
        .to.be.revertedWithCustomError(registry, 'NotAParty')
        .withArgs(stranger.address);
      await challenge();
      await expect(registry.connect(stranger).openApp(opening())).to.be.revertedWithCustomError(
        registry,
        'NotAParty',
      );
      await pastPeriod();
      await registry.settle(id, ledgerState, []);
      const empty = { ...ledgerState, epoch: 0n, version: 1n, assets: [] };
      await registry.connect(stranger).openApp(opening({ ledger: empty, signatures: NO_SIGNATURES }));
      expect((await registry.appStatus(appId)).challengeId).to.equal(1n);
      // Each app has its own full period, also then.
      const status = await registry.appStatus(appId);
      expect(status.finalizesAt).to.equal((await now()) + BigInt(LONGER));
    });

    it('W-C6 goes on where somebody opened it in front, and plays what the chain has not got', async () => {
      const world = await load();
      const { registry, user, hub, stranger, opening, unlock, appId, address } = world;
      const move = await unlock();
      const start = await networkHelpers.takeSnapshot();
      // The payer opens the app without a move, in front of the payee's multicall.
      await registry.connect(hub).openApp(opening());
      const encode = registry.interface.encodeFunctionData.bind(registry.interface);
      const data = [
        encode('challengeLedger', [world.id, world.ledgerState, world.ledgerSignatures]),
        encode('openApp', [opening({ moves: [move] })]),
      ];
      await registry.connect(user).multicall(data);
      const status = await registry.appStatus(appId);
      expect([status.version, status.steps]).to.deep.equal([1n, 1n]);
      // All of it was played: it goes on again, and changes nothing.
      await registry.connect(user).multicall(data);
      expect(await registry.appStatus(appId)).to.deep.equal(status);
      await start.restore();
      // A stranger may play moves in an open app, but starts nothing: no ledger either.
      await world.set(0n, world.state);
      await registry.connect(stranger).openApp(opening({ moves: [move] }));
      expect((await registry.appStatus(appId)).version).to.equal(1n);
      expect((await registry.channelStatus(address)).finalizesAt).to.equal(0n);
    });

    it('works after the ledger was settled too', async () => {
      const world = await load();
      const { challenge, open, unlock, unlocked, user } = world;
      await challenge();
      await pastPeriod();
      await settleLedger(world);
      await open([await unlock()]);
      await pastPeriod(LONGER);
      await expect(world.settleApp(unlocked)).to.changeEtherBalance(ethers, user, 30n);
    });
  });

  describe('opening with a Challenge of a party', () => {
    async function prepared() {
      const world = await load();
      const challengeOf = (rest: object = {}) => ({
        channel: world.address,
        epoch: 0n,
        challengeId: 0n,
        subject: world.appId,
        minVersion: 5n,
        deadline: FAR,
        ...rest,
      });
      const move = await world.unlock();
      const carry = async (
        rest: object = {},
        { by = world.stranger, author = world.user, opening = { moves: [move] } as object } = {},
      ) => {
        const challenge = challengeOf(rest);
        const [signature] = await world.sign('Challenge', challenge, [author]);
        return world.registry.connect(by).openAppFor(world.opening(opening), challenge, signature);
      };
      return { ...world, carry, firstMove: move };
    }

    it('is open to whoever carries it: ledger, app and move in one call', async () => {
      const { registry, carry, appId, address } = await prepared();
      await carry();
      expect((await registry.appStatus(appId)).version).to.equal(1n);
      expect((await registry.channelStatus(address)).version).to.equal(5n);
    });

    it('takes what was signed for this app, with a move, by a party, in time', async () => {
      const { registry, carry, stranger, appId, address } = await prepared();
      for (const [rest, error, args] of [
        [{ channel: stranger.address }, 'WrongChannel', [stranger.address]],
        [{ epoch: 1n }, 'WrongEpoch', [1n, 0n]],
        [{ subject: ZeroHash }, 'WrongSubject', [ZeroHash, appId]],
        [{ challengeId: 1n }, 'WrongChallenge', [1n, 0n]],
        [{ minVersion: 6n }, 'StaleVersion', [5n, 6n]],
        [{ deadline: 5n }, 'DeadlinePassed', [5n]],
      ] as const) {
        await expect(carry(rest))
          .to.be.revertedWithCustomError(registry, error)
          .withArgs(...args);
      }
      await expect(carry({}, { author: stranger }))
        .to.be.revertedWithCustomError(registry, 'NotAParty')
        .withArgs(stranger.address);
      // It may not be used to close a channel, only to show what was signed.
      await expect(carry({}, { opening: {} })).to.be.revertedWithCustomError(registry, 'NoMoves');
      expect((await registry.channelStatus(address)).challengeId).to.equal(0n);
    });

    it('opens an app once ever: after a Cancel it counts no more', async () => {
      const world = await prepared();
      const { registry, carry, appId, sign, hub, user, id, app, address } = world;
      await carry();
      for (const [subject, challengeId] of [
        [appId, 2n],
        [ZeroHash, 1n],
      ] as const) {
        const cancel = { channel: address, epoch: 0n, subject, challengeId, deadline: FAR };
        if (subject === appId)
          await registry.cancelApp(id, app, cancel, await sign('Cancel', cancel, [hub, user]));
        else await registry.cancelLedger(id, cancel, await sign('Cancel', cancel));
      }
      await expect(carry()).to.be.revertedWithCustomError(registry, 'WrongChallenge').withArgs(0n, 2n);
      expect((await registry.channelStatus(address)).finalizesAt).to.equal(0n);
    });

    it('starts nothing where the app is open, but plays the move', async () => {
      const world = await prepared();
      const { registry, carry, appId, address, state, set } = world;
      await set(0n, state);
      await carry({ deadline: 5n });
      expect((await registry.appStatus(appId)).version).to.equal(1n);
      expect((await registry.channelStatus(address)).finalizesAt).to.equal(0n);
    });

    it('is not looked at once the epoch is settled', async () => {
      const world = await prepared();
      const { registry, carry, appId, challenge } = world;
      await challenge();
      await pastPeriod();
      await settleLedger(world);
      await carry({ deadline: 5n }, { opening: {} });
      expect((await registry.appStatus(appId)).version).to.equal(0n);
      expect((await registry.appStatus(appId)).challengeId).to.equal(1n);
    });
  });

  describe('moving', () => {
    it("takes the turn taker's signed action from anyone and tells all about it", async () => {
      const { registry, stranger, id, app, state, unlock, unlocked, appId, address } = await loadOpened();
      const move = await unlock();
      const moving = registry.connect(stranger).progressApp(id, app, 0n, ZeroHash, state, [move]);
      await expect(moving).to.emit(registry, 'AppProgressed');
      // It is over: the payer has its period to show what is newer.
      const turn = (await now()) + BigInt(app.periods[0]);
      const { baseEndsAt } = await registry.appStatus(appId);
      await expect(moving)
        .to.emit(registry, 'AppProgressed')
        .withArgs(
          ...[address, appId, 1n, 2n, turn, larger(turn, baseEndsAt), pathOf(state, unlocked)],
          ...[move.action, move.signature, unlocked],
        );
    });

    it('refuses a wrong state, signer or action', async () => {
      const world = await loadOpened();
      const { registry, hub, user, state, unlock, unlocked, move, preimage } = world;
      const { appId, transferApp, lockHash, progress } = world;
      await expect(progress([await unlock()], unlocked))
        .to.be.revertedWithCustomError(registry, 'AppStateMismatch')
        .withArgs(pathOf(state), pathOf(unlocked));
      for (const [version, previous] of [
        [0n, keccak256('0x01')],
        [1n, ZeroHash],
      ] as const) {
        await expect(progress([await unlock()], state, version, previous))
          .to.be.revertedWithCustomError(registry, 'AppStateMismatch')
          .withArgs(pathOf(state), extend(previous, keccak256(state)));
      }
      const action = coder.encode(['bytes32'], [preimage]);
      await expect(progress([await move(1n, action, unlocked, hub)]))
        .to.be.revertedWithCustomError(registry, 'WrongSigner')
        .withArgs(user.address, hub.address);
      // An action is signed for one version only (invariant 2).
      await expect(progress([await move(2n, action, unlocked)])).to.be.revertedWithCustomError(
        registry,
        'WrongSigner',
      );
      await expect(progress([await move(1n, coder.encode(['bytes32'], [keccak256('0x99')]), unlocked)]))
        .to.be.revertedWithCustomError(transferApp, 'WrongPreimage')
        .withArgs(lockHash, keccak256('0x99'));
      await progress([await unlock()]);
      await expect(progress([await unlock()], unlocked, 1n, pathOf(state)))
        .to.be.revertedWithCustomError(registry, 'StateTerminal')
        .withArgs(appId);
    });

    it('goes on where the move was made already, and without moves', async () => {
      const { registry, appId, unlock, progress } = await loadOpened();
      const move = await unlock();
      await progress([]);
      expect((await registry.appStatus(appId)).version).to.equal(0n);
      await progress([move]);
      const status = await registry.appStatus(appId);
      await progress([move]);
      expect(await registry.appStatus(appId)).to.deep.equal(status);
    });

    it('refuses any without a challenge, and from the end of the turn on', async () => {
      const { registry, unlock, appId, progress } = await load();
      await expect(progress([await unlock()]))
        .to.be.revertedWithCustomError(registry, 'NoChallenge')
        .withArgs(appId);
      const other = await withTransfer({ periods: [TURNS[1], TURNS[0]] });
      await other.open();
      // The base can be answered still; the payee's own time is over.
      const turn = (await now()) + BigInt(TURNS[0]);
      const move = await other.unlock();
      const snapshot = await networkHelpers.takeSnapshot();
      await networkHelpers.time.setNextBlockTimestamp(turn);
      await expect(other.progress([move]))
        .to.be.revertedWithCustomError(other.registry, 'TurnOver')
        .withArgs(turn);
      await snapshot.restore();
      await networkHelpers.time.setNextBlockTimestamp(turn - 1n);
      await other.progress([move]);
    });

    it('refuses any after the action deadline, not a second before', async () => {
      const deadline = BigInt(await networkHelpers.time.latest()) + 1_000n;
      const world = await withTransfer({ actionDeadline: deadline });
      const { registry, open, unlock, progress } = world;
      await open();
      const move = await unlock();
      const snapshot = await networkHelpers.takeSnapshot();
      await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);
      await expect(progress([move]))
        .to.be.revertedWithCustomError(registry, 'ActionDeadlinePassed')
        .withArgs(deadline);
      await snapshot.restore();
      await networkHelpers.time.setNextBlockTimestamp(deadline);
      await progress([move]);
    });

    it('keeps a locked state open until holdUntil, whatever the periods', async () => {
      const holdUntil = BigInt(await networkHelpers.time.latest()) + 500_000n;
      const world = await withTransfer({ holdUntil });
      const { registry, open, app, appId, unlock, progress } = world;
      await open();
      expect((await registry.appStatus(appId)).finalizesAt).to.equal(holdUntil);
      await networkHelpers.time.setNextBlockTimestamp(holdUntil - 1n);
      await progress([await unlock()]);
      // Once it is over nothing holds it but the other side's period.
      const status = await registry.appStatus(appId);
      expect(status.finalizesAt).to.equal(holdUntil - 1n + BigInt(app.periods[0]));
    });
  });

  it('W-B5 who pays and opens it unmoved has no refund while its payee can still claim it', async () => {
    const deadline = BigInt(await networkHelpers.time.latest()) + 500_000n;
    const world = await withTransfer({ actionDeadline: deadline, holdUntil: deadline + 1n });
    const { registry, hub, user, id, app, appId, proof, opening, state, unlock, unlocked, settleApp } = world;
    await registry.connect(hub).openApp(opening());
    await pastPeriod(PERIOD + LONGER);
    await settleLedger(world);
    // The app's own periods are long over.
    await networkHelpers.time.increaseTo(deadline - 10n);
    const asHub = registry.connect(hub);
    for (const taking of [
      asHub.setOutcome(id, app, ZeroHash, state),
      asHub.settleApp(id, app, ZeroHash, state, proof),
    ])
      await expect(taking)
        .to.be.revertedWithCustomError(registry, 'ChallengeNotFinal')
        .withArgs(deadline + 1n);
    const move = await unlock();
    await networkHelpers.time.setNextBlockTimestamp(deadline);
    await world.progress([move]);
    await networkHelpers.time.increaseTo((await registry.appStatus(appId)).finalizesAt as bigint);
    await expect(settleApp(unlocked)).to.changeEtherBalances(ethers, [hub, user], [0n, 30n]);
  });

  // The second is little in the bits that are kept.
  for (const holdUntil of [2n ** 64n - 1n, 2n ** 40n + 5n]) {
    it(`W-E to be held beyond all times is held for ever, and can still be ended by both: ${holdUntil}`, async () => {
      const world = await withTransfer({ holdUntil });
      const { registry, open, app, appId, unlocked, set } = world;
      await open();
      const status = await registry.appStatus(appId);
      expect([status.turnEndsAt, status.finalizesAt]).to.deep.equal([2n ** 40n - 1n, 2n ** 40n - 1n]);
      expect(status.baseEndsAt).to.equal((await now()) + BigInt(Math.max(...app.periods)));
      await set(1n, unlocked);
      expect((await registry.appStatus(appId)).finalizesAt).to.equal(await now());
    });
  }

  describe('double-signed states', () => {
    it('start a challenge without any ledger, by a party; a terminal one is final at once', async () => {
      const { registry, stranger, id, app, appId, unlocked, signState, set } = await load();
      await expect(
        registry
          .connect(stranger)
          .setAppState(id, app, 1n, unlocked, await signState(1n, unlocked), NO_PROOF, []),
      )
        .to.be.revertedWithCustomError(registry, 'NotAParty')
        .withArgs(stranger.address);
      await set(1n, unlocked);
      const status = await registry.appStatus(appId);
      expect(status.finalizesAt).to.equal(await now());
      await expect(set(2n, unlocked))
        .to.be.revertedWithCustomError(registry, 'ChallengeFinal')
        .withArgs(await now());
      // What is on chain already is done, also then.
      await set(1n, unlocked);
      expect(await registry.appStatus(appId)).to.deep.equal(status);
    });

    it('displace a path that went another way than both signed (invariants 2, 10)', async () => {
      const { registry, appId, state, unlock, unlocked, lockHash, set, progress } = await loadOpened();
      await progress([await unlock()]);
      // The two had agreed on something else at the same version.
      const other = coder.encode(['tuple(uint256,bytes32,bytes32)'], [[29n, lockHash, ZeroHash]]);
      const before = await registry.appStatus(appId);
      // Without the proof that leads to the tip nothing is known of the path: it goes on.
      for (const path of [
        NO_PROOF,
        { before: ZeroHash, hashes: [keccak256(unlocked)] },
        { before: pathOf(state), hashes: [keccak256(other)] },
      ]) {
        await set(1n, other, [], path);
        expect(await registry.appStatus(appId)).to.deep.equal(before);
      }
      await set(1n, other, [], { before: pathOf(state), hashes: [keccak256(unlocked)] });
      const status = await registry.appStatus(appId);
      expect([status.version, status.steps, status.path]).to.deep.equal([1n, 0n, pathOf(other)]);
      expect(status.finalizesAt).to.equal((await now()) + BigInt(LONGER));
      // At the base and below it there is nothing to do.
      for (const [version, encoded] of [
        [1n, other],
        [0n, state],
      ] as const) {
        await set(version, encoded);
        expect(await registry.appStatus(appId)).to.deep.equal(status);
      }
    });

    it('a move to a terminal state is not final before its base could be answered, nor in the other side’s period', async () => {
      const world = await withTransfer({ periods: [TURNS[1], TURNS[0]] });
      const { registry, unlock, unlocked, progress, settleApp } = world;
      await world.open();
      await networkHelpers.time.setNextBlockTimestamp((await now()) + 1_000n);
      await progress([await unlock()]);
      const end = (await now()) + BigInt(TURNS[1]);
      await expect(settleApp(unlocked))
        .to.be.revertedWithCustomError(registry, 'ChallengeNotFinal')
        .withArgs(end);
    });

    it('need both signatures, by participant position', async () => {
      const { registry, id, app, user, hub, unlocked, sign, appState } = await load();
      const signatures = await sign('AppState', appState(1n, unlocked), [user, hub]);
      await expect(registry.setAppState(id, app, 1n, unlocked, signatures, NO_PROOF, []))
        .to.be.revertedWithCustomError(registry, 'WrongSigner')
        .withArgs(hub.address, user.address);
    });

    it('can be moved on in the same call', async () => {
      const { registry, appId, state, preimage, move, set, unlocked } = await load();
      const next = await move(6n, coder.encode(['bytes32'], [preimage]), unlocked);
      await set(5n, state, [next]);
      const status = await registry.appStatus(appId);
      expect([status.version, status.steps]).to.deep.equal([6n, 1n]);
    });
  });

  describe('cancelling by agreement', () => {
    const cancelOf = ({ address }: World, appId: string, rest: object = {}) => ({
      channel: address,
      epoch: 0n,
      subject: appId,
      challengeId: 1n,
      deadline: FAR,
      ...rest,
    });

    it('leaves the app usable and its agreed version the floor', async () => {
      const world = await load();
      const { registry, id, app, appId, state, set, progress, sign, hub, user, stranger, address, unlock } =
        world;
      await set(5n, state);
      await pastPeriod(LONGER);
      const cancel = cancelOf(world, appId);
      const signatures = await sign('Cancel', cancel, [hub, user]);
      await expect(registry.connect(stranger).cancelApp(id, app, cancel, signatures))
        .to.emit(registry, 'AppCancelled')
        .withArgs(address, appId, 5n, 1n);
      expect(await registry.appStatus(appId)).to.deep.equal([5n, 0n, 0n, 0n, 0n, 1n, 0n, ZeroHash]);
      // Nothing runs: whoever comes second goes on.
      await expect(registry.cancelApp(id, app, cancel, signatures)).not.to.emit(registry, 'AppCancelled');
      await expect(progress([await unlock()])).to.be.revertedWithCustomError(registry, 'NoChallenge');
      await expect(set(4n, state)).to.be.revertedWithCustomError(registry, 'StaleVersion').withArgs(4n, 5n);
      await set(5n, state);
      expect((await registry.appStatus(appId)).challengeId).to.equal(2n);
    });

    it('lets an app be opened again from its leaf, of which no later state was ever shown', async () => {
      const world = await loadOpened();
      const { registry, id, app, appId, sign, hub, user, stranger, opening } = world;
      const cancel = cancelOf(world, appId);
      await registry.cancelApp(id, app, cancel, await sign('Cancel', cancel, [hub, user]));
      await expect(registry.connect(stranger).openApp(opening())).to.be.revertedWithCustomError(
        registry,
        'NotAParty',
      );
      await registry.openApp(opening());
      expect((await registry.appStatus(appId)).challengeId).to.equal(2n);
    });

    it('does not let an app with agreed moves start over from its leaf', async () => {
      const world = await load();
      const { registry, id, app, appId, state, set, sign, hub, user, open } = world;
      await set(5n, state);
      const cancel = cancelOf(world, appId);
      await registry.cancelApp(id, app, cancel, await sign('Cancel', cancel, [hub, user]));
      await expect(open()).to.be.revertedWithCustomError(registry, 'StaleVersion').withArgs(0n, 5n);
    });

    it('W-A10 one that was kept back erases no reply', async () => {
      const world = await loadOpened();
      const { registry, id, app, appId, sign, hub, user, unlock, progress } = world;
      const kept = cancelOf(world, appId);
      const signatures = await sign('Cancel', kept, [hub, user]);
      await progress([await unlock()]);
      await expect(registry.cancelApp(id, app, kept, signatures))
        .to.be.revertedWithCustomError(registry, 'WrongChallenge')
        .withArgs(1n, 2n);
      expect((await registry.appStatus(appId)).version).to.equal(1n);
    });

    it('W-E counts to its last second, and no longer', async () => {
      const world = await loadOpened();
      const { registry, id, app, appId, sign, hub, user } = world;
      const deadline = (await now()) + 100n;
      const cancel = cancelOf(world, appId, { deadline });
      const signatures = await sign('Cancel', cancel, [hub, user]);
      const snapshot = await networkHelpers.takeSnapshot();
      await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);
      await expect(registry.cancelApp(id, app, cancel, signatures))
        .to.be.revertedWithCustomError(registry, 'DeadlinePassed')
        .withArgs(deadline);
      await snapshot.restore();
      await networkHelpers.time.setNextBlockTimestamp(deadline);
      await registry.cancelApp(id, app, cancel, signatures);
      expect((await registry.appStatus(appId)).finalizesAt).to.equal(0n);
    });

    it('is for one challenge of one app', async () => {
      const world = await loadOpened();
      const { registry, id, app, appId, sign, hub, user, stranger } = world;
      for (const [rest, error, args] of [
        [{ channel: stranger.address }, 'WrongChannel', [stranger.address]],
        [{ epoch: 1n }, 'WrongEpoch', [1n, 0n]],
        [{ subject: ZeroHash }, 'WrongSubject', [ZeroHash, appId]],
        [{ challengeId: 2n }, 'WrongChallenge', [2n, 1n]],
        [{ deadline: 5n }, 'DeadlinePassed', [5n]],
      ] as const) {
        const cancel = cancelOf(world, appId, rest);
        await expect(registry.cancelApp(id, app, cancel, await sign('Cancel', cancel, [hub, user])))
          .to.be.revertedWithCustomError(registry, error)
          .withArgs(...args);
      }
      const cancel = cancelOf(world, appId);
      await expect(
        registry.cancelApp(id, app, cancel, await sign('Cancel', cancel)),
      ).to.be.revertedWithCustomError(registry, 'WrongSigner');
    });
  });

  describe('paying', () => {
    it('pays the payee who showed the preimage, once, after ledger and app are final', async () => {
      const world = await loadOpened();
      const { registry, appId, unlock, unlocked, user, hub, channel, address } = world;
      await world.progress([await unlock()]);
      await pastPeriod(LONGER);
      await expect(world.settleApp(unlocked))
        .to.be.revertedWithCustomError(registry, 'AppNotInLedger')
        .withArgs(appId, ZeroHash);
      await pastPeriod();
      await expect(settleLedger(world)).to.changeEtherBalances(
        ethers,
        [user, hub, address],
        [50n, 20n, -70n],
      );
      expect(await channel.reserved(0n, ETHER)).to.equal(30n);
      await expect(world.settleApp(unlocked)).to.changeEtherBalances(
        ethers,
        [user, hub, address],
        [30n, 0n, -30n],
      );
      expect(await channel.reserved(0n, ETHER)).to.equal(0n);
      // Done: whoever comes second goes on.
      await expect(world.settleApp(unlocked)).to.changeEtherBalances(
        ethers,
        [user, hub, address],
        [0n, 0n, 0n],
      );
    });

    it('refunds the payer when no preimage was shown', async () => {
      const world = await loadOpened();
      const { state, hub } = world;
      await pastPeriod();
      await settleLedger(world);
      await expect(world.settleApp(state, ZeroHash)).to.changeEtherBalance(ethers, hub, 30n);
    });

    it('settles ledger and app in one transaction', async () => {
      const world = await loadOpened();
      const { registry, id, ledgerState, app, state, unlock, unlocked, proof, user } = world;
      await world.progress([await unlock()]);
      await pastPeriod();
      const encode = registry.interface.encodeFunctionData.bind(registry.interface);
      await expect(
        registry.multicall([
          encode('settle', [id, ledgerState, []]),
          encode('settleApp', [id, app, pathOf(state), unlocked, proof]),
        ]),
      ).to.changeEtherBalance(ethers, user, 80n);
    });

    it('an app that the final ledger does not contain pays nothing', async () => {
      const world = await loadOpened();
      const { registry, id, appId, unlock, unlocked, ledger, sign } = world;
      await world.progress([await unlock()]);
      const newer = ledger(8n, [asset(ETHER, { balances: [80n, 20n] })]);
      await registry.challengeLedger(id, newer, await sign('Ledger', newer));
      await pastPeriod();
      await registry.settle(id, newer, []);
      await expect(world.settleApp(unlocked))
        .to.be.revertedWithCustomError(registry, 'AppNotInLedger')
        .withArgs(appId, ZeroHash);
    });

    it('cannot be cancelled once it paid', async () => {
      const world = await loadOpened();
      const { registry, id, app, appId, state, sign, hub, user, address } = world;
      await pastPeriod();
      await settleLedger(world);
      await world.settleApp(state, ZeroHash);
      const status = await registry.appStatus(appId);
      const cancel = { channel: address, epoch: 0n, subject: appId, challengeId: 1n, deadline: FAR };
      await registry.cancelApp(id, app, cancel, await sign('Cancel', cancel, [hub, user]));
      expect(await registry.appStatus(appId)).to.deep.equal(status);
      expect([status.stage, status.path]).to.deep.equal([2n, ZeroHash]);
    });

    it('W-C6 a stranger who sets the outcome in front of it changes nothing', async () => {
      const world = await loadOpened();
      const { registry, id, app, stranger, state, unlock, unlocked, user, ledgerState, proof } = world;
      await world.progress([await unlock()]);
      await pastPeriod();
      await registry.connect(stranger).setOutcome(id, app, pathOf(state), unlocked);
      const encode = registry.interface.encodeFunctionData.bind(registry.interface);
      const data = [
        encode('settle', [id, ledgerState, []]),
        encode('settleApp', [id, app, pathOf(state), unlocked, proof]),
      ];
      await registry.connect(stranger).settle(id, ledgerState, []);
      await expect(world.settleApp(state, ZeroHash))
        .to.be.revertedWithCustomError(registry, 'AppStateMismatch')
        .withArgs(...(await outcomeHashes(world)));
      await expect(registry.multicall(data)).to.changeEtherBalance(ethers, user, 30n);
    });

    for (const seat of [0, 1]) {
      it(`pays participant ${seat} no more than the ledger locked, whatever the app staked (invariant 1)`, async () => {
        const world = await withTransfer();
        const { user, hub, registry, id, sign, address } = world;
        await user.sendTransaction({ to: address, value: 500n });
        // Both signed an app with a larger stake than the ledger locks for it: careless, but theirs alone.
        const { app, state, unlocked } = world.transfer(70n, { nonce: keccak256('0x66') });
        const last = seat === 0 ? state : unlocked;
        const appId = world.digest('App', app);
        const { root, proof } = tree([appId]);
        const ledger = world.ledger(6n, [asset(ETHER, { balances: [50n, 20n], locked: 30n })], {
          appsRoot: root,
        });
        await registry.challengeLedger(id, ledger, await sign('Ledger', ledger));
        const signatures = await sign('AppState', { appId, version: 1n, stateHash: keccak256(last) }, [
          hub,
          user,
        ]);
        await registry.setAppState(id, app, 1n, last, signatures, NO_PROOF, []);
        await pastPeriod();
        await registry.settle(id, ledger, []);
        await user.sendTransaction({ to: address, value: 500n });
        const paid = registry.settleApp(id, app, ZeroHash, last, proof(appId));
        await expect(paid).to.changeEtherBalances(ethers, [hub, user], seat === 0 ? [30n, 0n] : [0n, 30n]);
      });
    }

    it('keeps stakes apart from the money of the next epoch', async () => {
      const world = await loadOpened();
      const { registry, user, address } = world;
      await pastPeriod();
      await settleLedger(world);
      await user.sendTransaction({ to: address, value: 11n });
      expect(await registry.account(address, ETHER)).to.deep.equal([[11n, 0n], [0n, 0n], 30n]);
      const next = world.ledger(0n, [], { epoch: 1n });
      await registry.connect(user).challengeLedger(world.id, next, NO_SIGNATURES);
      await pastPeriod(PERIOD);
      await expect(registry.settle(world.id, next, [ETHER])).to.changeEtherBalance(ethers, user, 11n);
      await expect(world.settleApp(world.state, ZeroHash)).to.changeEtherBalance(ethers, world.hub, 30n);
    });
  });
});
