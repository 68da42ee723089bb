// SPDX-License-Identifier: MIT
import { expect } from 'chai';
import { keccak256, toBeHex, ZeroHash } from 'ethers';

import { install } from './support/games.ts';
import { domainSeparatorOf, typesOf, type Kind } from './support/typed-data.ts';
import {
  asset,
  coder,
  deployWorld,
  ETHER,
  ethers,
  networkHelpers,
  NO_SIGNATURES,
  pastPeriod,
  PERIOD,
} from './support/world.ts';

const load = () => networkHelpers.loadFixture(deployWorld);

describe('replay', () => {
  it('of a signature from another chain or another registry names another signer', async () => {
    const { registry, channel, user, hub, id, ledger, domain, deploy, withdrawal } = await load();
    await deploy();
    const state = ledger(3n, [asset(ETHER, { balances: [1n, 0n] })]);
    const draw = withdrawal();
    for (const foreign of [
      { ...domain, chainId: 1n },
      { ...domain, verifyingContract: user.address },
      { ...domain, version: '1' },
    ]) {
      const sign = (kind: Kind, value: object) =>
        Promise.all([user, hub].map((one) => one.signTypedData(foreign, typesOf(kind), value)));
      await expect(
        registry.challengeLedger(id, state, await sign('Ledger', state)),
      ).to.be.revertedWithCustomError(registry, 'WrongSigner');
      await expect(channel.withdraw(draw, await sign('Withdrawal', draw))).to.be.revertedWithCustomError(
        channel,
        'WrongSigner',
      );
    }
  });

  it('of a signature from before a fork of the chain is void on the chain that has a new id', async () => {
    const { registry, user, hub, id, ledger, sign, domain, address } = await load();
    const at = registry.target as string;
    const state = ledger(3n, [asset(ETHER, { balances: [1n, 0n] })]);
    const signatures = await sign('Ledger', state);
    // The registry as it would be had it been deployed under another id, before the chain got this one.
    const word = (value: bigint | string) => toBeHex(value, 32).slice(2);
    const old = { ...domain, chainId: 1n };
    const [now, before] = [domain, old].map((one) => domainSeparatorOf(one.chainId, at)) as [string, string];
    const code = await ethers.provider.getCode(at);
    const forked = code
      .replaceAll(now.slice(2), before.slice(2))
      .replaceAll(`7f${word(domain.chainId)}`, `7f${word(old.chainId)}`);
    expect(forked).not.to.equal(code);
    await networkHelpers.setCode(at, forked);
    expect(await registry.domainSeparator()).to.equal(now);
    const stale = await Promise.all(
      [user, hub].map((one) => one.signTypedData(old, typesOf('Ledger'), state)),
    );
    await expect(registry.challengeLedger(id, state, stale)).to.be.revertedWithCustomError(
      registry,
      'WrongSigner',
    );
    await registry.challengeLedger(id, state, signatures);
    expect((await registry.channelStatus(address)).version).to.equal(3n);
  });

  it('of a ledger in another channel of the same parties is refused', async () => {
    const { registry, user, hub, ledger, sign, address } = await load();
    const state = ledger(3n, [asset(ETHER, { balances: [1n, 0n] })]);
    const signatures = await sign('Ledger', state);
    for (const id of [
      { initiator: hub.address, responder: user.address, challengePeriod: PERIOD },
      { initiator: user.address, responder: hub.address, challengePeriod: PERIOD + 1 },
    ]) {
      await expect(registry.challengeLedger(id, state, signatures))
        .to.be.revertedWithCustomError(registry, 'WrongChannel')
        .withArgs(address);
    }
  });

  it('of an app or its state in the next epoch is void', async () => {
    const world = await load();
    const { registry, user, id, ledger, sign, transferApp } = world;
    const { app, state, unlocked } = world.transfer(30n);
    const game = await install(world, transferApp.target as string, state, app);
    // The ledger that installed it was never shown; another one ended the epoch.
    await registry.connect(user).challengeLedger(id, ledger(0n), NO_SIGNATURES);
    await pastPeriod();
    await registry.settle(id, ledger(0n), []);
    await game.set(1n, unlocked);
    await expect(game.settle(unlocked)).to.be.revertedWithCustomError(registry, 'AppNotInLedger');
    const next = ledger(1n, game.ledger.assets, { epoch: 1n, appsRoot: game.ledger.appsRoot });
    await registry.challengeLedger(id, next, await sign('Ledger', next));
    await pastPeriod();
    await registry.settle(id, next, []);
    await expect(game.settle(unlocked)).to.be.revertedWithCustomError(registry, 'AppNotInLedger');
  });

  it('of an action in another app is refused', async () => {
    const world = await load();
    const { registry, transferApp } = world;
    const { app, state, preimage, unlocked } = world.transfer(30n);
    const first = await install(world, transferApp.target as string, state, app);
    const second = await install(world, transferApp.target as string, state, {
      ...app,
      nonce: keccak256('0x99'),
    });
    await first.challenge();
    await first.open();
    const move = await second.move(1, 1n, coder.encode(['bytes32'], [preimage]), unlocked);
    await expect(first.progress(0n, ZeroHash, state, [move])).to.be.revertedWithCustomError(
      registry,
      'WrongSigner',
    );
  });
});
