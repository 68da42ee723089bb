// SPDX-License-Identifier: MIT
import { expect } from 'chai';
import { ZeroAddress } from 'ethers';

import type { Deployed, Token } from './support/contracts.ts';
import {
  asset,
  callingBack,
  deployed,
  deployWorld,
  ETHER,
  ethers,
  networkHelpers,
  NO_SIGNATURES,
  pastPeriod,
  returning,
  type Asset,
  type Ledger,
  type World,
} from './support/world.ts';

type Moody = Token & Deployed<'setMoods'>;
type Recipient = Deployed<'answer' | 'calledBack' | 'perform' | 'set'>;

const GOOD = 0;
const REVERTING = 1;
const RETURNING_FALSE = 2;
const LOOPING = 3;
const FLOODING = 4;

const load = () => networkHelpers.loadFixture(deployWorld);

/** Challenges a ledger, waits, and returns it ready to be settled. */
async function final(
  { registry, user, id, ledger, sign }: World,
  version: bigint,
  assets: Asset[],
  epoch = 0n,
) {
  const isLocked = assets.some(({ locked }) => locked > 0n);
  const state = ledger(version, assets, { epoch, ...(isLocked && { appsRoot: `0x${'11'.repeat(32)}` }) });
  const signatures = version === 0n ? NO_SIGNATURES : await sign('Ledger', state);
  await registry.connect(user).challengeLedger(id, state, signatures);
  await pastPeriod();
  return state;
}

const settle = ({ registry, id }: World, state: Ledger, others: string[] = []) =>
  registry.settle(id, state, others);

describe('settlement', () => {
  it('pays each side its balance, deploying the channel', async () => {
    const world = await load();
    const { user, hub, address } = world;
    await user.sendTransaction({ to: address, value: 100n });
    const state = await final(world, 3n, [asset(ETHER, { balances: [60n, 40n] })]);
    await expect(settle(world, state)).to.changeEtherBalances(
      ethers,
      [user, hub, address],
      [60n, 40n, -100n],
    );
  });

  it('pays what the ledger had not processed to who put it in', async () => {
    const world = await load();
    const { user, hub, address, channel, deploy } = world;
    await deploy();
    await user.sendTransaction({ to: address, value: 130n });
    await channel.connect(hub).deposit(ETHER, 70n, { value: 70n });
    const state = await final(world, 3n, [asset(ETHER, { balances: [60n, 90n], deposits: [100n, 50n] })]);
    await expect(settle(world, state)).to.changeEtherBalances(ethers, [user, hub], [90n, 110n]);
  });

  it('pays signed withdrawals that were never mined, and not twice those that were', async () => {
    const world = await load();
    const { user, hub, stranger, address, channel, withdrawal, sign, deploy } = world;
    await deploy();
    await user.sendTransaction({ to: address, value: 100n });
    const draw = withdrawal({ amount: 10n, recipient: stranger.address });
    await channel.withdraw(draw, await sign('Withdrawal', draw));
    const state = await final(world, 3n, [asset(ETHER, { balances: [50n, 20n], withdrawn: [25n, 5n] })]);
    await expect(settle(world, state)).to.changeEtherBalances(ethers, [user, hub], [65n, 25n]);
  });

  it('takes from the other side what a stale ledger would pay somebody again', async () => {
    const world = await load();
    const { user, hub, stranger, address, channel, withdrawal, sign, deploy } = world;
    await deploy();
    await user.sendTransaction({ to: address, value: 100n });
    const draw = withdrawal({ party: 1, amount: 30n, recipient: stranger.address });
    await channel.withdraw(draw, await sign('Withdrawal', draw));
    const state = await final(world, 1n, [asset(ETHER, { balances: [90n, 10n] })]);
    await expect(settle(world, state)).to.changeEtherBalances(ethers, [user, hub], [70n, 0n]);
  });

  it('settles the same asset named again only once', async () => {
    const world = await load();
    const { user, hub, address } = world;
    await user.sendTransaction({ to: address, value: 100n });
    const state = await final(world, 3n, [asset(ETHER, { balances: [60n, 40n] })]);
    await expect(settle(world, state, [ETHER, ETHER])).to.changeEtherBalances(
      ethers,
      [user, hub],
      [60n, 40n],
    );
  });

  it('gives money that arrives late to the next epoch', async () => {
    const world = await load();
    const { user, hub, address, registry, tokenAddress, token } = world;
    await user.sendTransaction({ to: address, value: 100n });
    await settle(world, await final(world, 3n, [asset(ETHER, { balances: [60n, 40n] })]));
    await user.sendTransaction({ to: address, value: 9n });
    await token.connect(user).transfer(address, 5n);
    expect(await registry.received(address, ETHER)).to.deep.equal([9n, 0n]);
    const next = await final(world, 0n, [], 1n);
    await expect(settle(world, next, [ETHER])).to.changeEtherBalances(ethers, [user, hub], [9n, 0n]);
    // What no settlement named goes on.
    expect(await registry.received(address, tokenAddress)).to.deep.equal([5n, 0n]);
    expect(await registry.epochOf(address)).to.equal(2n);
  });

  it('carries an asset that was not settled into the next epoch, net of what was taken out', async () => {
    const world = await load();
    const { user, hub, address, registry, channel, withdrawal, sign, deploy } = world;
    await deploy();
    await user.sendTransaction({ to: address, value: 100n });
    await channel.connect(hub).deposit(ETHER, 50n, { value: 50n });
    const draws = [
      withdrawal({ party: 1, amount: 20n, recipient: hub.address }),
      withdrawal({ party: 0, amount: 30n, nonce: `0x${'55'.repeat(32)}` }),
    ];
    for (const draw of draws) await channel.withdraw(draw, await sign('Withdrawal', draw));
    await settle(world, await final(world, 0n, []));
    const account = await registry.account(address, ETHER);
    expect(account).to.deep.equal([[70n, 30n], [0n, 0n], 0n]);
    const later = withdrawal({ epoch: 1n, party: 1, amount: 5n, recipient: hub.address });
    await channel.withdraw(later, await sign('Withdrawal', later));
    expect(await registry.account(address, ETHER)).to.deep.equal([[70n, 30n], [0n, 5n], 0n]);
    const next = await final(world, 0n, [], 1n);
    await expect(settle(world, next, [ETHER])).to.changeEtherBalances(ethers, [user, hub], [70n, 25n]);
  });

  it('is for the registry only', async () => {
    const { channel, user, deploy } = await load();
    await deploy();
    await expect(channel.connect(user).settle(0n, [], []))
      .to.be.revertedWithCustomError(channel, 'NotRegistry')
      .withArgs(user.address);
    await expect(channel.connect(user).payApp(0n, [user.address, user.address], []))
      .to.be.revertedWithCustomError(channel, 'NotRegistry')
      .withArgs(user.address);
  });

  describe('with tokens that misbehave (invariant 11)', () => {
    it('W-E a token that answers a byte too few says nothing, whatever the missing byte would be', async () => {
      const world = await load();
      const { registry, channel, user, hub, address } = world;
      await world.deploy();
      // What lies in memory where the missing byte would be is of the address, here a one.
      const token = `0x${'77'.repeat(19)}01`;
      await networkHelpers.setCode(token, returning(`0x${'00'.repeat(31)}`));
      const state = await final(world, 3n, [asset(token, { balances: [60n, 40n] })]);
      await expect(settle(world, state)).to.emit(channel, 'AssetSettled').withArgs(0n, token, [60n, 40n], 0n);
      // Its balance is not known, and no transfer was confirmed.
      expect(await channel.claimable(token, user.address)).to.equal(60n);
      expect(await channel.claimable(token, hub.address)).to.equal(40n);
      expect((await registry.account(address, token)).received[0]).to.equal(0n);
    });

    const sorted = (...assets: Asset[]) =>
      assets.sort((a, b) => (BigInt(a.asset) < BigInt(b.asset) ? -1 : 1));

    for (const [name, mood] of [
      ['reverts', REVERTING],
      ['returns false', RETURNING_FALSE],
      ['burns all gas', LOOPING],
      ['floods with return data', FLOODING],
    ] as const) {
      it(`holds the payment when a transfer ${name}, pays the rest, and lets it be claimed later`, async () => {
        const world = await load();
        const { user, hub, stranger, address, channel, registry, token, tokenAddress } = world;
        const moody = await deployed<Moody>('MoodyToken');
        const bad = moody.target as string;
        await moody.mint(address, 100n);
        await token.mint(address, 50n);
        await user.sendTransaction({ to: address, value: 10n });
        await moody.setMoods(mood, GOOD, ZeroAddress);
        const state = await final(
          world,
          2n,
          sorted(
            asset(ETHER, { balances: [4n, 6n] }),
            asset(bad, { balances: [70n, 30n] }),
            asset(tokenAddress, { balances: [0n, 50n] }),
          ),
        );
        const before = await token.balanceOf(hub.address);
        await expect(settle(world, state)).to.changeEtherBalances(ethers, [user, hub], [4n, 6n]);
        expect(await token.balanceOf(hub.address)).to.equal(before + 50n);
        expect(await channel.claimable(bad, user.address)).to.equal(70n);
        expect(await channel.claimable(bad, hub.address)).to.equal(30n);
        // What is claimable is not mistaken for a deposit.
        expect(await registry.account(address, bad)).to.deep.equal([[0n, 0n], [0n, 0n], 100n]);

        await moody.setMoods(GOOD, GOOD, ZeroAddress);
        await channel.connect(stranger).claim(bad, user.address, user.address);
        expect(await moody.balanceOf(user.address)).to.equal(70n);
        await expect(channel.connect(stranger).claim(bad, hub.address, stranger.address))
          .to.be.revertedWithCustomError(channel, 'NotOwner')
          .withArgs(stranger.address, hub.address);
        await channel.connect(hub).claim(bad, hub.address, stranger.address);
        expect(await moody.balanceOf(stranger.address)).to.equal(30n);
        await expect(channel.claim(bad, hub.address, hub.address))
          .to.be.revertedWithCustomError(channel, 'NothingToClaim')
          .withArgs(bad, hub.address);
        expect(await registry.account(address, bad)).to.deep.equal([[0n, 0n], [0n, 0n], 0n]);
      });
    }

    for (const [name, mood] of [
      ['reverts', REVERTING],
      ['burns all gas', LOOPING],
      ['floods with return data', FLOODING],
    ] as const) {
      it(`pays by the ledger when balanceOf ${name}`, async () => {
        const world = await load();
        const { user, hub, address } = world;
        const moody = await deployed<Moody>('MoodyToken');
        const bad = moody.target as string;
        await moody.mint(address, 100n);
        await user.sendTransaction({ to: address, value: 10n });
        const state = await final(
          world,
          2n,
          sorted(asset(ETHER, { balances: [4n, 6n] }), asset(bad, { balances: [70n, 30n] })),
        );
        await moody.setMoods(GOOD, mood, ZeroAddress);
        await expect(settle(world, state)).to.changeEtherBalances(ethers, [user, hub], [4n, 6n]);
        await moody.setMoods(GOOD, GOOD, ZeroAddress);
        expect(await moody.balanceOf(user.address)).to.equal(70n);
        expect(await moody.balanceOf(hub.address)).to.equal(30n);
      });
    }

    it('survives a balance beyond all bounds', async () => {
      const world = await load();
      const { user, hub, address, registry } = world;
      const moody = await deployed<Moody>('MoodyToken');
      const bad = moody.target as string;
      await moody.mint(address, 100n);
      await user.sendTransaction({ to: address, value: 10n });
      await moody.setMoods(GOOD, RETURNING_FALSE, ZeroAddress);
      const state = await final(
        world,
        2n,
        sorted(asset(ETHER, { balances: [4n, 6n] }), asset(bad, { balances: [70n, 30n] })),
      );
      await expect(settle(world, state)).to.changeEtherBalances(ethers, [user, hub], [4n, 6n]);
      expect((await registry.account(address, bad)).held).to.be.lessThanOrEqual(2n ** 112n - 1n);
      // And another epoch of it.
      await user.sendTransaction({ to: address, value: 10n });
      const next = await final(world, 0n, [], 1n);
      await expect(settle(world, next, [bad, ETHER])).to.changeEtherBalances(ethers, [user, hub], [10n, 0n]);
    });

    it('one recipient that a token refuses does not block the other', async () => {
      const world = await load();
      const { user, hub, address, channel } = world;
      const moody = await deployed<Moody>('MoodyToken');
      const bad = moody.target as string;
      await moody.mint(address, 100n);
      await moody.setMoods(REVERTING, GOOD, user.address);
      const state = await final(world, 2n, [asset(bad, { balances: [70n, 30n] })]);
      await settle(world, state);
      expect(await moody.balanceOf(hub.address)).to.equal(30n);
      expect(await channel.claimable(bad, user.address)).to.equal(70n);
    });

    it('counts what arrived of a token that takes a fee', async () => {
      const world = await load();
      const { user, hub, address, channel, registry, deploy } = world;
      await deploy();
      const fee = await deployed<Token>('FeeToken');
      for (const holder of [user, hub]) await fee.mint(holder.address, 1000n);
      await fee.connect(hub).approve(address, 100n);
      await channel.connect(hub).deposit(fee.target, 100n);
      await fee.connect(user).transfer(address, 200n);
      expect(await registry.received(address, fee.target)).to.deep.equal([180n, 90n]);
      const state = await final(world, 0n, []);
      await settle(world, state, [fee.target as string]);
      expect(await fee.balanceOf(hub.address)).to.equal(900n + 81n);
      expect(await fee.balanceOf(user.address)).to.equal(800n + 162n);
    });

    it('pays out what there is of a token that shrank, and what grew to the initiator', async () => {
      for (const [percent, paid] of [
        [50n, [0n, 50n]],
        [80n, [20n, 60n]],
        [150n, [90n, 60n]],
      ] as const) {
        const world = await load();
        const { address, channel } = world;
        const rebasing = await deployed<Token & Deployed<'rebase'>>('RebasingToken');
        await rebasing.mint(address, 100n);
        const state = await final(world, 2n, [asset(rebasing.target as string, { balances: [40n, 60n] })]);
        await rebasing.rebase(percent);
        await expect(settle(world, state))
          .to.emit(channel, 'AssetSettled')
          .withArgs(0n, rebasing.target, paid, 0n);
      }
    });

    it('pays a token that returns nothing', async () => {
      const world = await load();
      const { user, hub, address } = world;
      const silent = await deployed<Token>('SilentToken');
      await silent.mint(address, 10n);
      await settle(world, await final(world, 2n, [asset(silent.target as string, { balances: [4n, 6n] })]));
      expect(await silent.balanceOf(user.address)).to.equal(4n);
      expect(await silent.balanceOf(hub.address)).to.equal(6n);
    });

    it('holds a payment in a token that has no code', async () => {
      const world = await load();
      const { user, channel, stranger } = world;
      const ghost = stranger.address;
      await settle(world, await final(world, 2n, [asset(ghost, { balances: [4n, 0n] })]));
      expect(await channel.claimable(ghost, user.address)).to.equal(4n);
    });

    it('cannot be entered again from a token while it pays', async () => {
      const world = await load();
      const { user, address, channel, deploy } = world;
      await deploy();
      const hostile = ethers.getAddress(`0x${'a7'.repeat(20)}`);
      const data = channel.interface.encodeFunctionData('deposit', [ETHER, 0n]);
      await networkHelpers.setCode(hostile, callingBack(address, data));
      expect(await ethers.provider.call({ to: hostile })).to.equal(
        ethers.ZeroHash,
        'let in at any other time',
      );
      // It says that there is one, and that a transfer succeeded, as long as the call back is refused.
      const state = await final(world, 2n, [asset(hostile, { balances: [1n, 0n] })]);
      await expect(settle(world, state))
        .to.emit(channel, 'AssetSettled')
        .withArgs(0n, hostile, [1n, 0n], 0n)
        .and.not.to.emit(channel, 'Deposited');
      expect(await channel.claimable(hostile, user.address)).to.equal(0n);
    });

    it('refuses so little gas that a good token would look like a bad one', async () => {
      const world = await load();
      const { token, tokenAddress, address, channel, registry, id } = world;
      await token.mint(address, 100n);
      const state = await final(world, 2n, [asset(tokenAddress, { balances: [70n, 30n] })]);
      await expect(registry.settle(id, state, [], { gasLimit: 350_000n })).to.be.revertedWithCustomError(
        channel,
        'NotEnoughGas',
      );
    });
  });

  describe('with stakes of earlier epochs in the way', () => {
    const MOST = 2n ** 112n - 1n;

    it('keeps nothing of a stake once a token shrank below what earlier epochs are owed', async () => {
      const world = await load();
      const { address, channel, registry } = world;
      const rebasing = await deployed<Token & Deployed<'rebase'>>('RebasingToken');
      const shrinking = rebasing.target as string;
      await rebasing.mint(address, 100n);
      await settle(world, await final(world, 2n, [asset(shrinking, { locked: 100n })]));
      await rebasing.mint(address, 50n);
      const next = await final(world, 2n, [asset(shrinking, { balances: [10n, 10n], locked: 30n })], 1n);
      await rebasing.rebase(40n);
      await expect(settle(world, next))
        .to.emit(channel, 'AssetSettled')
        .withArgs(1n, shrinking, [0n, 0n], 0n);
      expect(await channel.reserved(0n, shrinking)).to.equal(100n);
      expect((await registry.account(address, shrinking)).held).to.equal(100n);
      // Nor can a withdrawal take what is owed to the app.
      const draw = world.withdrawal({ epoch: 2n, asset: shrinking, amount: 1n });
      await expect(channel.withdraw(draw, await world.sign('Withdrawal', draw)))
        .to.be.revertedWithCustomError(channel, 'InsufficientFunds')
        .withArgs(shrinking, 1n, 0n);
    });

    for (const [name, entry] of [
      ['locks', { balances: [0n, 0n], locked: MOST }],
      ['holds for a party', { balances: [MOST, 0n], locked: 0n }],
    ] as const) {
      it(`${name} no more than can be counted, of a token that does not say its balance`, async () => {
        const world = await load();
        const { address, user, channel, registry } = world;
        const moody = await deployed<Moody>('MoodyToken');
        const bad = moody.target as string;
        await moody.mint(address, MOST);
        await settle(world, await final(world, 2n, [asset(bad, { locked: MOST - 7n })]));
        const next = await final(world, 2n, [asset(bad, { ...entry, balances: [...entry.balances] })], 1n);
        await moody.setMoods(REVERTING, REVERTING, ZeroAddress);
        await settle(world, next);
        await moody.setMoods(GOOD, GOOD, ZeroAddress);
        expect((await registry.account(address, bad)).held).to.equal(MOST);
        expect((await channel.reserved(1n, bad)) + (await channel.claimable(bad, user.address))).to.equal(7n);
      });
    }
  });

  describe('with recipients that misbehave (invariant 11)', () => {
    for (const [name, mood] of [
      ['refuses', 1],
      ['burns all gas', 2],
    ] as const) {
      it(`holds ether for a party whose account ${name}`, async () => {
        const world = await load();
        const { user, hub, address, channel } = world;
        const recipient = await deployed<Recipient>('Recipient');
        await user.sendTransaction({ to: address, value: 100n });
        const state = await final(world, 3n, [asset(ETHER, { balances: [60n, 40n] })]);
        // An account may get code after it signed.
        await networkHelpers.setCode(hub.address, await ethers.provider.getCode(recipient.target));
        await networkHelpers.setStorageAt(hub.address, 0, mood);
        await expect(settle(world, state)).to.changeEtherBalances(ethers, [user, hub], [60n, 0n]);
        expect(await channel.claimable(ETHER, hub.address)).to.equal(40n);
        await networkHelpers.setCode(hub.address, '0x');
        await expect(channel.claim(ETHER, hub.address, hub.address)).to.changeEtherBalance(ethers, hub, 40n);
      });
    }

    it('cannot be entered again while it pays', async () => {
      const world = await load();
      const { user, hub, address, channel } = world;
      const recipient = await deployed<Recipient>('Recipient');
      await user.sendTransaction({ to: address, value: 100n });
      const state = await final(world, 3n, [asset(ETHER, { balances: [60n, 40n] })]);
      await networkHelpers.setCode(hub.address, await ethers.provider.getCode(recipient.target));
      const inHub = recipient.attach(hub.address) as unknown as Recipient;
      const claim = channel.interface.encodeFunctionData('claim', [ETHER, hub.address, hub.address]);
      await inHub.set(3, address, claim);
      await expect(settle(world, state)).to.changeEtherBalances(ethers, [user, hub], [60n, 40n]);
      expect(await inHub.calledBack()).to.equal(false);
    });
  });
});
