// SPDX-License-Identifier: MIT
import { expect } from 'chai';
import { keccak256, ZeroHash } from 'ethers';

import {
  asset,
  coder,
  deployWorld,
  ETHER,
  ethers,
  FAR,
  header,
  networkHelpers,
  NO_SIGNATURES,
  now,
  pastPeriod,
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
    challenge: () => world.registry.challengeLedger(world.id, state, signatures),
    open: async (moves: object[] = [], encoded = moves.length > 0 ? transfer.state : '0x') =>
      world.registry.openApp(transfer.app, header(state), proof(appId), encoded, moves),
    signState: (version: bigint, encoded: string) =>
      world.sign('AppState', appState(version, encoded), [world.hub, world.user]),
  };
}

const plain = () => withTransfer();
const load = () => networkHelpers.loadFixture(plain);

async function opened() {
  const world = await withTransfer();
  await world.challenge();
  await world.open();
  return world;
}
const loadOpened = () => networkHelpers.loadFixture(opened);

const settleLedger = ({ registry, id, ledgerState }: Awaited<ReturnType<typeof plain>>) =>
  registry.settle(id, ledgerState, []);

describe('app challenges', () => {
  describe('opening from the leaf', () => {
    it('starts at version 0 for the longer period', async () => {
      const { registry, challenge, open, appId, address, app } = await load();
      await challenge();
      const opening = open();
      await expect(opening).to.emit(registry, 'AppChallenged');
      const end = (await now()) + BigInt(LONGER);
      await expect(opening)
        .to.emit(registry, 'AppChallenged')
        .withArgs(address, appId, 0n, 1n, end, app.initialStateHash);
      expect(await registry.appStatus(appId)).to.deep.equal([0n, 0n, end, end, 1n, 0n, app.initialStateHash]);
    });

    it('puts the ledger on chain, opens the app and moves in one transaction', async () => {
      const { registry, id, ledgerState, ledgerSignatures, app, proof, state, unlock, unlocked, appId } =
        await load();
      const encode = registry.interface.encodeFunctionData.bind(registry.interface);
      await registry.multicall([
        encode('challengeLedger', [id, ledgerState, ledgerSignatures]),
        encode('openApp', [app, header(ledgerState), proof, state, [await unlock()]]),
      ]);
      const status = await registry.appStatus(appId);
      expect([status.version, status.steps, status.stateHash]).to.deep.equal([1n, 1n, keccak256(unlocked)]);
    });

    it('needs a challenged ledger that contains the app', async () => {
      const { registry, challenge, open, app, appId, ledgerState, digest, proof, ledger } = await load();
      await expect(open()).to.be.revertedWithCustomError(registry, 'NoChallenge').withArgs(ZeroHash);
      await challenge();
      const other = { ...ledgerState, version: 6n };
      await expect(registry.openApp(app, header(other), proof, '0x', []))
        .to.be.revertedWithCustomError(registry, 'LedgerMismatch')
        .withArgs(digest('Ledger', ledgerState), digest('Ledger', other));
      await expect(registry.openApp(app, header(ledgerState), [], '0x', []))
        .to.be.revertedWithCustomError(registry, 'AppNotInLedger')
        .withArgs(appId, ledgerState.appsRoot);
      const foreign = { ...app, epoch: 3n };
      await expect(registry.openApp(foreign, header(ledger(1n)), proof, '0x', []))
        .to.be.revertedWithCustomError(registry, 'AppNotInLedger')
        .withArgs(digest('App', foreign), ZeroHash);
      await open();
      await expect(open()).to.be.revertedWithCustomError(registry, 'AppAlreadyOpen').withArgs(appId);
    });

    it('works after the ledger was settled too', async () => {
      const world = await load();
      const { challenge, open, unlock, registry, app, unlocked, proof, user } = world;
      await challenge();
      await pastPeriod();
      await settleLedger(world);
      await open([await unlock()]);
      await pastPeriod(LONGER);
      await expect(registry.settleApp(app, unlocked, proof)).to.changeEtherBalance(ethers, user, 30n);
    });
  });

  describe('moving', () => {
    it("takes the turn taker's signed action from anyone and tells all about it", async () => {
      const { registry, stranger, app, state, unlock, unlocked, appId, address } = await loadOpened();
      const move = await unlock();
      await expect(registry.connect(stranger).progressApp(app, state, [move]))
        .to.emit(registry, 'AppProgressed')
        .withArgs(
          address,
          appId,
          1n,
          (await registry.appStatus(appId)).baseEndsAt,
          move.action,
          move.signature,
          unlocked,
        );
    });

    it('refuses a wrong state, signer, action, or none', async () => {
      const {
        registry,
        hub,
        user,
        app,
        state,
        unlock,
        unlocked,
        move,
        preimage,
        appId,
        transferApp,
        lockHash,
      } = await loadOpened();
      await expect(registry.progressApp(app, state, [])).to.be.revertedWithCustomError(registry, 'NoMoves');
      await expect(registry.progressApp(app, unlocked, [await unlock()]))
        .to.be.revertedWithCustomError(registry, 'AppStateMismatch')
        .withArgs(keccak256(state), keccak256(unlocked));
      const action = coder.encode(['bytes32'], [preimage]);
      await expect(registry.progressApp(app, state, [await move(1n, action, unlocked, hub)]))
        .to.be.revertedWithCustomError(registry, 'WrongSigner')
        .withArgs(user.address, hub.address);
      // An action is signed for one version only (invariant 2).
      await expect(
        registry.progressApp(app, state, [await move(2n, action, unlocked)]),
      ).to.be.revertedWithCustomError(registry, 'WrongSigner');
      await expect(
        registry.progressApp(app, state, [
          await move(1n, coder.encode(['bytes32'], [keccak256('0x99')]), unlocked),
        ]),
      )
        .to.be.revertedWithCustomError(transferApp, 'WrongPreimage')
        .withArgs(lockHash, keccak256('0x99'));
      await registry.progressApp(app, state, [await unlock()]);
      await expect(registry.progressApp(app, unlocked, [await unlock()]))
        .to.be.revertedWithCustomError(registry, 'StateTerminal')
        .withArgs(appId);
    });

    it('refuses any after finality, or without a challenge', async () => {
      const { registry, app, state, unlock, appId, challenge } = await load();
      await challenge();
      await expect(registry.progressApp(app, state, [await unlock()]))
        .to.be.revertedWithCustomError(registry, 'NoChallenge')
        .withArgs(appId);
      const other = await loadOpened();
      const end = (await now()) + BigInt(LONGER);
      await pastPeriod(LONGER);
      await expect(other.registry.progressApp(other.app, other.state, [await other.unlock()]))
        .to.be.revertedWithCustomError(other.registry, 'ChallengeFinal')
        .withArgs(end);
    });

    it('refuses any after the action deadline, not a second before', async () => {
      const deadline = BigInt(await networkHelpers.time.latest()) + 1_000n;
      const world = await withTransfer({ actionDeadline: deadline });
      const { registry, challenge, open, app, state, unlock } = world;
      await challenge();
      await open();
      const move = await unlock();
      const snapshot = await networkHelpers.takeSnapshot();
      await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);
      await expect(registry.progressApp(app, state, [move]))
        .to.be.revertedWithCustomError(registry, 'ActionDeadlinePassed')
        .withArgs(deadline);
      await snapshot.restore();
      await networkHelpers.time.setNextBlockTimestamp(deadline);
      await registry.progressApp(app, state, [move]);
    });

    it('keeps a locked state open until holdUntil, whatever the periods', async () => {
      const holdUntil = BigInt(await networkHelpers.time.latest()) + 500_000n;
      const world = await withTransfer({ holdUntil });
      const { registry, challenge, open, app, appId, state, unlock } = world;
      await challenge();
      await open();
      expect((await registry.appStatus(appId)).finalizesAt).to.equal(holdUntil);
      await networkHelpers.time.setNextBlockTimestamp(holdUntil - 1n);
      await registry.progressApp(app, state, [await unlock()]);
      // Once it is over nothing holds it.
      const status = await registry.appStatus(appId);
      expect(status.finalizesAt).to.equal(status.baseEndsAt);
      await registry.setOutcome.staticCall(app, world.unlocked);
    });
  });

  it('to be held beyond all times is held for ever, and can still be ended by both', async () => {
    const world = await withTransfer({ holdUntil: 2n ** 64n - 1n });
    const { registry, challenge, open, app, appId, unlocked, signState } = world;
    await challenge();
    await open();
    expect((await registry.appStatus(appId)).finalizesAt).to.equal(2n ** 40n - 1n);
    await registry.setAppState(app, 1n, unlocked, await signState(1n, unlocked), []);
    expect((await registry.appStatus(appId)).finalizesAt).to.equal(await now());
  });

  describe('double-signed states', () => {
    it('start a challenge without any ledger; a terminal one is final at once', async () => {
      const { registry, stranger, app, appId, unlocked, signState } = await load();
      await registry.connect(stranger).setAppState(app, 1n, unlocked, await signState(1n, unlocked), []);
      const status = await registry.appStatus(appId);
      expect(status.finalizesAt).to.equal(await now());
      await expect(registry.setAppState(app, 2n, unlocked, await signState(2n, unlocked), []))
        .to.be.revertedWithCustomError(registry, 'ChallengeFinal')
        .withArgs(await now());
    });

    it('replace moves made on an old parent, and restart the clock (invariants 2, 10)', async () => {
      const { registry, app, appId, state, unlock, lockHash, signState } = await loadOpened();
      await registry.progressApp(app, state, [await unlock()]);
      // The two had agreed on something else at the same version.
      const other = coder.encode(['tuple(uint256,bytes32,bytes32)'], [[29n, lockHash, ZeroHash]]);
      await registry.setAppState(app, 1n, other, await signState(1n, other), []);
      const status = await registry.appStatus(appId);
      expect([status.version, status.steps, status.stateHash]).to.deep.equal([1n, 0n, keccak256(other)]);
      expect(status.finalizesAt).to.equal((await now()) + BigInt(LONGER));
      await expect(registry.setAppState(app, 1n, other, await signState(1n, other), []))
        .to.be.revertedWithCustomError(registry, 'StaleVersion')
        .withArgs(1n, 1n);
      await expect(registry.setAppState(app, 0n, state, await signState(0n, state), []))
        .to.be.revertedWithCustomError(registry, 'StaleVersion')
        .withArgs(0n, 1n);
    });

    it('a move to a terminal state is not final before its base could be answered', async () => {
      const { registry, app, state, unlock, unlocked, proof } = await loadOpened();
      const end = (await now()) + BigInt(LONGER);
      await registry.progressApp(app, state, [await unlock()]);
      await expect(registry.settleApp(app, unlocked, proof))
        .to.be.revertedWithCustomError(registry, 'ChallengeNotFinal')
        .withArgs(end);
    });

    it('need both signatures, by participant position', async () => {
      const { registry, app, user, hub, unlocked, sign, appState } = await load();
      await expect(
        registry.setAppState(
          app,
          1n,
          unlocked,
          await sign('AppState', appState(1n, unlocked), [user, hub]),
          [],
        ),
      )
        .to.be.revertedWithCustomError(registry, 'WrongSigner')
        .withArgs(hub.address, user.address);
    });

    it('can be moved on in the same call', async () => {
      const { registry, app, appId, state, preimage, move, signState, unlocked } = await load();
      const next = await move(6n, coder.encode(['bytes32'], [preimage]), unlocked);
      await registry.setAppState(app, 5n, state, await signState(5n, state), [next]);
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
      const { registry, app, appId, state, signState, sign, hub, user, stranger, address, unlock } = world;
      await registry.setAppState(app, 5n, state, await signState(5n, state), []);
      await pastPeriod(LONGER);
      const cancel = cancelOf(world, appId);
      const signatures = await sign('Cancel', cancel, [hub, user]);
      await expect(registry.connect(stranger).cancelApp(app, cancel, signatures))
        .to.emit(registry, 'AppCancelled')
        .withArgs(address, appId, 5n, 1n);
      await expect(registry.progressApp(app, state, [await unlock()])).to.be.revertedWithCustomError(
        registry,
        'NoChallenge',
      );
      const again = await signState(5n, state);
      await expect(registry.connect(stranger).setAppState(app, 5n, state, again, []))
        .to.be.revertedWithCustomError(registry, 'NotAParty')
        .withArgs(stranger.address);
      await expect(registry.setAppState(app, 4n, state, await signState(4n, state), []))
        .to.be.revertedWithCustomError(registry, 'StaleVersion')
        .withArgs(4n, 5n);
      await registry.connect(user).setAppState(app, 5n, state, again, []);
      expect((await registry.appStatus(appId)).challengeId).to.equal(2n);
    });

    it('lets anyone open an app again from its leaf, of which no later state was ever shown', async () => {
      const world = await loadOpened();
      const { registry, app, appId, sign, hub, user, stranger, ledgerState, proof } = world;
      const cancel = cancelOf(world, appId);
      await registry.cancelApp(app, cancel, await sign('Cancel', cancel, [hub, user]));
      await registry.connect(stranger).openApp(app, header(ledgerState), proof, '0x', []);
      expect((await registry.appStatus(appId)).challengeId).to.equal(2n);
    });

    it('does not let an app with agreed moves start over from its leaf', async () => {
      const world = await load();
      const { registry, app, appId, state, signState, sign, hub, user, challenge, open } = world;
      await registry.setAppState(app, 5n, state, await signState(5n, state), []);
      const cancel = cancelOf(world, appId);
      await registry.cancelApp(app, cancel, await sign('Cancel', cancel, [hub, user]));
      await challenge();
      await expect(open()).to.be.revertedWithCustomError(registry, 'StaleVersion').withArgs(0n, 5n);
    });

    it('is for one challenge of one app', async () => {
      const world = await loadOpened();
      const { registry, app, appId, sign, hub, user, stranger } = world;
      for (const [rest, error, args] of [
        [{ channel: stranger.address }, 'WrongChannel', [stranger.address]],
        [{ epoch: 1n }, 'WrongEpoch', [1n, 0n]],
        [{ subject: ZeroHash }, 'WrongSubject', [ZeroHash, appId]],
        [{ challengeId: 2n }, 'WrongChallenge', [2n, 1n]],
        [{ deadline: 5n }, 'DeadlinePassed', [5n]],
      ] as const) {
        const cancel = cancelOf(world, appId, rest);
        await expect(registry.cancelApp(app, cancel, await sign('Cancel', cancel, [hub, user])))
          .to.be.revertedWithCustomError(registry, error)
          .withArgs(...args);
      }
      const cancel = cancelOf(world, appId);
      await expect(
        registry.cancelApp(app, cancel, await sign('Cancel', cancel)),
      ).to.be.revertedWithCustomError(registry, 'WrongSigner');
    });
  });

  describe('paying', () => {
    it('pays the payee who showed the preimage, once, after ledger and app are final', async () => {
      const world = await loadOpened();
      const { registry, app, appId, state, unlock, unlocked, proof, user, hub, channel, address } = world;
      await registry.progressApp(app, state, [await unlock()]);
      await pastPeriod(LONGER);
      await expect(registry.settleApp(app, unlocked, proof))
        .to.be.revertedWithCustomError(registry, 'AppNotInLedger')
        .withArgs(appId, ZeroHash);
      await pastPeriod();
      await expect(settleLedger(world)).to.changeEtherBalances(
        ethers,
        [user, hub, address],
        [50n, 20n, -70n],
      );
      expect(await channel.reserved(0n, ETHER)).to.equal(30n);
      await expect(registry.settleApp(app, unlocked, proof)).to.changeEtherBalances(
        ethers,
        [user, hub, address],
        [30n, 0n, -30n],
      );
      expect(await channel.reserved(0n, ETHER)).to.equal(0n);
      await expect(registry.settleApp(app, unlocked, proof))
        .to.be.revertedWithCustomError(registry, 'AppFinished')
        .withArgs(appId);
    });

    it('refunds the payer when no preimage was shown', async () => {
      const world = await loadOpened();
      const { registry, app, state, proof, hub } = world;
      await pastPeriod();
      await settleLedger(world);
      await expect(registry.settleApp(app, state, proof)).to.changeEtherBalance(ethers, hub, 30n);
    });

    it('settles ledger and app in one transaction', async () => {
      const world = await loadOpened();
      const { registry, id, ledgerState, app, state, unlock, unlocked, proof, user } = world;
      await registry.progressApp(app, state, [await unlock()]);
      await pastPeriod();
      const encode = registry.interface.encodeFunctionData.bind(registry.interface);
      await expect(
        registry.multicall([
          encode('settle', [id, ledgerState, []]),
          encode('settleApp', [app, unlocked, proof]),
        ]),
      ).to.changeEtherBalance(ethers, user, 80n);
    });

    it('an app that the final ledger does not contain pays nothing', async () => {
      const world = await loadOpened();
      const { registry, id, app, appId, state, unlock, unlocked, proof, ledger, sign } = world;
      await registry.progressApp(app, state, [await unlock()]);
      const newer = ledger(8n, [asset(ETHER, { balances: [80n, 20n] })]);
      await registry.challengeLedger(id, newer, await sign('Ledger', newer));
      await pastPeriod();
      await registry.settle(id, newer, []);
      await expect(registry.settleApp(app, unlocked, proof))
        .to.be.revertedWithCustomError(registry, 'AppNotInLedger')
        .withArgs(appId, ZeroHash);
    });

    it('cannot be cancelled once it paid', async () => {
      const world = await loadOpened();
      const { registry, app, appId, state, proof, sign, hub, user, address } = world;
      await pastPeriod();
      await settleLedger(world);
      await registry.settleApp(app, state, proof);
      const cancel = { channel: address, epoch: 0n, subject: appId, challengeId: 1n, deadline: FAR };
      await expect(registry.cancelApp(app, cancel, await sign('Cancel', cancel, [hub, user])))
        .to.be.revertedWithCustomError(registry, 'AppFinished')
        .withArgs(appId);
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
        await registry.setAppState(app, 1n, last, signatures, []);
        await pastPeriod();
        await registry.settle(id, ledger, []);
        await user.sendTransaction({ to: address, value: 500n });
        const paid = registry.settleApp(app, last, proof(appId));
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
      await expect(registry.settleApp(world.app, world.state, world.proof)).to.changeEtherBalance(
        ethers,
        world.hub,
        30n,
      );
    });
  });
});
