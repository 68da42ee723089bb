// SPDX-License-Identifier: MIT
import { expect } from 'chai';
import { keccak256, MaxUint256, Signature, ZeroAddress, ZeroHash } from 'ethers';

import type { Deployed } from './support/contracts.ts';
import { install } from './support/games.ts';
import {
  coder,
  deployed,
  deployWorld,
  ETHER,
  ethers,
  networkHelpers,
  pastPeriod,
  pathOf,
  type App,
  type Pair,
  type World,
} from './support/world.ts';

type Counterfactual = Deployed<'applyAction' | 'computeOutcome' | 'getTurnTaker' | 'isStateTerminal'>;

const SEATS: Pair<string> = [`0x${'a0'.repeat(20)}`, `0x${'a1'.repeat(20)}`].map((address) =>
  ethers.getAddress(address),
) as Pair<string>;

const transfers = (first: bigint, second: bigint) =>
  coder.encode(
    ['tuple(address,uint256)[2]'],
    [
      [
        [ZeroAddress, first],
        [ZeroAddress, second],
      ],
    ],
  );
const fixed = (choice: bigint) => coder.encode(['uint256'], [choice]);

const app = (name: string) => deployed<Counterfactual>(name);

/** What every app must do, whatever it is about. */
function behavesLikeAnApp(
  name: string,
  make: () => Promise<{ initial: string; mover: 0 | 1; action: string; next: string; terminal: boolean }>,
) {
  it('says whose turn it is, moves, knows its end, and refuses bytes that are no state', async () => {
    const instance = await app(name);
    const { initial, mover, action, next, terminal } = await make();
    expect(await instance.getTurnTaker(initial, SEATS)).to.equal(SEATS[mover]);
    expect(await instance.isStateTerminal(initial)).to.equal(false);
    expect(await instance.applyAction(initial, action)).to.equal(next);
    expect(await instance.isStateTerminal(next)).to.equal(terminal);
    for (const bad of ['0x', initial.slice(0, -2), `${initial}00`]) {
      const length = (bad.length - 2) / 2;
      for (const call of [
        instance.isStateTerminal(bad),
        instance.computeOutcome(bad),
        instance.applyAction(bad, action),
      ]) {
        await expect(call).to.be.revertedWithCustomError(instance, 'InvalidState').withArgs(length);
      }
    }
  });

  it('moves and pays on chain', async () => {
    const world = await networkHelpers.loadFixture(deployWorld);
    await world.user.sendTransaction({ to: world.address, value: 100n });
    const instance = await app(name);
    const { initial, mover, action, next } = await make();
    const game = await install(world, instance.target as string, initial, shape(name, world));
    if (name === 'SwapApp') await world.token.mint(world.address, 50n);
    await game.challenge();
    await game.open([await game.move(mover, 1n, action, next)]);
    await pastPeriod();
    await game.settleLedger();
    await expect(game.settle(next, pathOf(initial)))
      .to.emit(world.registry, 'AppSettled')
      .withArgs(world.address, game.appId, false);
  });
}

function shape(name: string, { tokenAddress }: World): Partial<App> {
  if (name === 'SwapApp') {
    return {
      outcomeType: 2,
      stakes: [
        { asset: ETHER, amounts: [100n, 0n] },
        { asset: tokenAddress, amounts: [0n, 50n] },
      ],
    };
  }
  const transfer = name.endsWith('TransferApp');
  return { outcomeType: transfer ? 1 : 0, stakes: [{ asset: ETHER, amounts: [100n, 0n] }] };
}

const attester = new ethers.Wallet(keccak256('0xa77e57'));
const attesterDomain = { name: 'Oracle', version: '3', chainId: 5 };
const domain = ethers.TypedDataEncoder.hashDomain(attesterDomain);
const paymentId = keccak256('0x1d');

/** An action of the apps that a named signer moves: a word and the signature on it. */
function signedWord(word: string, signature: string): string {
  const { r, s, v } = Signature.from(signature);
  return coder.encode(['bytes32', 'bytes32', 'bytes32', 'uint8'], [word, r, s, v]);
}

/** Whatever its length, an action of other than four words is none, also where ABI coders read the same from it. */
async function refusesOtherEncodings(instance: Counterfactual, state: string, action: string) {
  for (const bad of ['0x', action.slice(0, -2), `${action}00`, `0x${'00'.repeat(31)}20${action.slice(2)}`]) {
    await expect(instance.applyAction(state, bad))
      .to.be.revertedWithCustomError(instance, 'InvalidAction')
      .withArgs((bad.length - 2) / 2);
  }
}

describe('SignedTransferApp', () => {
  const state = (attested: string, signer = attester.address) =>
    coder.encode(
      ['uint256', 'address', 'bytes32', 'bytes32', 'bytes32'],
      [100n, signer, domain, paymentId, attested],
    );
  const type = {
    Attestation: [
      { name: 'paymentId', type: 'bytes32' },
      { name: 'attested', type: 'bytes32' },
    ],
  };
  const said = keccak256('0x5a1d');
  const action = async (attested: string, by = attester) =>
    signedWord(attested, await by.signTypedData(attesterDomain, type, { paymentId, attested }));

  behavesLikeAnApp('SignedTransferApp', async () => ({
    initial: state(ZeroHash),
    mover: 1,
    action: await action(said),
    next: state(said),
    terminal: true,
  }));

  it('pays the payee once the signer attested, and refunds before', async () => {
    const instance = await app('SignedTransferApp');
    expect(await instance.computeOutcome(state(ZeroHash))).to.equal(transfers(100n, 0n));
    expect(await instance.computeOutcome(state(said))).to.equal(transfers(0n, 100n));
  });

  it('takes no other signer, nothing attested, and nothing twice', async () => {
    const instance = await app('SignedTransferApp');
    const other = new ethers.Wallet(keccak256('0x07'));
    await expect(instance.applyAction(state(ZeroHash), await action(said, other)))
      .to.be.revertedWithCustomError(instance, 'WrongSigner')
      .withArgs(attester.address, other.address);
    await expect(instance.applyAction(state(ZeroHash), await action(ZeroHash))).to.be.revertedWithCustomError(
      instance,
      'NothingAttested',
    );
    await expect(instance.applyAction(state(said), await action(said))).to.be.revertedWithCustomError(
      instance,
      'AlreadyUnlocked',
    );
    await refusesOtherEncodings(instance, state(ZeroHash), await action(said));
  });
});

describe('BatchedTransferApp', () => {
  const state = (paid: bigint, fee = 5n, amount = 100n) =>
    coder.encode(
      ['uint256', 'address', 'bytes32', 'bytes32', 'uint256', 'uint256'],
      [amount, attester.address, domain, paymentId, fee, paid],
    );
  const type = {
    Receipt: [
      { name: 'paymentId', type: 'bytes32' },
      { name: 'paid', type: 'uint256' },
    ],
  };
  const action = async (paid: bigint, by = attester) =>
    signedWord(ethers.toBeHex(paid, 32), await by.signTypedData(attesterDomain, type, { paymentId, paid }));

  behavesLikeAnApp('BatchedTransferApp', async () => ({
    initial: state(0n),
    mover: 1,
    action: await action(30n),
    next: state(30n),
    terminal: false,
  }));

  it('pays in parts and the fee once, each receipt replacing those before, and ends when all is paid', async () => {
    const instance = await app('BatchedTransferApp');
    expect(await instance.computeOutcome(state(0n))).to.equal(transfers(100n, 0n));
    expect(await instance.applyAction(state(0n), await action(1n))).to.equal(state(1n));
    expect(await instance.computeOutcome(state(1n))).to.equal(transfers(94n, 6n));
    expect(await instance.applyAction(state(30n), await action(75n))).to.equal(state(75n));
    expect(await instance.computeOutcome(state(75n))).to.equal(transfers(20n, 80n));
    expect(await instance.applyAction(state(75n), await action(95n))).to.equal(state(95n));
    expect(await instance.isStateTerminal(state(94n))).to.equal(false);
    expect(await instance.isStateTerminal(state(95n))).to.equal(true);
    expect(await instance.computeOutcome(state(95n))).to.equal(transfers(0n, 100n));
    expect(await instance.computeOutcome(state(95n, 0n))).to.equal(transfers(5n, 95n));
  });

  it('a fee of all that is staked leaves nothing to pay, and is not taken without a payment', async () => {
    const instance = await app('BatchedTransferApp');
    expect(await instance.isStateTerminal(state(0n, 100n))).to.equal(true);
    expect(await instance.computeOutcome(state(0n, 100n))).to.equal(transfers(100n, 0n));
    await expect(instance.applyAction(state(0n, 100n), await action(1n)))
      .to.be.revertedWithCustomError(instance, 'MoreThanStaked')
      .withArgs(1n, 100n, 100n);
  });

  it('takes no smaller receipt, none above the stake with its fee, none of another, and none written otherwise', async () => {
    const instance = await app('BatchedTransferApp');
    const other = new ethers.Wallet(keccak256('0x07'));
    for (const paid of [30n, 29n, 0n]) {
      await expect(instance.applyAction(state(30n), await action(paid)))
        .to.be.revertedWithCustomError(instance, 'NotMore')
        .withArgs(paid, 30n);
    }
    for (const paid of [96n, 101n, MaxUint256, MaxUint256 - 4n]) {
      await expect(instance.applyAction(state(30n), await action(paid)))
        .to.be.revertedWithCustomError(instance, 'MoreThanStaked')
        .withArgs(paid, 5n, 100n);
    }
    await expect(instance.applyAction(state(30n), await action(40n, other)))
      .to.be.revertedWithCustomError(instance, 'WrongSigner')
      .withArgs(attester.address, other.address);
    await refusesOtherEncodings(instance, state(30n), await action(40n));
  });

  it('what promises more than is staked is no state, however large the numbers are', async () => {
    const instance = await app('BatchedTransferApp');
    for (const [paid, fee, amount] of [
      [96n, 5n, 100n],
      [0n, 101n, 100n],
      [30n, MaxUint256, 100n],
      [MaxUint256, 1n, MaxUint256],
      [MaxUint256, MaxUint256, MaxUint256],
    ] as const) {
      const bad = state(paid, fee, amount);
      for (const call of [
        instance.isStateTerminal(bad),
        instance.computeOutcome(bad),
        instance.applyAction(bad, await action(1n)),
      ])
        await expect(call)
          .to.be.revertedWithCustomError(instance, 'MoreThanStaked')
          .withArgs(paid, fee, amount);
    }
    expect(await instance.computeOutcome(state(MaxUint256 - 1n, 1n, MaxUint256))).to.equal(
      transfers(0n, MaxUint256),
    );
  });
});

describe('SwapApp', () => {
  const state = (taken: boolean) =>
    coder.encode(
      ['uint256[2][2]', 'bool'],
      [
        [
          [100n, 0n],
          [0n, 50n],
        ],
        taken,
      ],
    );
  const lists = (amounts: bigint[][]) =>
    coder.encode(
      ['tuple(address,uint256)[][]'],
      [amounts.map((list) => list.map((one) => [ZeroAddress, one]))],
    );

  behavesLikeAnApp('SwapApp', async () => ({
    initial: state(false),
    mover: 1,
    action: '0x',
    next: state(true),
    terminal: true,
  }));

  it("gives each its own back until it is taken, then the other's", async () => {
    const instance = await app('SwapApp');
    expect(await instance.computeOutcome(state(false))).to.equal(
      lists([
        [100n, 0n],
        [0n, 50n],
      ]),
    );
    expect(await instance.computeOutcome(state(true))).to.equal(
      lists([
        [0n, 100n],
        [50n, 0n],
      ]),
    );
    await expect(instance.applyAction(state(true), '0x')).to.be.revertedWithCustomError(
      instance,
      'AlreadyTaken',
    );
    await expect(instance.applyAction(state(false), '0x00'))
      .to.be.revertedWithCustomError(instance, 'InvalidAction')
      .withArgs(1n);
  });
});

describe('TicTacToeApp', () => {
  const bits = (cells: number[]) => cells.reduce((board, cell) => board | (1n << BigInt(cell)), 0n);
  const state = (first: number[], second: number[]) =>
    coder.encode(['uint256[2]'], [[bits(first), bits(second)]]);

  behavesLikeAnApp('TicTacToeApp', async () => ({
    initial: state([0], []),
    mover: 1,
    action: fixed(4n),
    next: state([0], [4]),
    terminal: false,
  }));

  it('gives all to whoever completes a line, in every direction', async () => {
    const instance = await app('TicTacToeApp');
    const lines = [
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8],
      [0, 3, 6],
      [1, 4, 7],
      [2, 5, 8],
      [0, 4, 8],
      [2, 4, 6],
    ];
    for (const line of lines) {
      expect(await instance.isStateTerminal(state(line, []))).to.equal(true);
      expect(await instance.isStateTerminal(state([], line))).to.equal(true);
      expect(await instance.computeOutcome(state(line, []))).to.equal(fixed(0n));
      expect(await instance.computeOutcome(state([], line))).to.equal(fixed(1n));
    }
  });

  it('splits a full board, and lets whoever stays silent lose', async () => {
    const instance = await app('TicTacToeApp');
    const draw = state([0, 1, 5, 6, 8], [2, 3, 4, 7]);
    expect(await instance.isStateTerminal(draw)).to.equal(true);
    expect(await instance.computeOutcome(draw)).to.equal(fixed(2n));
    expect(await instance.computeOutcome(state([], []))).to.equal(fixed(1n));
    expect(await instance.computeOutcome(state([0], []))).to.equal(fixed(0n));
  });

  it('refuses a cell that is taken or is none, and any after the end', async () => {
    const instance = await app('TicTacToeApp');
    for (const [from, action, error, args] of [
      [state([0], []), fixed(0n), 'CellTaken', [0n]],
      [state([0], []), fixed(9n), 'InvalidCell', [9n]],
      [state([0], []), '0x', 'InvalidAction', [0n]],
      [state([0, 1, 2], [3, 4]), fixed(5n), 'GameOver', []],
    ] as const) {
      await expect(instance.applyAction(from, action))
        .to.be.revertedWithCustomError(instance, error)
        .withArgs(...args);
    }
  });
});

describe('NimApp', () => {
  const state = (mover: bigint, piles: [bigint, bigint, bigint]) =>
    coder.encode(['uint256', 'uint256[3]'], [mover, piles]);
  const take = (pile: bigint, amount: bigint) => coder.encode(['uint256', 'uint256'], [pile, amount]);

  behavesLikeAnApp('NimApp', async () => ({
    initial: state(1n, [0n, 3n, 0n]),
    mover: 1,
    action: take(1n, 3n),
    next: state(0n, [0n, 0n, 0n]),
    terminal: true,
  }));

  it('gives all to whoever is not to move', async () => {
    const instance = await app('NimApp');
    expect(await instance.computeOutcome(state(0n, [0n, 0n, 0n]))).to.equal(fixed(1n));
    expect(await instance.computeOutcome(state(1n, [1n, 0n, 0n]))).to.equal(fixed(0n));
  });

  it('refuses a pile that is none, nothing, and more than there is', async () => {
    const instance = await app('NimApp');
    const from = state(0n, [1n, 2n, 3n]);
    for (const [action, error, args] of [
      [take(3n, 1n), 'InvalidPile', [3n]],
      [take(1n, 0n), 'InvalidAmount', [0n, 2n]],
      [take(1n, 3n), 'InvalidAmount', [3n, 2n]],
      ['0x', 'InvalidAction', [0n]],
    ] as const) {
      await expect(instance.applyAction(from, action))
        .to.be.revertedWithCustomError(instance, error)
        .withArgs(...args);
    }
  });
});
