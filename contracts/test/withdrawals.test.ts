// SPDX-License-Identifier: MIT
import { expect } from 'chai';
import { Interface, ZeroAddress, ZeroHash } from 'ethers';

import withdrawHandler from '../../lib/chain/abi/IWithdrawHandler.json' with { type: 'json' };

import type { Deployed } from './support/contracts.ts';
import {
  callingBack,
  coder,
  deployed,
  deployWorld,
  ETHER,
  ethers,
  networkHelpers,
  now,
  type World,
} from './support/world.ts';

type Handler = Deployed<'last' | 'setAnswer'>;
type Recipient = Deployed<'answer' | 'calledBack' | 'set'>;

const HOSTILE = `0x${'a7'.repeat(20)}`;

async function funded() {
  const world = await deployWorld();
  await world.deploy();
  await world.user.sendTransaction({ to: world.address, value: 100n });
  await world.token.transfer(world.address, 0n);
  await world.token.mint(world.address, 100n);
  return world;
}

const load = () => networkHelpers.loadFixture(funded);

const withdraw = async ({ channel, sign, withdrawal }: World, rest: object) => {
  const draw = withdrawal(rest);
  return channel.withdraw(draw, await sign('Withdrawal', draw));
};

describe('withdrawals', () => {
  it('pays ether and tokens to the recipient and counts what each party took', async () => {
    const world = await load();
    const { stranger, registry, address, tokenAddress, token } = world;
    await expect(withdraw(world, { recipient: stranger.address })).to.changeEtherBalance(
      ethers,
      stranger,
      10n,
    );
    await expect(
      withdraw(world, { recipient: stranger.address, amount: 5n, nonce: `0x${'33'.repeat(32)}` }),
    ).to.changeEtherBalance(ethers, stranger, 5n);
    const before = await token.balanceOf(stranger.address);
    await withdraw(world, { recipient: stranger.address, party: 1, asset: tokenAddress, amount: 30n });
    expect(await token.balanceOf(stranger.address)).to.equal(before + 30n);
    expect((await registry.account(address, ETHER)).executed).to.deep.equal([15n, 0n]);
    expect((await registry.account(address, tokenAddress)).executed).to.deep.equal([0n, 30n]);
    expect(await registry.received(address, ETHER)).to.deep.equal([100n, 0n]);
    expect(await registry.received(address, tokenAddress)).to.deep.equal([100n, 0n]);
  });

  it('executes each once, and says so', async () => {
    const world = await load();
    const { channel, registry, address, withdrawal, digest, stranger } = world;
    const name = digest('Withdrawal', withdrawal());
    expect(await registry.withdrawalExecuted(address, name)).to.equal(false);
    await expect(withdraw(world, {}))
      .to.emit(channel, 'Withdrawn')
      .withArgs(name, 0, ETHER, 10n, world.user.address, ZeroAddress);
    expect(await registry.withdrawalExecuted(address, name)).to.equal(true);
    expect(await registry.withdrawalExecuted(stranger.address, name)).to.equal(false);
    // Whoever sent it again finds it done, also when its deadline has passed.
    const again = withdraw(world, {});
    await expect(again).not.to.emit(channel, 'Withdrawn');
    await expect(again).to.changeEtherBalance(ethers, world.user, 0n);
  });

  it('deploys the channel and withdraws in one transaction', async () => {
    const world = await networkHelpers.loadFixture(deployWorld);
    const { user, hub, stranger, factory, channel, withdrawal, sign, address, id } = world;
    await user.sendTransaction({ to: address, value: 100n });
    const draw = withdrawal({ recipient: stranger.address });
    const data = channel.interface.encodeFunctionData('withdraw', [draw, await sign('Withdrawal', draw)]);
    await expect(
      factory.deployAndCall(user.address, hub.address, id.challengePeriod, data),
    ).to.changeEtherBalance(ethers, stranger, 10n);
    await expect(
      factory.deployAndCall(user.address, hub.address, id.challengePeriod, data),
    ).to.changeEtherBalance(ethers, stranger, 0n);
  });

  it('W-E counts to the last second of its deadline, and no longer', async () => {
    const world = await load();
    const { channel, user } = world;
    const deadline = (await now()) + 100n;
    const snapshot = await networkHelpers.takeSnapshot();
    await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);
    await expect(withdraw(world, { deadline }))
      .to.be.revertedWithCustomError(channel, 'DeadlinePassed')
      .withArgs(deadline);
    await snapshot.restore();
    await networkHelpers.time.setNextBlockTimestamp(deadline);
    await expect(withdraw(world, { deadline })).to.changeEtherBalance(ethers, user, 10n);
  });

  it('refuses what was signed for elsewhere, for later, too late, or by others', async () => {
    const world = await load();
    const { channel, stranger, withdrawal, sign, hub, user } = world;
    const past = (await now()) - 1n;
    for (const [rest, error, args] of [
      [{ channel: stranger.address }, 'WrongChannel', [stranger.address]],
      [{ epoch: 1n }, 'WrongEpoch', [1n, 0n]],
      [{ party: 2 }, 'InvalidParty', [2]],
      [{ deadline: past }, 'DeadlinePassed', [past]],
      [{ deadline: 0n }, 'DeadlinePassed', [0n]],
      [{ amount: 101n }, 'InsufficientFunds', [ETHER, 101n, 100n]],
    ] as const) {
      await expect(withdraw(world, rest))
        .to.be.revertedWithCustomError(channel, error)
        .withArgs(...args);
    }
    const draw = withdrawal();
    await expect(channel.withdraw(draw, await sign('Withdrawal', draw, [hub, user])))
      .to.be.revertedWithCustomError(channel, 'WrongSigner')
      .withArgs(user.address, hub.address);
  });

  it('is not for the implementation', async () => {
    const world = await load();
    const { factory, withdrawal, sign, user } = world;
    const implementation = await ethers.getContractAt('Channel', await factory.implementation());
    const draw = withdrawal({ channel: implementation.target });
    await expect(
      implementation.withdraw!(draw, await sign('Withdrawal', draw)),
    ).to.be.revertedWithCustomError(implementation, 'NotAChannel');
    await expect(implementation.deposit!(ETHER, 0n)).to.be.revertedWithCustomError(
      implementation,
      'NotAChannel',
    );
    await expect(
      user.sendTransaction({ to: implementation.target, value: 1n }),
    ).to.be.revertedWithCustomError(implementation, 'NotAChannel');
  });

  describe('through a handler', () => {
    it('hands over ether as value, tokens before the call, and what was signed', async () => {
      const world = await load();
      const { address, tokenAddress, token, stranger } = world;
      const handler = await deployed<Handler>('Handler');
      const told = ['address', 'uint256', 'uint8', 'address', 'uint256', 'address', 'bytes'];
      const rest = { handler: handler.target, data: '0xc0ffee', recipient: stranger.address };
      await expect(withdraw(world, rest)).to.changeEtherBalance(ethers, handler, 10n);
      expect(await handler.last()).to.equal(
        coder.encode(told, [address, 10n, 0, ETHER, 10n, stranger.address, '0xc0ffee']),
      );
      await withdraw(world, { ...rest, asset: tokenAddress, party: 1 });
      expect(await token.balanceOf(handler.target)).to.equal(10n);
      expect(await handler.last()).to.equal(
        coder.encode(told, [address, 0n, 1, tokenAddress, 10n, stranger.address, '0xc0ffee']),
      );
    });

    it('undoes everything when the handler refuses', async () => {
      const world = await load();
      const { channel, registry, address, digest, withdrawal } = world;
      const handler = await deployed<Handler>('Handler');
      await handler.setAnswer('0xdeadbeef');
      const rest = { handler: handler.target };
      await expect(withdraw(world, rest))
        .to.be.revertedWithCustomError(channel, 'HandlerRefused')
        .withArgs(handler.target);
      expect(await registry.withdrawalExecuted(address, digest('Withdrawal', withdrawal(rest)))).to.equal(
        false,
      );
      await expect(withdraw(world, { handler: world.stranger.address })).to.revert(ethers);
      await expect(withdraw(world, { handler: world.tokenAddress })).to.revert(ethers);
    });
  });

  it('is whole or nothing: a recipient that refuses ether undoes it', async () => {
    const world = await load();
    const { channel } = world;
    const recipient = await deployed<Recipient>('Recipient');
    await recipient.set(1, ZeroAddress, '0x');
    await expect(withdraw(world, { recipient: recipient.target }))
      .to.be.revertedWithCustomError(channel, 'EtherTransferFailed')
      .withArgs(recipient.target, 10n);
  });

  it('cannot be entered again from a recipient', async () => {
    const world = await load();
    const { channel, address, withdrawal, sign } = world;
    const recipient = await deployed<Recipient>('Recipient');
    const again = withdrawal({ nonce: `0x${'44'.repeat(32)}`, amount: 20n });
    const data = channel.interface.encodeFunctionData('withdraw', [again, await sign('Withdrawal', again)]);
    await recipient.set(3, address, data);
    await withdraw(world, { recipient: recipient.target });
    expect(await recipient.calledBack()).to.equal(false);
    expect(await recipient.answer()).to.equal(
      channel.interface.encodeErrorResult('ReentrancyGuardReentrantCall', []),
    );
    expect(await ethers.provider.getBalance(address)).to.equal(90n);
  });

  for (const [name, rest] of [
    ['token', { asset: HOSTILE, amount: 1n }],
    ['handler', { handler: HOSTILE }],
    ['handler of tokens', { handler: HOSTILE, tokens: true }],
  ] as const) {
    it(`cannot be entered again from a ${name}`, async () => {
      const world = await load();
      const { channel, stranger, address, tokenAddress } = world;
      const { tokens, ...draw } = { tokens: false, ...rest };
      const { selector } = new Interface(withdrawHandler.abi).getFunction('onWithdrawal')!;
      const answer = name === 'token' ? undefined : selector.padEnd(66, '0');
      const data = channel.interface.encodeFunctionData('deposit', [ETHER, 0n]);
      await networkHelpers.setCode(HOSTILE, callingBack(address, data, answer));
      expect(await ethers.provider.call({ to: HOSTILE })).to.equal(ZeroHash, 'let in at any other time');
      await expect(
        withdraw(world, { recipient: stranger.address, ...(tokens && { asset: tokenAddress }), ...draw }),
      ).not.to.emit(channel, 'Deposited');
    });
  }
});
