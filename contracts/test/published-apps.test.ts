// SPDX-License-Identifier: MIT
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { expect } from 'chai';
import {
  concat,
  getBytes,
  keccak256,
  sha256,
  solidityPackedKeccak256,
  toUtf8Bytes,
  Wallet,
  ZeroHash,
} from 'ethers';

import type { Deployed } from './support/contracts.ts';
import { install } from './support/games.ts';
import {
  coder,
  deployWorld,
  ETHER,
  ethers,
  extend,
  networkHelpers,
  pastPeriod,
  pathOf,
  type App as Installed,
  type Pair,
  type World,
} from './support/world.ts';

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

/**
 * Installs a published app over the user's 100 wei, plays moves on chain, lets the time pass and settles the ledger.
 * `settle` pays the app, and says what user and hub got.
 */
async function played(
  name: string,
  initialOf: (world: World) => string,
  outcomeType: number,
  moves: readonly (readonly [seat: 0 | 1, action: string])[] = [],
) {
  const world = await load();
  const app = await place(name);
  const { registry, user, hub, stranger } = world;
  const stakes: Installed['stakes'] = [{ asset: ETHER, amounts: [100n, 0n] }];
  const initial = initialOf(world);
  const game = await install(world, ADDRESS, initial, { outcomeType, stakes });
  let state = initial;
  let previous = ZeroHash;
  const signed = [];
  for (const [index, [seat, action]] of moves.entries()) {
    previous = extend(previous, keccak256(state));
    state = (await app.applyAction(state, action)) as string;
    signed.push(await game.move(seat, BigInt(index + 1), action, state));
  }
  await game.challenge();
  await game.open(signed);
  const status = await registry.appStatus(game.appId);
  await pastPeriod();
  await game.settleLedger();
  const balances = () => Promise.all([user, hub].map(({ address }) => ethers.provider.getBalance(address)));
  return {
    ...{ world, app, game, state, status, previous },
    async settle(): Promise<bigint[]> {
      const before = await balances();
      await registry.connect(stranger).settleApp(game.id, game.app, previous, state, game.proof);
      return (await balances()).map((balance, i) => balance - before[i]!);
    },
  };
}

const TRANSFERS = 'tuple(address,uint256)[2]';
const all = ({ user, hub }: World, amount = 100n) => [
  [user.address, amount],
  [hub.address, 0n],
];

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
      const { user, hub } = world;
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
      await game.set(1n, states[1]!);
      // It plays on chain after all, and the user answers with the winning move.
      await game.progress(1n, ZeroHash, states[1]!, [await game.move(1, 2n, take(0n, 1n), states[2]!)]);
      await game.progress(2n, pathOf(states[1]!), states[2]!, [
        await game.move(0, 3n, take(1n, 1n), states[3]!),
      ]);
      expect(await app.isStateTerminal(states[3])).to.equal(true);
      await pastPeriod();
      await game.settleLedger();
      // Three actions were made, so the outcome names the second participant.
      await expect(game.settle(states[3]!, pathOf(states[1]!, states[2]!))).to.changeEtherBalances(
        ethers,
        [user, hub],
        [0n, 100n],
      );
    });

    it('pays by the last state when a player stays silent', async () => {
      const world = await load();
      await place('NimApp');
      const { user, hub } = world;
      const states = [nim(0n, [5n, 0n, 0n]), nim(1n, [4n, 0n, 0n])];
      const game = await install(world, ADDRESS, states[0]!);
      await game.challenge();
      await game.open([await game.move(0, 1n, take(0n, 1n), states[1]!)]);
      await pastPeriod();
      await game.settleLedger();
      await expect(game.settle(states[1]!, pathOf(states[0]!))).to.changeEtherBalances(
        ethers,
        [user, hub],
        [0n, 100n],
      );
    });

    it('refuses a move against the rules of the game', async () => {
      const world = await load();
      await place('NimApp');
      const states = [nim(0n, [5n, 0n, 0n]), nim(1n, [0n, 0n, 0n])];
      const game = await install(world, ADDRESS, states[0]!);
      await game.challenge();
      await game.open();
      await expect(
        game.progress(0n, ZeroHash, states[0]!, [await game.move(0, 1n, take(0n, 6n), states[1]!)]),
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
      const { world, game, locked, unlocked } = await installed();
      await game.challenge();
      await game.open([await game.move(1, 1n, coder.encode(['bytes32'], [preimage]), unlocked)]);
      await pastPeriod();
      await game.settleLedger();
      await expect(game.settle(unlocked, pathOf(locked))).to.changeEtherBalance(ethers, world.user, 100n);
    });

    it('before its expiry has no outcome yet: the rest is paid, the stake waits and is retried', async () => {
      const { world, game, locked } = await installed();
      const { registry, hub } = world;
      await game.challenge();
      await game.open();
      await pastPeriod();
      await game.settleLedger();
      await expect(game.settle(locked))
        .to.be.revertedWithCustomError(registry, 'OutcomeNotReady')
        .withArgs(game.appId);
      await networkHelpers.mine(50);
      await expect(game.settle(locked)).to.changeEtherBalance(ethers, hub, 100n);
    });

    it('refunds at once when the receiver cancels in a state both signed', async () => {
      const { world, game, cancelled } = await installed();
      const { hub } = world;
      await game.set(1n, cancelled);
      await game.setOutcome(cancelled);
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
      await expect(game.settle(outcome)).to.changeEtherBalance(ethers, hub, 100n);
    });
  });

  it('SimpleTwoPartySwapApp swaps two assets, though it knows no turns and no end', async () => {
    const world = await load();
    await place('SimpleTwoPartySwapApp');
    const { user, hub, address, token, tokenAddress } = world;
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
    await expect(game.settle(state)).to.changeEtherBalances(ethers, [user, hub], [0n, 100n]);
    expect(await token.balanceOf(user.address)).to.equal(before + 50n);
  });

  it('TicTacToeApp is won on chain', async () => {
    const world = await load();
    await place('TicTacToeApp');
    const { user, hub } = world;
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
    const paid = game.settle(after, pathOf(before));
    await expect(paid).to.changeEtherBalances(ethers, [user, hub], [100n, 0n]);
  });

  it('SimpleLinkedTransferApp pays for the preimage, and refunds when it is cancelled or nobody moves', async () => {
    const preimage = keccak256('0x01');
    const initial = (world: World) =>
      coder.encode(
        [`tuple(${TRANSFERS},bytes32,bytes32,bool)`],
        [[all(world), sha256(preimage), ZeroHash, false]],
      );
    const unlock = (shown: string) => [[1, coder.encode(['bytes32'], [shown])]] as const;
    for (const [moves, paid] of [
      [unlock(preimage), [0n, 100n]],
      [unlock(ZeroHash), [100n, 0n]],
      [[], [100n, 0n]],
    ] as const) {
      const { settle } = await played('SimpleLinkedTransferApp', initial, 1, moves);
      expect(await settle()).to.deep.equal(paid);
    }
  });

  it('SimpleSignedTransferApp pays for a signature of the named signer', async () => {
    const signer = new Wallet(keccak256('0xa77e57'));
    const domain = {
      name: 'Connext Signed Transfer',
      version: '0',
      chainId: 7n,
      verifyingContract: ADDRESS,
      salt: '0xa070ffb1cd7409649bf77822cce74495468e06dbfaef09556838bf188679b9c2',
    };
    const fields = ['paymentId', 'data'].map((field) => ({ name: field, type: 'bytes32' }));
    const receipt = { paymentId: keccak256('0x07'), data: keccak256('0x08') };
    const signature = await signer.signTypedData(domain, { Receipt: fields }, receipt);
    const { settle } = await played(
      'SimpleSignedTransferApp',
      (world) =>
        coder.encode(
          [`tuple(${TRANSFERS},address,uint256,address,bytes32,bytes32,bool)`],
          [[all(world), signer.address, 7n, ADDRESS, ZeroHash, receipt.paymentId, false]],
        ),
      1,
      [[1, coder.encode(['tuple(bytes32,bytes)'], [[receipt.data, signature]])]],
    );
    expect(await settle()).to.deep.equal([0n, 100n]);
  });

  describe('HighRollerApp', () => {
    const salt = keccak256('0x55');
    const action = (type: number, number: bigint, hash: string) =>
      coder.encode(['tuple(uint8,uint256,bytes32)'], [[type, number, hash]]);
    const initial = () =>
      coder.encode(
        ['tuple(uint8,bytes32,bytes32,uint256,uint256,uint256)'],
        [[0, ZeroHash, ZeroHash, 0n, 0n, 0n]],
      );
    const moves = (number: bigint) =>
      [
        [0, action(0, 0n, solidityPackedKeccak256(['bytes32', 'uint256'], [salt, number]))],
        [1, action(1, 9n, ZeroHash)],
        [0, action(2, number, salt)],
      ] as const;

    for (const [name, made, paid] of [
      ['who never commits loses', [], [0n, 100n]],
      ['who never answers loses', moves(5n).slice(0, 1), [100n, 0n]],
      ['who never reveals loses', moves(5n).slice(0, 2), [0n, 100n]],
      ['the dice decide what both committed to', moves(5n), [100n, 0n]],
      ['who committed to zero loses', moves(0n), [0n, 100n]],
    ] as const) {
      it(name, async () => {
        const { settle, app, state } = await played('HighRollerApp', initial, 0, made);
        expect(await app.isStateTerminal(state)).to.equal(made.length === 3);
        expect(await settle()).to.deep.equal(paid);
      });
    }
  });

  it('AppWithAction: a move that leaves the state as it was is a move, and the end comes when the app says so', async () => {
    const increment = (by: bigint) => coder.encode(['tuple(uint8,uint256)'], [[0, by]]);
    const accept = coder.encode(['tuple(uint8,uint256)'], [[1, 0n]]);
    const { settle, status, game, app, state, previous } = await played(
      'AppWithAction',
      () => coder.encode(['uint256'], [0n]),
      0,
      [
        [1, increment(2n)],
        [0, accept],
        [0, increment(9n)],
      ],
    );
    expect([status.version, status.steps, status.path]).to.deep.equal([
      3n,
      3n,
      extend(previous, keccak256(state)),
    ]);
    expect(status.finalizesAt).to.equal(status.baseEndsAt);
    expect(await app.getTurnTaker(state, game.app.participants)).to.equal(game.app.participants[0]);
    expect(await settle()).to.deep.equal([100n, 0n]);
  });

  it('IdentityApp, which knows no turns, no moves and no end, pays what its state says, for every outcome type', async () => {
    for (const [outcomeType, state, paid] of [
      [0, () => coder.encode(['uint8'], [2]), [50n, 50n]],
      [1, (world: World) => coder.encode([TRANSFERS], [all(world)]), [100n, 0n]],
      [
        2,
        ({ user, hub }: World) =>
          coder.encode(
            ['tuple(address,uint256)[][]'],
            [
              [
                [
                  [hub.address, 10n],
                  [user.address, 20n],
                  [hub.address, 70n],
                ],
              ],
            ],
          ),
        [20n, 80n],
      ],
    ] as const) {
      const { settle, world, game } = await played('IdentityApp', state, outcomeType);
      expect(await settle()).to.deep.equal(paid);
      await expect(game.settle('0x')).not.to.emit(world.registry, 'AppSettled');
    }
    const game = await played('IdentityApp', () => coder.encode(['uint8'], [1]), 0);
    await expect(game.app.getTurnTaker('0x', [])).to.be.revertedWith(/no implementation/);
  });

  it('WithdrawApp refunds what was not withdrawn; that the money left by another way is no outcome', async () => {
    const data = keccak256('0x77');
    const digest = keccak256(concat([toUtf8Bytes('\x15Indra Signed Message:\n32'), data]));
    const signed = [1, 2].map(
      (index) =>
        ethers.HDNodeWallet.fromPhrase(
          'test test test test test test test test test test test junk',
          '',
          `m/44'/60'/0'/0/${index}`,
        ).signingKey.sign(digest).serialized,
    );
    const initial = (world: World) =>
      coder.encode(
        [`tuple(${TRANSFERS},bytes[2],address[2],bytes32,bytes32,bool)`],
        [[all(world), [signed[0], '0x'], [world.user.address, world.hub.address], data, ZeroHash, false]],
      );
    const silent = await played('WithdrawApp', initial, 1);
    expect(await silent.settle()).to.deep.equal([100n, 0n]);

    const done = await played('WithdrawApp', initial, 1, [
      [1, coder.encode(['tuple(bytes)'], [[signed[1]]])],
    ]);
    const { registry } = done.world;
    await expect(done.settle()).to.be.revertedWithCustomError(registry, 'OutcomeNotReady');
    // Its outcome, nothing for both, does not distribute the stake: after the grace each gets its own back.
    const { finalizesAt } = done.status;
    await networkHelpers.time.increaseTo(finalizesAt + (await registry.FALLBACK_GRACE()));
    expect(await done.settle()).to.deep.equal([100n, 0n]);
  });
});
