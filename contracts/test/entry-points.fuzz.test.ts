// SPDX-License-Identifier: MIT
import { expect } from 'chai';
import { concat, dataLength, dataSlice, hexlify, keccak256, toBeHex, ZeroHash, type ParamType } from 'ethers';

import type { Deployed } from './support/contracts.ts';
import { install } from './support/games.ts';
import { random, type Random } from './support/random.ts';
import { errorIn, returnDataOf } from './support/refusals.ts';
import {
  coder,
  deployed,
  deployWorld,
  ETHER,
  ethers,
  FAR,
  MAX,
  networkHelpers,
  now,
  pastPeriod,
  pathOf,
  returning,
  type Pair,
  type World,
} from './support/world.ts';

const SEED = Number(process.env['FUZZ_FIRST'] ?? 0);
/** Tries per entry point. */
const TRIES = Number(process.env['FUZZ_TRIES'] ?? 40);

/** What anybody may do with any arguments: nothing that belongs to anybody is touched. */
const OPEN_TO_ALL = new Set(['deploy', 'deployAndCall', 'deposit', 'multicall']);

const { interface: gameErrors } = await ethers.getContractAt('NimApp', ETHER);

interface Call {
  to: string;
  data: string;
  value?: bigint;
}

/** Reverts with an error that the contracts declare or with nothing, as calldata that cannot be decoded does; or passes. */
async function attempt(world: World, call: Call, by = world.stranger): Promise<'passed' | 'refused'> {
  const { registry, channel, factory, token } = world;
  try {
    await ethers.provider.call({ ...call, from: by.address });
    return 'passed';
  } catch (error) {
    const data = returnDataOf(error);
    const interfaces = [registry, channel, factory, token].map((one) => one.interface);
    const known = errorIn([...interfaces, gameErrors], data);
    const isDeclared = known !== null && !['Panic', 'Error'].includes(known.name);
    expect(data === '0x' || isDeclared, `a known error, not ${data}`).to.equal(true);
    return 'refused';
  }
}

const withSeed = async (what: string, seed: number, run: () => Promise<void>) => {
  try {
    await run();
  } catch (error) {
    throw new Error(`seed ${seed}: ${what}`, { cause: error });
  }
};

/** A channel with money of both sides, a game, and everything signed that the entry points take. */
async function scene() {
  const world = await deployWorld();
  const { user, hub, address, sign, withdrawal, id, registry, token, tokenAddress, channel } = world;
  await world.deploy();
  await user.sendTransaction({ to: address, value: 200n });
  await token.mint(address, 50n);
  await channel.connect(hub).deposit(ETHER, 30n, { value: 30n });
  const app = await deployed<Deployed<'applyAction'>>('NimApp');
  const nim = (mover: bigint, piles: bigint[]) =>
    coder.encode(['tuple(uint256,uint256[3])'], [[mover, piles]]);
  const states = [nim(0n, [1n, 2n, 0n]), nim(1n, [0n, 2n, 0n]), nim(0n, [0n, 0n, 0n])] as const;
  const game = await install(world, app.target as string, states[0]);
  const moves = [
    await game.move(0, 1n, coder.encode(['uint256', 'uint256'], [0, 1]), states[1]),
    await game.move(1, 2n, coder.encode(['uint256', 'uint256'], [1, 2]), states[2]),
  ];
  const newer = { ...game.ledger, version: 9n };
  const cancel = (subject: string) => ({
    channel: address,
    epoch: 0n,
    subject,
    challengeId: 1n,
    deadline: FAR,
  });
  const leave = (subject: string, challengeId: bigint) => ({
    ...{ channel: address, epoch: 0n, challengeId, subject },
    ...{ minVersion: 4n, deadline: FAR },
  });
  const [toChallenge, toOpen] = [leave(ZeroHash, 1n), leave(game.appId, 0n)];
  const draw = withdrawal({ asset: tokenAddress, amount: 7n });
  const signatures = {
    challenge: await sign('Ledger', game.ledger),
    answer: await sign('Ledger', newer),
    cancel: await sign('Cancel', cancel(ZeroHash)),
    cancelApp: await sign('Cancel', cancel(game.appId), game.seats),
    withdraw: await sign('Withdrawal', draw),
    state: await game.signState(1n, states[1]),
    toChallenge: (await sign('Challenge', toChallenge, [user]))[0],
    toOpen: (await sign('Challenge', toOpen, [hub]))[0],
  };
  const toRegistry = (method: string, args: unknown[]): Call => ({
    to: registry.target as string,
    data: registry.interface.encodeFunctionData(method, args),
  });
  return {
    world,
    game,
    states,
    moves,
    signatures,
    calls: {
      challengeLedger: toRegistry('challengeLedger', [id, game.ledger, signatures.challenge]),
      challengeLedgerFor: toRegistry('challengeLedgerFor', [
        ...[id, game.ledger, signatures.challenge, toChallenge, signatures.toChallenge],
      ]),
      answerLedger: toRegistry('answerLedger', [id, newer, signatures.answer]),
      cancelLedger: toRegistry('cancelLedger', [id, cancel(ZeroHash), signatures.cancel]),
      settle: toRegistry('settle', [id, game.ledger, []]),
      openApp: toRegistry('openApp', [await game.opening(moves)]),
      openAppFor: toRegistry('openAppFor', [await game.opening(moves), toOpen, signatures.toOpen]),
      setAppState: toRegistry('setAppState', [
        ...[id, game.app, 1n, states[1], signatures.state],
        ...[{ before: pathOf(states[0]), hashes: [keccak256(states[1])] }, moves.slice(1)],
      ]),
      progressApp: toRegistry('progressApp', [id, game.app, 0n, ZeroHash, states[0], moves]),
      cancelApp: toRegistry('cancelApp', [id, game.app, cancel(game.appId), signatures.cancelApp]),
      setOutcome: toRegistry('setOutcome', [id, game.app, ZeroHash, states[0]]),
      settleApp: toRegistry('settleApp', [id, game.app, ZeroHash, states[0], game.proof]),
      withdraw: {
        to: address,
        data: channel.interface.encodeFunctionData('withdraw', [draw, signatures.withdraw]),
      },
      claim: {
        to: address,
        data: channel.interface.encodeFunctionData('claim', [ETHER, user.address, user.address]),
      },
    } satisfies Record<string, Call>,
  };
}

type Scene = Awaited<ReturnType<typeof scene>>;
type Method = keyof Scene['calls'];

const untouched = async () => networkHelpers.loadFixture(scene);
async function challenged() {
  const made = await scene();
  await made.game.challenge();
  return made;
}
async function opened() {
  const made = await scene();
  await made.game.open();
  return made;
}
/** The first move is on chain: what both signed at its version is on the path. */
async function moved() {
  const made = await opened();
  await made.game.progress(0n, ZeroHash, made.states[0], made.moves.slice(0, 1));
  return made;
}
async function final() {
  const made = await opened();
  await pastPeriod();
  return made;
}
async function settled() {
  const made = await final();
  const refuser = await deployed<Deployed<'set'>>('Recipient');
  await refuser.set(1, ETHER, '0x');
  const code = await ethers.provider.getCode(made.world.user.address);
  await networkHelpers.setCode(made.world.user.address, await ethers.provider.getCode(refuser.target));
  await networkHelpers.setStorageAt(made.world.user.address, 0, 1);
  await made.game.settleLedger();
  await networkHelpers.setCode(made.world.user.address, code);
  return made;
}

/** Where each call is accepted, from anybody unless it takes a party; and whether the caller may choose what is not signed. */
const ENTRIES: Record<Method, { at: () => Promise<Scene>; chooses?: boolean; byParty?: boolean }> = {
  challengeLedger: { at: untouched, byParty: true },
  challengeLedgerFor: { at: untouched },
  setAppState: { at: () => networkHelpers.loadFixture(moved), chooses: true },
  withdraw: { at: untouched },
  answerLedger: { at: () => networkHelpers.loadFixture(challenged) },
  cancelLedger: { at: () => networkHelpers.loadFixture(challenged) },
  openApp: { at: untouched, chooses: true, byParty: true },
  openAppFor: { at: untouched, chooses: true },
  progressApp: { at: () => networkHelpers.loadFixture(opened), chooses: true },
  cancelApp: { at: () => networkHelpers.loadFixture(opened) },
  settle: { at: () => networkHelpers.loadFixture(final), chooses: true },
  setOutcome: { at: () => networkHelpers.loadFixture(final) },
  settleApp: { at: () => networkHelpers.loadFixture(settled) },
  claim: { at: () => networkHelpers.loadFixture(settled) },
};

/** The same call, but for a bit, a word, its end, or something after it. */
function changed(data: string, { below, of, bytes }: Random): string {
  const [selector, body] = [dataSlice(data, 0, 4), dataSlice(data, 4)];
  const words = Array.from({ length: dataLength(body) / 32 }, (_, i) => dataSlice(body, 32 * i, 32 * i + 32));
  const at = below(words.length);
  switch (below(8)) {
    case 0:
      return concat([data, bytes(1 + below(64))]);
    case 1:
      return dataSlice(data, 0, below(dataLength(data)));
    case 2: {
      const flipped = ethers.getBytes(data);
      const byte = below(flipped.length);
      flipped[byte] = flipped[byte]! ^ (1 << below(8));
      return hexlify(flipped);
    }
    case 3:
      [words[at], words[0]] = [words[0]!, words[at]!];
      break;
    case 4:
      words[at] = of(words);
      break;
    case 5:
      words[at] = bytes(32);
      break;
    default:
      words[at] = toBeHex(of([0n, 1n, 2n, 27n, 32n, 64n, 2n ** 64n, 2n ** 160n, 2n ** 255n, MAX]), 32);
  }
  return concat([selector, ...words]);
}

/** Arguments of the right types, often of the kind that is compared with something. */
function value(type: ParamType, pick: Random, addresses: string[]): unknown {
  const { below, of, once, bytes } = pick;
  if (type.isArray()) {
    const length = type.arrayLength === -1 ? below(3) : type.arrayLength!;
    return Array.from({ length }, () => value(type.arrayChildren!, pick, addresses));
  }
  if (type.isTuple()) return type.components!.map((part) => value(part, pick, addresses));
  if (type.type === 'address') return once(8) ? ethers.getAddress(bytes(20)) : of(addresses);
  if (type.type === 'bytes') return bytes(of([0, 4, 32, 64, 65, 128]));
  if (type.type === 'bytes32') return once(2) ? ZeroHash : bytes(32);
  const bits = Number(/\d+$/.exec(type.type)?.[0] ?? 256);
  const largest = 2n ** BigInt(bits) - 1n;
  return of([0n, 1n, 2n, BigInt(below(200)), largest, BigInt(bytes(bits / 8))]);
}

describe('entry points, whatever they are given (invariants 1, 8 and 9)', () => {
  describe('a call that a party signed, changed somewhere, is refused or does exactly the same, or nothing', () => {
    for (const [index, [method, { at, chooses, byParty }]] of Object.entries(ENTRIES).entries()) {
      const seed = SEED * 1_000 + index;
      it(`${method}, seed ${seed}`, async () => {
        const { world, calls } = await at();
        const pick = random(seed);
        const by = byParty ? world.user : world.stranger;
        const call = calls[method as Method];
        const time = (await now()) + 1n;
        const snapshot = await networkHelpers.takeSnapshot();
        const effect = async (data: string) => {
          await networkHelpers.time.setNextBlockTimestamp(time);
          const sent = await by.sendTransaction({ to: call.to, data, gasLimit: 8_000_000n });
          const logs = (await sent.wait())!.logs.map((log) => [log.address, ...log.topics, log.data].join());
          await snapshot.restore();
          return logs;
        };
        const honest = await effect(call.data);
        expect(honest.length).to.be.greaterThan(0);
        const counted = { passed: 0, refused: 0 };
        for (let i = 0; i < TRIES; i++) {
          const data = changed(call.data, pick);
          await withSeed(data, seed, async () => {
            const answer = await attempt(world, { to: call.to, data }, by);
            counted[answer]++;
            if (answer === 'refused') return;
            const found = await effect(data);
            // It found its work done, or of something that is not disputed.
            if (found.length === 0) return;
            // Who submits may leave out moves, or have more assets paid; what remains is the same.
            const common = chooses ? Math.min(found.length, honest.length) : undefined;
            expect(found.slice(0, common)).to.deep.equal(honest.slice(0, common));
          });
        }
        expect(counted.refused).to.be.greaterThan(TRIES / 3);
        expect(counted.passed + counted.refused).to.equal(TRIES);
      });
    }
  });

  describe('with any gas a call is refused or does exactly the same (invariant 11)', () => {
    for (const [index, [method, { at, byParty }]] of Object.entries(ENTRIES).entries()) {
      const seed = SEED * 1_000 + 500 + index;
      it(`${method}, seed ${seed}`, async () => {
        const { world, calls } = await at();
        const pick = random(seed);
        const time = (await now()) + 1n;
        const snapshot = await networkHelpers.takeSnapshot();
        const effect = async (gasLimit: number) => {
          await networkHelpers.time.setNextBlockTimestamp(time);
          const by = byParty ? world.user : world.stranger;
          const sent = by.sendTransaction({ ...calls[method as Method], gasLimit });
          const receipt = await sent.then((one) => one.wait()).catch(() => null);
          await snapshot.restore();
          return (
            receipt && [receipt.gasUsed, receipt.logs.map(({ topics, data }) => [...topics, data].join())]
          );
        };
        const enough = await effect(8_000_000);
        expect(enough?.[1]).not.to.have.length(0);
        const most = Number(enough![0]) + 1_300_000;
        for (let i = 0; i < TRIES / 4; i++) {
          const gasLimit = 60_000 + pick.below(most);
          await withSeed(`with ${gasLimit} gas`, seed, async () => {
            const found = await effect(gasLimit);
            if (found) expect(found[1]).to.deep.equal(enough![1]);
          });
        }
      });
    }
  });

  for (const name of ['registry', 'channel', 'factory'] as const) {
    describe(`of the ${name}`, () => {
      it(`take any arguments, seed ${SEED}`, async () => {
        const { world, game } = await networkHelpers.loadFixture(opened);
        const pick = random(SEED);
        const contract = world[name];
        const addresses = [
          ...[ETHER, world.address, world.tokenAddress, world.user.address, world.hub.address],
          ...[world.stranger.address, game.app.definition, world.registry.target as string],
        ];
        const fragments: string[] = [];
        contract.interface.forEachFunction(({ name: method }) => void fragments.push(method));
        expect(fragments.length).to.be.greaterThan(3);
        for (const method of fragments) {
          const { inputs, payable } = contract.interface.getFunction(method)!;
          for (let i = 0; i < Math.ceil(TRIES / 4); i++) {
            const args = inputs.map((type) => value(type, pick, addresses));
            const data = contract.interface.encodeFunctionData(method, args);
            const money = pick.once(3) ? BigInt(pick.below(1_000)) : 0n;
            await withSeed(`${method} ${data}`, SEED, async () => {
              const answer = await attempt(world, { to: contract.target as string, data, value: money });
              const { constant } = contract.interface.getFunction(method)!;
              if (money > 0n && !payable) expect(answer).to.equal('refused');
              if (answer === 'passed' && !constant) expect(OPEN_TO_ALL).to.include(method);
            });
          }
        }
      });

      it(`refuse bytes that are no call, seed ${SEED}`, async () => {
        const { world } = await networkHelpers.loadFixture(opened);
        const pick = random(SEED + 7);
        const contract = world[name];
        for (let i = 0; i < TRIES; i++) {
          const selectors: string[] = [];
          contract.interface.forEachFunction(({ selector }) => void selectors.push(selector));
          const isKnown = pick.once(2);
          const data = isKnown
            ? concat([pick.of(selectors), pick.bytes(pick.below(31))])
            : pick.bytes(1 + pick.below(200));
          await withSeed(data, SEED, async () => {
            const answer = await attempt(world, { to: contract.target as string, data });
            const inputs = contract.interface.getFunction(
              dataSlice(data, 0, Math.min(4, dataLength(data))),
            )?.inputs;
            // What takes no arguments does not look at any.
            expect(answer).to.equal(isKnown && inputs!.length === 0 ? 'passed' : 'refused');
          });
        }
      });
    });
  }

  it("what anybody may do moves nobody else's money", async () => {
    const { world } = await networkHelpers.loadFixture(opened);
    const { factory, channel, stranger, user, hub, address, registry, token, tokenAddress } = world;
    const pick = random(SEED);
    const books = async () => [
      ...(await registry.account(address, ETHER)),
      ...(await registry.account(address, tokenAddress)),
      ...(await registry.channelStatus(address)),
    ];
    const before = await books();
    for (let i = 0; i < 6; i++) {
      await factory.connect(stranger).deploy(stranger.address, user.address, 1 + pick.below(1_000));
      await registry.connect(stranger).multicall([]);
    }
    expect(await books()).to.deep.equal(before);
    // A deposit is for the responder, whoever makes it.
    await token.connect(stranger).approve(address, 9n);
    await channel.connect(stranger).deposit(tokenAddress, 9n);
    const { received } = await registry.account(address, tokenAddress);
    expect(received).to.deep.equal([50n, 9n]);
    expect(await token.balanceOf(hub.address)).to.equal(1_000_000n);
  });

  describe('answers of an app', () => {
    const transfers = (first: bigint, second: bigint): string =>
      coder.encode(
        ['tuple(address,uint256)[2]'],
        [
          [
            [ETHER, first],
            [ETHER, second],
          ],
        ],
      );
    const lists = (amounts: bigint[], to: Pair<string>): string =>
      coder.encode(['tuple(address,uint256)[][]'], [[amounts.map((amount, i) => [to[i % 2], amount])]]);

    for (const outcomeType of [0, 1, 2]) {
      it(`of outcome type ${outcomeType}, changed somewhere, pay the stake exactly or not yet, seed ${SEED}`, async () => {
        const { world, game: first } = await networkHelpers.loadFixture(scene);
        const { registry, user, hub, channel, address } = world;
        const pick = random(SEED + outcomeType);
        const good = [
          coder.encode(['uint256'], [pick.below(3)]),
          transfers(40n, 60n),
          lists(pick.once(2) ? [40n, 60n] : [10n, 20n, 70n], [user.address, hub.address]),
        ][outcomeType]!;
        const definition = `0x${'a8'.repeat(20)}`;
        const game = await install(world, definition, '0x', { outcomeType, nonce: keccak256('0x0c') });
        expect(game.appId).not.to.equal(first.appId);
        await game.challenge();
        await game.open();
        await pastPeriod();
        await game.settleLedger();
        const counted = { paid: 0, waiting: 0 };
        const snapshot = await networkHelpers.takeSnapshot();
        for (let i = 0; i < TRIES; i++) {
          // The first is left as it is.
          const answer = coder.encode(['bytes'], [good]);
          const given = i === 0 ? answer : changedAnswer(answer, pick);
          await networkHelpers.setCode(definition, returning(given));
          await withSeed(given, SEED, async () => {
            const balances = async () => [
              await ethers.provider.getBalance(address),
              await ethers.provider.getBalance(user.address),
              await ethers.provider.getBalance(hub.address),
            ];
            const before = await balances();
            try {
              await registry.connect(world.stranger).settleApp(game.id, game.app, ZeroHash, '0x', game.proof);
            } catch (error) {
              const known = errorIn([registry.interface], returnDataOf(error));
              expect(known?.name).to.equal('OutcomeNotReady');
              counted.waiting++;
              return;
            }
            const after = await balances();
            expect(after[0]! - before[0]!).to.equal(-100n);
            expect(after[1]! - before[1]! + (after[2]! - before[2]!)).to.equal(100n);
            expect(await channel.reserved(0n, ETHER)).to.equal(0n);
            counted.paid++;
            await snapshot.restore();
          });
        }
        expect(counted.paid).to.be.greaterThan(0);
        expect(counted.waiting).to.be.greaterThan(0);
      });
    }
  });
});

/** What a function returns looks like the arguments of a call. */
function changedAnswer(answer: string, pick: Random): string {
  const data = changed(concat(['0x00000000', answer]), pick);
  return dataLength(data) > 4 ? dataSlice(data, 4) : '0x';
}
