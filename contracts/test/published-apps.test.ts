// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { expect } from 'chai';
import { getBytes, keccak256, sha256, ZeroHash } from 'ethers';

import type { Deployed } from './support/contracts.ts';
import { install } from './support/games.ts';
import { coder, deployWorld, ETHER, ethers, networkHelpers, pastPeriod, type Pair } from './support/world.ts';

/** Deployed bytecode of published Counterfactual apps, unmodified. */
const published = JSON.parse(
  readFileSync(new URL('../fixtures/connext-contracts-3.5.0.json', import.meta.url), 'utf8'),
) as { contracts: Record<string, { sha256: string; deployedBytecode: string }> };

const ADDRESS = `0x${'a9'.repeat(20)}`;

type App = Deployed<'applyAction' | 'computeOutcome' | 'getTurnTaker' | 'isStateTerminal'>;

async function place(name: string) {
  const { deployedBytecode } = published.contracts[name]!;
  await networkHelpers.setCode(ADDRESS, deployedBytecode);
  return (await ethers.getContractAt('CounterfactualApp', ADDRESS)) as unknown as App;
}

async function funded() {
  const world = await deployWorld();
  await world.user.sendTransaction({ to: world.address, value: 100n });
  return world;
}

const load = () => networkHelpers.loadFixture(funded);

const nim = (version: bigint, piles: [bigint, bigint, bigint]) =>
  coder.encode(['tuple(uint256,uint256[3])'], [[version, piles]]);
const take = (pile: bigint, amount: bigint) => coder.encode(['tuple(uint256,uint256)'], [[pile, amount]]);

describe('published Counterfactual apps, unmodified', () => {
  for (const [name, { sha256: expected, deployedBytecode }] of Object.entries(published.contracts)) {
    it(`${name} is the published one`, () => {
      expect(createHash('sha256').update(getBytes(deployedBytecode)).digest('hex')).to.equal(expected);
    });
  }

  describe('NimApp', () => {
    it('is installed, played off chain, disputed, played to its end on chain, and paid', async () => {
      const app = await place('NimApp');
      const world = await load();
      await place('NimApp');
      const { registry, user, hub } = world;
      const states = [
        nim(0n, [1n, 2n, 0n]),
        nim(1n, [1n, 1n, 0n]),
        nim(2n, [0n, 1n, 0n]),
        nim(3n, [0n, 0n, 0n]),
      ];
      const game = await install(world, ADDRESS, states[0]!);
      // Off chain both signed what came of the first action; then the hub went silent at its turn.
      expect(await app.applyAction(states[0], take(1n, 1n))).to.equal(states[1]);
      await game.challenge();
      await registry.setAppState(game.app, 1n, states[1], await game.signState(1n, states[1]!), []);
      // It plays on chain after all, and the user answers with the winning move.
      await registry.progressApp(game.app, states[1], [await game.move(1, 2n, take(0n, 1n), states[2]!)]);
      await registry.progressApp(game.app, states[2], [await game.move(0, 3n, take(1n, 1n), states[3]!)]);
      expect(await app.isStateTerminal(states[3])).to.equal(true);
      await pastPeriod();
      await game.settleLedger();
      // Three actions were made, so the outcome names the second participant.
      await expect(registry.settleApp(game.app, states[3], game.proof)).to.changeEtherBalances(
        ethers,
        [user, hub],
        [0n, 100n],
      );
    });

    it('pays by the last state when a player stays silent', async () => {
      const world = await load();
      await place('NimApp');
      const { registry, user, hub } = world;
      const states = [nim(0n, [5n, 0n, 0n]), nim(1n, [4n, 0n, 0n])];
      const game = await install(world, ADDRESS, states[0]!);
      await game.challenge();
      await game.open([await game.move(0, 1n, take(0n, 1n), states[1]!)]);
      await pastPeriod();
      await game.settleLedger();
      await expect(registry.settleApp(game.app, states[1], game.proof)).to.changeEtherBalances(
        ethers,
        [user, hub],
        [0n, 100n],
      );
    });

    it('refuses a move against the rules of the game', async () => {
      const world = await load();
      await place('NimApp');
      const { registry } = world;
      const states = [nim(0n, [5n, 0n, 0n]), nim(1n, [0n, 0n, 0n])];
      const game = await install(world, ADDRESS, states[0]!);
      await game.challenge();
      await game.open();
      await expect(
        registry.progressApp(game.app, states[0], [await game.move(0, 1n, take(0n, 6n), states[1]!)]),
      ).to.be.revertedWith('invalid pileIdx');
    });
  });

  describe('HashLockTransferApp', () => {
    const preimage = keccak256('0x5ec3e7');
    const shape = ['tuple(tuple(address,uint256)[2],bytes32,bytes32,uint256,bool)'];

    async function installed() {
      const world = await load();
      await place('HashLockTransferApp');
      const { user, hub } = world;
      const expiry = BigInt(await ethers.provider.getBlockNumber()) + 50n;
      const state = (amounts: Pair<bigint>, shown: string, finalized: boolean) =>
        coder.encode(shape, [
          [
            [
              [hub.address, amounts[0]],
              [user.address, amounts[1]],
            ],
            sha256(preimage),
            shown,
            expiry,
            finalized,
          ],
        ]);
      const [locked, unlocked, cancelled] = [
        state([100n, 0n], ZeroHash, false),
        state([0n, 100n], preimage, true),
        state([100n, 0n], ZeroHash, true),
      ];
      const game = await install(world, ADDRESS, locked, {
        participants: [hub.address, user.address],
        outcomeType: 1,
        stakes: [{ asset: ETHER, amounts: [100n, 0n] }],
      });
      return { world, game, locked, unlocked, cancelled };
    }

    it('pays the receiver who shows the preimage on chain', async () => {
      const { world, game, unlocked } = await installed();
      await game.challenge();
      await game.open([await game.move(1, 1n, coder.encode(['bytes32'], [preimage]), unlocked)]);
      await pastPeriod();
      await game.settleLedger();
      await expect(world.registry.settleApp(game.app, unlocked, game.proof)).to.changeEtherBalance(
        ethers,
        world.user,
        100n,
      );
    });

    it('before its expiry has no outcome yet: the rest is paid, the stake waits and is retried', async () => {
      const { world, game, locked } = await installed();
      const { registry, hub } = world;
      await game.challenge();
      await game.open();
      await pastPeriod();
      await game.settleLedger();
      await expect(registry.settleApp(game.app, locked, game.proof))
        .to.be.revertedWithCustomError(registry, 'OutcomeNotReady')
        .withArgs(game.appId);
      await networkHelpers.mine(50);
      await expect(registry.settleApp(game.app, locked, game.proof)).to.changeEtherBalance(ethers, hub, 100n);
    });

    it('refunds at once when the receiver cancels in a state both signed', async () => {
      const { world, game, cancelled } = await installed();
      const { registry, hub } = world;
      await registry.setAppState(game.app, 1n, cancelled, await game.signState(1n, cancelled), []);
      await registry.setOutcome(game.app, cancelled);
      await game.challenge();
      await pastPeriod();
      await game.settleLedger();
      const outcome = coder.encode(
        ['tuple(address,uint256)[2]'],
        [
          [
            [hub.address, 100n],
            [world.user.address, 0n],
          ],
        ],
      );
      await expect(registry.settleApp(game.app, outcome, game.proof)).to.changeEtherBalance(
        ethers,
        hub,
        100n,
      );
    });
  });

  it('SimpleTwoPartySwapApp swaps two assets, though it knows no turns and no end', async () => {
    const world = await load();
    await place('SimpleTwoPartySwapApp');
    const { registry, user, hub, address, token, tokenAddress } = world;
    await token.mint(address, 50n);
    // Its lists are by what each side receives: the user gets the hub's tokens, the hub the user's ether.
    const state = coder.encode(
      ['tuple(tuple(address,uint256)[][])'],
      [[[[[hub.address, 50n]], [[user.address, 100n]]]]],
    );
    const game = await install(world, ADDRESS, state, {
      outcomeType: 2,
      stakes: [
        { asset: ETHER, amounts: [100n, 0n] },
        { asset: tokenAddress, amounts: [0n, 50n] },
      ],
    });
    await game.challenge();
    await game.open();
    await pastPeriod();
    await game.settleLedger();
    const before = await token.balanceOf(user.address);
    await expect(registry.settleApp(game.app, state, game.proof)).to.changeEtherBalances(
      ethers,
      [user, hub],
      [0n, 100n],
    );
    expect(await token.balanceOf(user.address)).to.equal(before + 50n);
  });

  it('TicTacToeApp is won on chain', async () => {
    const world = await load();
    await place('TicTacToeApp');
    const { registry, user, hub } = world;
    const shape = ['tuple(uint256,uint256,uint256[3][3])'];
    const board = (version: bigint, winner: bigint, cells: bigint[][]) =>
      coder.encode(shape, [[version, winner, cells]]);
    const before = board(4n, 0n, [
      [1n, 1n, 0n],
      [2n, 2n, 0n],
      [0n, 0n, 0n],
    ]);
    const app = (await ethers.getContractAt('CounterfactualApp', ADDRESS)) as unknown as App;
    // Play and win: row 0 is claimed by the first player.
    const action = coder.encode(
      ['tuple(uint8,uint256,uint256,tuple(uint8,uint256))'],
      [[1, 0n, 2n, [0, 0n]]],
    );
    const after = (await app.applyAction(before, action)) as string;
    const game = await install(world, ADDRESS, before);
    await game.challenge();
    await game.open([await game.move(0, 1n, action, after)]);
    await pastPeriod();
    await game.settleLedger();
    const paid = registry.settleApp(game.app, after, game.proof);
    await expect(paid).to.changeEtherBalances(ethers, [user, hub], [100n, 0n]);
  });
});
