// SPDX-License-Identifier: MIT
import { expect } from 'chai';
import { ZeroAddress, ZeroHash } from 'ethers';

import {
  asset,
  deployWorld,
  ETHER,
  FAR,
  networkHelpers,
  NO_SIGNATURES,
  now,
  pastPeriod,
  PERIOD,
  type Asset,
} from './support/world.ts';

const load = () => networkHelpers.loadFixture(deployWorld);
const some = asset(ETHER, { balances: [60n, 40n] });

describe('ledger challenges', () => {
  describe('starting', () => {
    it("takes a double-signed ledger from a party and runs for the channel's period", async () => {
      const { registry, hub, id, ledger, sign, address, digest } = await load();
      const state = ledger(7n, [some]);
      const signatures = await sign('Ledger', state);
      const challenge = registry.connect(hub).challengeLedger(id, state, signatures);
      await expect(challenge).to.emit(registry, 'LedgerChallenged');
      const finalizesAt = (await now()) + BigInt(PERIOD);
      expect(await registry.channelStatus(address)).to.deep.equal([
        0n,
        7n,
        finalizesAt,
        1n,
        digest('Ledger', state),
      ]);
      await expect(challenge)
        .to.emit(registry, 'LedgerChallenged')
        .withArgs(address, 0n, 7n, 1n, finalizesAt, digest('Ledger', state));
    });

    it('lets either party, and nobody else, start from the unsigned version 0 (invariant 14)', async () => {
      const { registry, user, hub, stranger, id, ledger } = await load();
      await expect(registry.connect(stranger).challengeLedger(id, ledger(0n), NO_SIGNATURES))
        .to.be.revertedWithCustomError(registry, 'NotAParty')
        .withArgs(stranger.address);
      await registry.connect(user).challengeLedger.staticCall(id, ledger(0n), NO_SIGNATURES);
      await registry.connect(hub).challengeLedger(id, ledger(0n), NO_SIGNATURES);
    });

    it('refuses a version 0 with contents', async () => {
      const { registry, user, id, ledger } = await load();
      for (const state of [ledger(0n, [some]), ledger(0n, [], { appsRoot: `0x${'11'.repeat(32)}` })]) {
        await expect(
          registry.connect(user).challengeLedger(id, state, NO_SIGNATURES),
        ).to.be.revertedWithCustomError(registry, 'NotEmpty');
      }
    });

    it('needs the signature of each party, in order', async () => {
      const { registry, user, hub, stranger, id, ledger, sign } = await load();
      const state = ledger(1n, [some]);
      const swapped = await sign('Ledger', state, [hub, user]);
      await expect(registry.challengeLedger(id, state, swapped))
        .to.be.revertedWithCustomError(registry, 'WrongSigner')
        .withArgs(user.address, hub.address);
      const half = await sign('Ledger', state, [user, stranger]);
      await expect(registry.challengeLedger(id, state, half))
        .to.be.revertedWithCustomError(registry, 'WrongSigner')
        .withArgs(hub.address, stranger.address);
      await expect(registry.challengeLedger(id, state, NO_SIGNATURES))
        .to.be.revertedWithCustomError(registry, 'WrongSigner')
        .withArgs(user.address, ZeroAddress);
    });

    it('refuses a ledger of another channel or epoch', async () => {
      const { registry, stranger, id, ledger, sign } = await load();
      const elsewhere = ledger(1n, [], { channel: stranger.address });
      await expect(registry.challengeLedger(id, elsewhere, await sign('Ledger', elsewhere)))
        .to.be.revertedWithCustomError(registry, 'WrongChannel')
        .withArgs(stranger.address);
      const later = ledger(1n, [], { epoch: 1n });
      await expect(registry.challengeLedger(id, later, await sign('Ledger', later)))
        .to.be.revertedWithCustomError(registry, 'WrongEpoch')
        .withArgs(1n, 0n);
    });

    it('refuses a channel that could not be one', async () => {
      const { registry, factory, user, hub, ledger } = await load();
      for (const [initiator, responder, challengePeriod] of [
        [user.address, user.address, PERIOD],
        [user.address, ETHER, PERIOD],
        [ETHER, hub.address, PERIOD],
        [user.address, hub.address, 0],
      ] as const) {
        const id = { initiator, responder, challengePeriod };
        await expect(registry.challengeLedger(id, ledger(0n), NO_SIGNATURES))
          .to.be.revertedWithCustomError(factory, 'InvalidChannel')
          .withArgs(initiator, responder, challengePeriod);
      }
    });

    const bad: [string, Asset[], string, unknown[]][] = [
      [
        'more than was deposited',
        [asset(ETHER, { balances: [2n, 0n], deposits: [1n, 0n] })],
        'NotConserved',
        [ETHER],
      ],
      [
        'less than was deposited',
        [asset(ETHER, { balances: [2n, 0n], deposits: [1n, 2n] })],
        'NotConserved',
        [ETHER],
      ],
      [
        'an amount beyond 112 bits',
        [asset(ETHER, { balances: [2n ** 112n, 0n] })],
        'AmountTooLarge',
        [2n ** 112n],
      ],
      ['locked money without apps', [asset(ETHER, { locked: 1n })], 'LockedWithoutApps', [ETHER]],
      ['an asset twice', [some, some], 'AssetsNotSorted', [ETHER]],
      [
        'too many assets',
        Array.from({ length: 17 }, (_, i) => asset(`0x${(i + 1).toString(16).padStart(40, '0')}`, {})),
        'TooManyAssets',
        [17n],
      ],
    ];
    for (const [name, assets, error, args] of bad) {
      it(`refuses ${name} (invariant 1)`, async () => {
        const { registry, id, ledger, sign } = await load();
        const state = ledger(1n, assets);
        await expect(registry.challengeLedger(id, state, await sign('Ledger', state)))
          .to.be.revertedWithCustomError(registry, error)
          .withArgs(...args);
      });
    }
  });

  describe('starting with a Challenge of a party', () => {
    const challengeOf = (channel: string, rest: object = {}) => ({
      channel,
      epoch: 0n,
      challengeId: 1n,
      subject: ZeroHash,
      minVersion: 5n,
      deadline: FAR,
      ...rest,
    });

    it('is open to whoever carries it, of either party, and starts that challenge only', async () => {
      const world = await load();
      const { registry, user, hub, stranger, id, ledger, sign, address, digest } = world;
      const state = ledger(7n, [some]);
      const signatures = await sign('Ledger', state);
      const by = registry.connect(stranger);
      const challenge = challengeOf(address);
      const [signature] = await sign('Challenge', challenge, [hub]);
      await expect(by.challengeLedgerFor(id, state, signatures, challenge, signature))
        .to.emit(registry, 'LedgerChallenged')
        .withArgs(address, 0n, 7n, 1n, (await now()) + BigInt(PERIOD) + 1n, digest('Ledger', state));
      // Its work is done: it goes on, also with an older ledger. With a newer one it is used up.
      await by.challengeLedgerFor(id, state, signatures, challenge, signature);
      expect((await registry.channelStatus(address)).challengeId).to.equal(1n);
      const newer = ledger(8n, [some]);
      const signed = await sign('Ledger', newer);
      await expect(by.challengeLedgerFor(id, newer, signed, challenge, signature))
        .to.be.revertedWithCustomError(registry, 'WrongChallenge')
        .withArgs(1n, 2n);
      // Nor does it count again once that challenge is over.
      await by.answerLedger(id, newer, signed);
      await expect(by.challengeLedgerFor(id, newer, signed, challenge, signature))
        .to.be.revertedWithCustomError(registry, 'WrongChallenge')
        .withArgs(1n, 2n);
      const second = challengeOf(address, { challengeId: 2n });
      const [bySecond] = await sign('Challenge', second, [user]);
      await by.challengeLedgerFor(id, newer, NO_SIGNATURES, second, bySecond);
      expect((await registry.channelStatus(address)).challengeId).to.equal(2n);
    });

    it('takes what was signed for this channel, epoch, challenge and ledger, by a party, in time', async () => {
      const { registry, user, stranger, id, ledger, sign, address } = await load();
      const state = ledger(7n, [some]);
      const signatures = await sign('Ledger', state);
      const by = registry.connect(stranger);
      const subject = `0x${'22'.repeat(32)}`;
      for (const [rest, error, args] of [
        [{ channel: stranger.address }, 'WrongChannel', [stranger.address]],
        [{ epoch: 1n }, 'WrongEpoch', [1n, 0n]],
        [{ subject }, 'WrongSubject', [subject, ZeroHash]],
        [{ challengeId: 2n }, 'WrongChallenge', [2n, 1n]],
        [{ challengeId: 0n }, 'WrongChallenge', [0n, 1n]],
        [{ minVersion: 8n }, 'StaleVersion', [7n, 8n]],
        [{ deadline: 5n }, 'DeadlinePassed', [5n]],
      ] as const) {
        const challenge = challengeOf(address, rest);
        const [signature] = await sign('Challenge', challenge, [user]);
        await expect(by.challengeLedgerFor(id, state, signatures, challenge, signature))
          .to.be.revertedWithCustomError(registry, error)
          .withArgs(...args);
      }
      const challenge = challengeOf(address);
      const [forged] = await sign('Challenge', challenge, [stranger]);
      for (const [signature, signer] of [
        [forged, stranger.address],
        ['0x', ZeroAddress],
      ] as const) {
        await expect(by.challengeLedgerFor(id, state, signatures, challenge, signature))
          .to.be.revertedWithCustomError(registry, 'NotAParty')
          .withArgs(signer);
      }
      // It is leave to start, and no signature on the ledger.
      const [signature] = await sign('Challenge', challenge, [user]);
      await expect(
        by.challengeLedgerFor(id, state, NO_SIGNATURES, challenge, signature),
      ).to.be.revertedWithCustomError(registry, 'WrongSigner');
    });

    it('counts to its last second', async () => {
      const { registry, user, stranger, id, ledger, sign, address } = await load();
      const state = ledger(7n, [some]);
      const deadline = (await now()) + 100n;
      const challenge = challengeOf(address, { deadline });
      const [signature] = await sign('Challenge', challenge, [user]);
      const start = async () =>
        registry
          .connect(stranger)
          .challengeLedgerFor(id, state, await sign('Ledger', state), challenge, signature);
      const snapshot = await networkHelpers.takeSnapshot();
      await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);
      await expect(start()).to.be.revertedWithCustomError(registry, 'DeadlinePassed').withArgs(deadline);
      await snapshot.restore();
      await networkHelpers.time.setNextBlockTimestamp(deadline);
      await start();
    });
  });

  it('W-C6 whoever holds a double-signed ledger can answer with it, and start nothing', async () => {
    const { registry, user, stranger, id, ledger, sign, address } = await load();
    const state = ledger(7n, [some]);
    const signatures = await sign('Ledger', state);
    const tower = registry.connect(stranger);
    await expect(tower.challengeLedger(id, state, signatures))
      .to.be.revertedWithCustomError(registry, 'NotAParty')
      .withArgs(stranger.address);
    // Nor by giving a running challenge a new full period.
    await registry.connect(user).challengeLedger(id, ledger(0n), NO_SIGNATURES);
    await expect(tower.challengeLedger(id, state, signatures)).to.be.revertedWithCustomError(
      registry,
      'NotAParty',
    );
    await tower.answerLedger(id, state, signatures);
    expect((await registry.channelStatus(address)).finalizesAt).to.equal(0n);
  });

  it('W-E a Cancel counts to its last second, and no longer', async () => {
    const { registry, user, id, ledger, sign, address } = await load();
    await registry.connect(user).challengeLedger(id, ledger(0n), NO_SIGNATURES);
    const deadline = (await now()) + 100n;
    const cancel = { channel: address, epoch: 0n, subject: ZeroHash, challengeId: 1n, deadline };
    const signatures = await sign('Cancel', cancel);
    const snapshot = await networkHelpers.takeSnapshot();
    await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);
    await expect(registry.cancelLedger(id, cancel, signatures))
      .to.be.revertedWithCustomError(registry, 'DeadlinePassed')
      .withArgs(deadline);
    await snapshot.restore();
    await networkHelpers.time.setNextBlockTimestamp(deadline);
    await registry.cancelLedger(id, cancel, signatures);
    expect((await registry.channelStatus(address)).finalizesAt).to.equal(0n);
  });

  describe('answering', () => {
    it('clears the challenge with a newer state from anyone and raises the floor (invariants 10, 13)', async () => {
      const { registry, user, stranger, id, ledger, sign, address, digest } = await load();
      await registry.connect(user).challengeLedger(id, ledger(0n), NO_SIGNATURES);
      const newer = ledger(9n, [some]);
      await expect(registry.connect(stranger).answerLedger(id, newer, await sign('Ledger', newer)))
        .to.emit(registry, 'LedgerAnswered')
        .withArgs(address, 0n, 9n, 1n, digest('Ledger', newer));
      expect(await registry.channelStatus(address)).to.deep.equal([0n, 9n, 0n, 1n, digest('Ledger', newer)]);

      const older = ledger(8n, [some]);
      await expect(registry.challengeLedger(id, older, await sign('Ledger', older)))
        .to.be.revertedWithCustomError(registry, 'StaleVersion')
        .withArgs(8n, 9n);
    });

    it('takes nothing that is not newer, double-signed and in time', async () => {
      const { registry, user, stranger, id, ledger, sign, address } = await load();
      const state = ledger(5n, [some]);
      const signatures = await sign('Ledger', state);
      // Nothing to answer: it goes on.
      await expect(registry.answerLedger(id, state, signatures)).not.to.emit(registry, 'LedgerAnswered');
      expect((await registry.channelStatus(address)).version).to.equal(0n);
      await registry.challengeLedger(id, state, signatures);
      const finalizesAt = (await now()) + BigInt(PERIOD);
      await expect(registry.answerLedger(id, state, signatures)).not.to.emit(registry, 'LedgerAnswered');
      expect((await registry.channelStatus(address)).finalizesAt).to.equal(finalizesAt);
      const newer = ledger(6n, [some]);
      await expect(registry.answerLedger(id, newer, await sign('Ledger', newer, [stranger, user])))
        .to.be.revertedWithCustomError(registry, 'WrongSigner')
        .withArgs(user.address, stranger.address);
      await networkHelpers.time.setNextBlockTimestamp(finalizesAt);
      const signed = await sign('Ledger', newer);
      await expect(registry.answerLedger(id, newer, signed))
        .to.be.revertedWithCustomError(registry, 'ChallengeFinal')
        .withArgs(finalizesAt);
      await expect(registry.challengeLedger(id, newer, signed))
        .to.be.revertedWithCustomError(registry, 'ChallengeFinal')
        .withArgs(finalizesAt);
    });

    it('is still in time one second before', async () => {
      const { registry, user, id, ledger, sign } = await load();
      await registry.connect(user).challengeLedger(id, ledger(0n), NO_SIGNATURES);
      const newer = ledger(6n, [some]);
      const signed = await sign('Ledger', newer);
      await networkHelpers.time.setNextBlockTimestamp((await now()) + BigInt(PERIOD) - 1n);
      await registry.answerLedger(id, newer, signed);
    });
  });

  describe('going on', () => {
    it('replaces a running challenge by a newer ledger, with a full period', async () => {
      const { registry, user, stranger, id, ledger, sign, address } = await load();
      await registry.connect(user).challengeLedger(id, ledger(0n), NO_SIGNATURES);
      await networkHelpers.time.increase(PERIOD / 2);
      const newer = ledger(3n, [some]);
      await registry.challengeLedger(id, newer, await sign('Ledger', newer));
      const status = await registry.channelStatus(address);
      expect(status.finalizesAt).to.equal((await now()) + BigInt(PERIOD));
      expect(status.challengeId).to.equal(2n);
      // It runs already, whoever started it: there is nothing to do, and the period is not made longer.
      for (const [by, state] of [
        [user, newer],
        [stranger, ledger(0n)],
      ] as const) {
        await expect(registry.connect(by).challengeLedger(id, state, NO_SIGNATURES)).not.to.emit(
          registry,
          'LedgerChallenged',
        );
      }
      expect(await registry.channelStatus(address)).to.deep.equal(status);
    });

    it('lets a party leave with the ledger that answered, without signatures; not a stranger who copies them', async () => {
      const { registry, user, hub, stranger, id, ledger, sign, address, digest } = await load();
      await registry.connect(user).challengeLedger(id, ledger(0n), NO_SIGNATURES);
      const newer = ledger(3n, [some]);
      const signatures = await sign('Ledger', newer);
      await registry.connect(hub).answerLedger(id, newer, signatures);
      await expect(registry.connect(stranger).challengeLedger(id, newer, signatures))
        .to.be.revertedWithCustomError(registry, 'NotAParty')
        .withArgs(stranger.address);
      const twin = ledger(3n, [asset(ETHER, { balances: [100n, 0n] })]);
      await expect(registry.connect(user).challengeLedger(id, twin, await sign('Ledger', twin)))
        .to.be.revertedWithCustomError(registry, 'LedgerMismatch')
        .withArgs(digest('Ledger', newer), digest('Ledger', twin));
      await registry.connect(user).challengeLedger(id, newer, NO_SIGNATURES);
      expect((await registry.channelStatus(address)).challengeId).to.equal(2n);
    });
  });

  describe('cancelling by agreement', () => {
    const cancelOf = (channel: string, rest: object = {}) => ({
      channel,
      epoch: 0n,
      subject: ZeroHash,
      challengeId: 1n,
      deadline: FAR,
      ...rest,
    });

    it('ends a challenge, also a final one, and keeps versions (invariant 13)', async () => {
      const { registry, stranger, id, ledger, sign, address, digest } = await load();
      const state = ledger(4n, [some]);
      await registry.challengeLedger(id, state, await sign('Ledger', state));
      await pastPeriod();
      const cancel = cancelOf(address);
      await expect(registry.connect(stranger).cancelLedger(id, cancel, await sign('Cancel', cancel)))
        .to.emit(registry, 'LedgerCancelled')
        .withArgs(address, 0n, 4n, 1n);
      expect(await registry.channelStatus(address)).to.deep.equal([0n, 4n, 0n, 1n, digest('Ledger', state)]);
      await expect(registry.settle(id, state, [])).to.be.revertedWithCustomError(registry, 'NoChallenge');
    });

    it('is for one challenge, one channel, one epoch, one subject, and only so long', async () => {
      const { registry, user, hub, stranger, id, ledger, sign, address } = await load();
      const signed = async (rest: object) => {
        const cancel = cancelOf(address, rest);
        return [cancel, await sign('Cancel', cancel)] as const;
      };
      await expect(registry.cancelLedger(id, ...(await signed({})))).not.to.emit(registry, 'LedgerCancelled');
      await registry.connect(user).challengeLedger(id, ledger(0n), NO_SIGNATURES);
      const subject = `0x${'22'.repeat(32)}`;
      for (const [rest, error, args] of [
        [{ channel: stranger.address }, 'WrongChannel', [stranger.address]],
        [{ epoch: 1n }, 'WrongEpoch', [1n, 0n]],
        [{ subject }, 'WrongSubject', [subject, ZeroHash]],
        [{ challengeId: 2n }, 'WrongChallenge', [2n, 1n]],
        [{ deadline: 5n }, 'DeadlinePassed', [5n]],
      ] as const) {
        await expect(registry.cancelLedger(id, ...(await signed(rest))))
          .to.be.revertedWithCustomError(registry, error)
          .withArgs(...args);
      }
      const [cancel] = await signed({});
      await expect(registry.cancelLedger(id, cancel, await sign('Cancel', cancel, [user, user])))
        .to.be.revertedWithCustomError(registry, 'WrongSigner')
        .withArgs(hub.address, user.address);
    });
  });

  describe('settling', () => {
    it('needs a final challenge and exactly its ledger', async () => {
      const { registry, id, ledger, sign, digest } = await load();
      const state = ledger(4n, [some]);
      await expect(registry.settle(id, state, [])).to.be.revertedWithCustomError(registry, 'NoChallenge');
      await registry.challengeLedger(id, state, await sign('Ledger', state));
      const finalizesAt = (await now()) + BigInt(PERIOD);
      await expect(registry.settle(id, state, []))
        .to.be.revertedWithCustomError(registry, 'ChallengeNotFinal')
        .withArgs(finalizesAt);
      await pastPeriod();
      const other = ledger(5n, [some]);
      await expect(registry.settle(id, other, []))
        .to.be.revertedWithCustomError(registry, 'LedgerMismatch')
        .withArgs(digest('Ledger', state), digest('Ledger', other));
    });

    it('starts an epoch in which nothing of the last is valid', async () => {
      const { registry, user, id, ledger, sign, address, channel, withdrawal, digest } = await load();
      await user.sendTransaction({ to: address, value: 100n });
      const state = ledger(4n, [some]);
      const signatures = await sign('Ledger', state);
      await registry.challengeLedger(id, state, signatures);
      await pastPeriod();
      await expect(registry.settle(id, state, []))
        .to.emit(registry, 'LedgerSettled')
        .withArgs(address, 0n, 4n, digest('Ledger', state));
      expect(await registry.channelStatus(address)).to.deep.equal([1n, 0n, 0n, 1n, ZeroHash]);
      // Done: whoever comes second goes on. What is to come is not.
      await expect(registry.settle(id, state, [])).not.to.emit(registry, 'LedgerSettled');
      const later = ledger(4n, [some], { epoch: 2n });
      await expect(registry.settle(id, later, []))
        .to.be.revertedWithCustomError(registry, 'WrongEpoch')
        .withArgs(2n, 1n);
      const newer = ledger(5n, [some]);
      await expect(registry.challengeLedger(id, newer, await sign('Ledger', newer)))
        .to.be.revertedWithCustomError(registry, 'WrongEpoch')
        .withArgs(0n, 1n);
      const draw = withdrawal();
      await expect(channel.withdraw(draw, await sign('Withdrawal', draw)))
        .to.be.revertedWithCustomError(channel, 'WrongEpoch')
        .withArgs(0n, 1n);
    });
  });
});
