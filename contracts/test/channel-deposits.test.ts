// SPDX-License-Identifier: MIT
import { expect } from 'chai';

import { deployWorld, ETHER, ethers, networkHelpers, NO_SIGNATURES, pastPeriod } from './support/world.ts';

const load = () => networkHelpers.loadFixture(deployWorld);

describe('deposits', () => {
  it("counts plain sends as the initiator's, before and after the channel is deployed", async () => {
    const { user, stranger, registry, address, token, tokenAddress, deploy } = await load();
    await user.sendTransaction({ to: address, value: 100n });
    await token.connect(stranger).transfer(address, 7n);
    expect(await registry.received(address, ETHER)).to.deep.equal([100n, 0n]);
    expect(await registry.received(address, tokenAddress)).to.deep.equal([7n, 0n]);
    await deploy();
    await stranger.sendTransaction({ to: address, value: 11n });
    expect(await registry.received(address, ETHER)).to.deep.equal([111n, 0n]);
    expect(await registry.received(address, tokenAddress)).to.deep.equal([7n, 0n]);
  });

  it("counts the responder's deposits apart", async () => {
    const { hub, registry, address, channel, token, tokenAddress, deploy } = await load();
    await deploy();
    await channel.connect(hub).deposit(ETHER, 50n, { value: 50n });
    await token.connect(hub).approve(address, 30n);
    await channel.connect(hub).deposit(tokenAddress, 30n);
    expect(await registry.received(address, ETHER)).to.deep.equal([0n, 50n]);
    expect(await registry.received(address, tokenAddress)).to.deep.equal([0n, 30n]);
  });

  it('deploys and deposits ether in one transaction', async () => {
    const { user, hub, factory, channel, registry, address, id } = await load();
    const data = channel.interface.encodeFunctionData('deposit', [ETHER, 5n]);
    await factory
      .connect(hub)
      .deployAndCall(user.address, hub.address, id.challengePeriod, data, { value: 5n });
    expect(await registry.received(address, ETHER)).to.deep.equal([0n, 5n]);
  });

  it('refuses an amount beyond 112 bits', async () => {
    const { hub, channel, token, tokenAddress, address, deploy } = await load();
    await deploy();
    await token.mint(hub.address, 2n ** 112n);
    await token.connect(hub).approve(address, 2n ** 112n);
    await expect(channel.connect(hub).deposit(tokenAddress, 2n ** 112n))
      .to.be.revertedWithCustomError(channel, 'AmountTooLarge')
      .withArgs(2n ** 112n);
  });

  it('a channel knows what its address is made of, and is deployed once', async () => {
    const { user, hub, factory, channel, address, id, registry, deploy } = await load();
    await expect(deploy())
      .to.emit(factory, 'ChannelDeployed')
      .withArgs(address, user.address, hub.address, id.challengePeriod);
    await expect(deploy()).not.to.emit(factory, 'ChannelDeployed');
    expect(await channel.initiator()).to.equal(user.address);
    expect(await channel.responder()).to.equal(hub.address);
    expect(await channel.challengePeriod()).to.equal(id.challengePeriod);
    expect(await channel.registry()).to.equal(registry.target);
    expect(await channel.domainSeparator()).to.equal(await registry.domainSeparator());
  });

  it('refuses a value that is not the amount', async () => {
    const { hub, channel, tokenAddress, deploy } = await load();
    await deploy();
    await expect(channel.connect(hub).deposit(ETHER, 2n, { value: 1n }))
      .to.be.revertedWithCustomError(channel, 'WrongValue')
      .withArgs(1n, 2n);
    await expect(channel.connect(hub).deposit(tokenAddress, 2n, { value: 1n }))
      .to.be.revertedWithCustomError(channel, 'WrongValue')
      .withArgs(1n, 0n);
  });

  it('gives money back that no ledger ever mentioned', async () => {
    const { user, hub, registry, address, id, ledger, token, tokenAddress } = await load();
    await user.sendTransaction({ to: address, value: 100n });
    await token.connect(user).transfer(address, 7n);
    await registry.connect(user).challengeLedger(id, ledger(0n), NO_SIGNATURES);
    await pastPeriod();
    const before = await token.balanceOf(user.address);
    await expect(registry.connect(hub).settle(id, ledger(0n), [ETHER, tokenAddress])).to.changeEtherBalance(
      ethers,
      user,
      100n,
    );
    expect(await token.balanceOf(user.address)).to.equal(before + 7n);
    expect(await registry.epochOf(address)).to.equal(1n);
  });
});
