// SPDX-License-Identifier: MIT
import { expect } from 'chai';
import { ZeroAddress, ZeroHash } from 'ethers';

import type { Deployed, Token } from './support/contracts.ts';
import { install } from './support/games.ts';
import { script } from './support/scripted.ts';
import {
  asset,
  coder,
  deployed,
  deployWorld,
  ETHER,
  ethers,
  leastGas,
  networkHelpers,
  now,
  pastPeriod,
  pathOf,
  returning,
  returningWith,
  type App,
  type Signer,
} from './support/world.ts';

const FIXED = 0;
const SINGLE = 1;
const MULTI = 2;

const REVERTING = 1;
const LOOPING = 2;
const FLOODING = 3;
const GARBAGE = 4;

const TRANSFER = 'tuple(address,uint256)';
const GRACE = 90 * 86_400;
/** No token is there: what is staked of it waits to be claimed. */
const TOKEN = `0x${'77'.repeat(20)}`;
const [, PAYER] = (await ethers.getSigners()) as [unknown, Signer];

const fixed = (choice: number | bigint) => coder.encode(['uint256'], [choice]);
const single = (first: bigint, second: bigint) =>
  coder.encode(
    [`${TRANSFER}[2]`],
    [
      [
        [ZeroAddress, first],
        [ZeroAddress, second],
      ],
    ],
  );
const multi = (lists: [string, bigint][][]) => coder.encode([`${TRANSFER}[][]`], [lists]);

async function deployScripted() {
  const world = await deployWorld();
  await world.user.sendTransaction({ to: world.address, value: 101n });
  await world.token.mint(world.address, 50n);
  return { world, scripted: await deployed<Deployed<'applyAction'>>('ScriptedApp') };
}

const load = () => networkHelpers.loadFixture(deployScripted);

/** An app whose initial state is final, with its ledger settled. */
async function finished(state: string, rest: Partial<App> = {}) {
  const { world, scripted } = await load();
  const game = await install(world, scripted.target as string, state, {
    stakes: [{ asset: ETHER, amounts: [60n, 41n] }],
    ...rest,
  });
  await game.challenge();
  await game.open();
  await pastPeriod();
  await game.settleLedger();
  return { world, game, settle: () => game.settle(state), state };
}

describe('outcomes', () => {
  for (const [choice, paid] of [
    [0, [101n, 0n]],
    [1, [0n, 101n]],
    [2, [51n, 50n]],
  ] as const) {
    it(`two-party fixed outcome ${choice} pays ${paid.join(' and ')}`, async () => {
      const { world, settle } = await finished(script({ outcome: fixed(choice) }), { outcomeType: FIXED });
      await expect(settle()).to.changeEtherBalances(ethers, [world.user, world.hub], [...paid]);
    });
  }

  it('is paid by participant position, whoever sits there', async () => {
    const { world } = await load();
    const participants: [string, string] = [world.hub.address, world.user.address];
    const { settle, world: settled } = await finished(script({ outcome: single(1n, 100n) }), {
      outcomeType: SINGLE,
      participants,
    });
    await expect(settle()).to.changeEtherBalances(ethers, [settled.user, settled.hub], [100n, 1n]);
  });

  it('several assets: lists of two by position, others by name', async () => {
    const { world: first } = await load();
    const { user, hub, stranger, tokenAddress } = first;
    const stakes = [
      { asset: ETHER, amounts: [60n, 41n] as [bigint, bigint] },
      { asset: tokenAddress, amounts: [50n, 0n] as [bigint, bigint] },
    ];
    const outcome = multi([
      [
        [stranger.address, 1n],
        [stranger.address, 100n],
      ],
      [[hub.address, 50n]],
    ]);
    const { world, settle } = await finished(script({ outcome }), { outcomeType: MULTI, stakes });
    const before = await world.token.balanceOf(hub.address);
    await expect(settle()).to.changeEtherBalances(ethers, [user, hub], [1n, 100n]);
    expect(await world.token.balanceOf(hub.address)).to.equal(before + 50n);
  });

  it('a token that fails in one stake does not hold up the other (invariant 11)', async () => {
    const { world, scripted } = await load();
    const moody = await deployed<Token & Deployed<'setMoods'>>('MoodyToken');
    await moody.mint(world.address, 50n);
    const state = script({ outcome: fixed(1) });
    const game = await install(world, scripted.target as string, state, {
      stakes: [
        { asset: ETHER, amounts: [60n, 41n] },
        { asset: moody.target as string, amounts: [50n, 0n] },
      ],
    });
    await game.challenge();
    await game.open();
    await pastPeriod();
    await game.settleLedger();
    await moody.setMoods(1, 0, ZeroAddress);
    await expect(game.settle(state)).to.changeEtherBalance(ethers, world.hub, 101n);
    expect(await world.channel.claimable(moody.target, world.hub.address)).to.equal(50n);
  });

  describe('that is none', () => {
    const someone = `0x${'12'.repeat(20)}`;
    const both = [ETHER, TOKEN].map((asset) => ({ asset, amounts: [60n, 41n] as [bigint, bigint] }));
    const bad: [string, number, string, App['stakes']?][] = [
      ['an unknown outcome type', 3, fixed(0)],
      ['a fixed outcome beyond 2', FIXED, fixed(3)],
      ['a fixed outcome of two words', FIXED, coder.encode(['uint256', 'uint256'], [0, 0])],
      ['less than the stake', SINGLE, single(50n, 50n)],
      ['more than the stake', SINGLE, single(60n, 60n)],
      ['more than everything', SINGLE, single(2n ** 256n - 1n, 102n)],
      ['a single-asset outcome too short', SINGLE, '0x1234'],
      ['garbage for several assets', MULTI, '0xdeadbeef'],
      ['offsets to nowhere', MULTI, coder.encode(['uint256', 'uint256'], [32n, 2n ** 64n])],
      ['too few lists', MULTI, multi([])],
      ['a list to a stranger', MULTI, multi([[[someone, 101n]]])],
      ['a single-asset outcome for two stakes', SINGLE, single(60n, 41n), both],
      [
        'more than everything for one of two',
        MULTI,
        multi([
          [
            [someone, 2n ** 256n - 1n],
            [someone, 102n],
          ],
        ]),
      ],
      [
        'a list that wraps around',
        MULTI,
        multi([
          [
            [PAYER.address, 2n ** 256n - 1n],
            [PAYER.address, 102n],
            [PAYER.address, 0n],
          ],
        ]),
      ],
    ];
    for (const [name, outcomeType, outcome, stakes] of bad) {
      it(`${name}: the stake waits, and after the grace each gets its own back`, async () => {
        const rest = { outcomeType, ...(stakes && { stakes }) };
        const { world, game, settle, state } = await finished(script({ outcome }), rest);
        const { registry, user, hub } = world;
        await expect(settle())
          .to.be.revertedWithCustomError(registry, 'OutcomeNotReady')
          .withArgs(game.appId);
        await expect(game.setOutcome(state)).to.be.revertedWithCustomError(registry, 'OutcomeNotReady');
        await pastPeriod(GRACE);
        await expect(settle()).to.changeEtherBalances(ethers, [user, hub], [60n, 41n]);
      });
    }

    for (const [name, fault] of [
      ['reverts', REVERTING],
      ['loops', LOOPING],
      ['floods', FLOODING],
      ['returns garbage', GARBAGE],
    ] as const) {
      it(`an app that ${name} harms its own stake only`, async () => {
        const { world, game, settle } = await finished(script({ fault, outcome: fixed(0) }));
        const { registry, address } = world;
        expect(await registry.epochOf(address)).to.equal(1n);
        await expect(settle())
          .to.be.revertedWithCustomError(registry, 'OutcomeNotReady')
          .withArgs(game.appId);
        await pastPeriod(GRACE);
        await expect(settle()).to.emit(registry, 'AppSettled').withArgs(address, game.appId, true);
      });
    }

    it('a definition without code has no outcome', async () => {
      const { world: first } = await load();
      const { settle, world } = await finished(script({}), { definition: first.stranger.address });
      await expect(settle()).to.be.revertedWithCustomError(world.registry, 'OutcomeNotReady');
    });
  });

  it('W-E both are paid no more than the ledger locked, the first in full', async () => {
    const { world, scripted } = await load();
    const { registry, id, ledger, sign, user, hub, channel } = world;
    const state = script({ outcome: single(20n, 50n) });
    const game = await install(world, scripted.target as string, state, {
      outcomeType: SINGLE,
      stakes: [{ asset: ETHER, amounts: [20n, 50n] }],
    });
    // Both signed an app with a larger stake than the ledger locks for it.
    const short = ledger(5n, [asset(ETHER, { balances: [71n, 0n], locked: 30n })], {
      appsRoot: game.ledger.appsRoot,
    });
    await registry.challengeLedger(id, short, await sign('Ledger', short));
    await registry.openApp({ ...(await game.opening([], false)), ledger: short });
    await pastPeriod();
    await registry.settle(id, short, []);
    await expect(game.settle(state)).to.changeEtherBalances(ethers, [user, hub], [20n, 10n]);
    expect(await channel.reserved(0n, ETHER)).to.equal(0n);
  });

  it('W-E may come in an answer as long as allowed, not a byte longer', async () => {
    const { world, scripted } = await load();
    const definition = scripted.target as string;
    const game = await install(world, definition, '0x', { stakes: [{ asset: ETHER, amounts: [60n, 41n] }] });
    await game.open();
    await pastPeriod();
    await game.settleLedger();
    const answer = (size: number) => coder.encode(['bytes'], [fixed(1)]) + '00'.repeat(size - 96);
    await networkHelpers.setCode(definition, returning(answer(16_385)));
    await expect(game.settle('0x')).to.be.revertedWithCustomError(world.registry, 'OutcomeNotReady');
    await networkHelpers.setCode(definition, returning(answer(16_384)));
    await expect(game.settle('0x')).to.changeEtherBalance(ethers, world.hub, 101n);
  });

  describe('W-C6 a long state leaves its app the gas it was promised, however little a caller brings', () => {
    const PADDING = '00'.repeat(150_000);
    /** Less than the million that every question gets. */
    const NEEDED = 950_000;

    it('for its outcome: nobody has the fallback in place of it', async () => {
      const long = script({ outcome: fixed(1) }) + PADDING;
      const { world, game } = await finished(long);
      const { registry, id, user, hub, address } = world;
      await pastPeriod(GRACE);
      const answer = coder.encode(['bytes'], [fixed(1)]);
      await networkHelpers.setCode(game.app.definition, returningWith(NEEDED, answer));
      const call = [id, game.app, ZeroHash, long, game.proof] as const;
      const gasLimit = await leastGas((gas) => registry.settleApp.staticCall(...call, { gasLimit: gas }));
      const settling = registry.settleApp(...call, { gasLimit });
      await expect(settling).to.changeEtherBalances(ethers, [user, hub], [0n, 101n]);
      await expect(settling).to.emit(registry, 'AppSettled').withArgs(address, game.appId, false);
    });

    it('for whose turn it is: it lasts the own period', async () => {
      const { world, scripted } = await load();
      const { registry, user } = world;
      const long = script({}) + PADDING;
      const game = await install(world, scripted.target as string, long);
      const answer = coder.encode(['address'], [user.address]);
      await networkHelpers.setCode(game.app.definition, returningWith(NEEDED, answer));
      const opening = await game.opening();
      const gasLimit = await leastGas((gas) => registry.openApp.staticCall(opening, { gasLimit: gas }));
      await registry.openApp(opening, { gasLimit });
      const { turnEndsAt } = await registry.appStatus(game.appId);
      expect(turnEndsAt).to.equal((await now()) + BigInt(game.app.periods[0]));
    });
  });

  it('set while the app could say it, binds when the app no longer can', async () => {
    const { world, scripted } = await load();
    const { registry } = world;
    const state = script({ outcome: fixed(1) });
    const game = await install(world, scripted.target as string, state, {
      stakes: [{ asset: ETHER, amounts: [60n, 41n] }],
    });
    await game.challenge();
    await game.open();
    await expect(game.setOutcome(state)).to.be.revertedWithCustomError(registry, 'ChallengeNotFinal');
    await pastPeriod();
    await expect(game.setOutcome(state))
      .to.emit(registry, 'OutcomeSet')
      .withArgs(world.address, game.appId, fixed(1));
    await expect(game.setOutcome(state)).not.to.emit(registry, 'OutcomeSet');
    await networkHelpers.setCode(scripted.target as string, '0x');
    await game.settleLedger();
    await expect(game.settle(fixed(1))).to.changeEtherBalance(ethers, world.hub, 101n);
  });

  describe('turns', () => {
    it('alternate, each with its own period, several in one call', async () => {
      const { world, scripted } = await load();
      const { registry } = world;
      const states = [0n, 1n, 2n, 3n].map((counter) => script({ counter, turn: counter % 2n }));
      const game = await install(world, scripted.target as string, states[0]!);
      await game.challenge();
      await game.open();
      const base = (await registry.appStatus(game.appId)).baseEndsAt;
      const turn = (await registry.appStatus(game.appId)).turnEndsAt;
      expect([base - turn, turn - (await now())]).to.deep.equal([
        BigInt(game.app.periods[1] - game.app.periods[0]),
        BigInt(game.app.periods[0]),
      ]);
      await networkHelpers.time.setNextBlockTimestamp(turn - 1n);
      await game.progress(0n, ZeroHash, states[0]!, [
        await game.move(0, 1n, states[1]!, states[1]!),
        await game.move(1, 2n, states[2]!, states[2]!),
      ]);
      let status = await registry.appStatus(game.appId);
      expect([status.version, status.steps]).to.deep.equal([2n, 2n]);
      expect(status.turnEndsAt).to.equal((await now()) + BigInt(game.app.periods[0]));
      await game.progress(2n, pathOf(states[0]!, states[1]!), states[2]!, [
        await game.move(0, 3n, states[3]!, states[3]!),
      ]);
      status = await registry.appStatus(game.appId);
      expect(status.finalizesAt).to.equal((await now()) + BigInt(game.app.periods[1]));
    });

    it('belong to a participant', async () => {
      const { world, scripted } = await load();
      const { registry, stranger } = world;
      const state = script({ turn: BigInt(stranger.address) });
      const next = script({ counter: 1n });
      const game = await install(world, scripted.target as string, state);
      await game.challenge();
      await game.open();
      await expect(game.progress(0n, ZeroHash, state, [await game.move(0, 1n, next, next)]))
        .to.be.revertedWithCustomError(registry, 'NotATurnTaker')
        .withArgs(stranger.address);
    });

    it("of an app that answers with what is no address are nobody's", async () => {
      const { world, scripted } = await load();
      const definition = scripted.target as string;
      const game = await install(world, definition, '0x');
      await game.challenge();
      await game.open();
      await networkHelpers.setCode(definition, returning(coder.encode(['uint256'], [2n ** 160n])));
      await expect(game.progress(0n, ZeroHash, '0x', [await game.move(0, 1n, '0x', '0x')]))
        .to.be.revertedWithCustomError(world.registry, 'NotATurnTaker')
        .withArgs(ZeroAddress);
    });

    it('of an app that does not know whose they are last the longer period, and then it ends', async () => {
      const { world, scripted } = await load();
      const { registry, stranger } = world;
      const states = [script({}), script({ counter: 1n, turn: 2n ** 200n }), script({ counter: 2n })];
      const game = await install(world, scripted.target as string, states[0]!);
      await game.challenge();
      await game.open();
      await networkHelpers.time.increase(600);
      await game.progress(0n, ZeroHash, states[0]!, [await game.move(0, 1n, states[1]!, states[1]!)]);
      const longer = BigInt(Math.max(...game.app.periods));
      expect((await registry.appStatus(game.appId)).finalizesAt).to.equal((await now()) + longer);
      await expect(
        game.progress(
          1n,
          pathOf(states[0]!),
          states[1]!,
          [await game.move(0, 2n, states[2]!, states[2]!)],
          stranger,
        ),
      ).to.be.revertedWithCustomError(registry, 'NotATurnTaker');
    });

    it('of an app that fails to say whether it is over still end', async () => {
      const { world, scripted } = await load();
      const { registry } = world;
      const state = script({});
      for (const fault of [REVERTING, LOOPING, FLOODING, GARBAGE]) {
        const next = script({ counter: 1n, fault, terminal: true });
        const game = await install(world, scripted.target as string, state, {
          nonce: `0x${fault}0`.padEnd(66, '0'),
        });
        await game.set(1n, next);
        expect((await registry.appStatus(game.appId)).finalizesAt).to.be.greaterThan(await now());
      }
    });
  });
});
