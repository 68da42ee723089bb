// SPDX-License-Identifier: MIT
import { expect } from 'chai';
import { ZeroAddress } from 'ethers';

import type { Deployed, Token } from './support/contracts.ts';
import { random } from './support/random.ts';
import {
  asset,
  deployed,
  deployWorld,
  ETHER,
  ethers,
  networkHelpers,
  NO_SIGNATURES,
  pastPeriod,
  type Asset,
  type Pair,
} from './support/world.ts';

type Moody = Token & Deployed<'setMoods'>;

const SEEDS = Number(process.env['FUZZ_SEEDS'] ?? 12);
const STEPS = 25;

/** The rule of the design, written down once more. */
function expectedSplit(entry: Asset, available: bigint, executed: Pair<bigint>, responder: bigint) {
  const received = [available + executed[0] + executed[1] - responder, responder] as const;
  const part = (i: 0 | 1) =>
    entry.balances[i] + (received[i] - entry.deposits[i]) + (entry.withdrawn[i] - executed[i]);
  let [first, second, locked] = [part(0), part(1), entry.locked];
  if (first < 0n) [first, second] = [0n, second + first];
  if (second < 0n) [first, second] = [first + second, 0n];
  if (first < 0n) [first, locked] = [0n, locked + first];
  return { paid: [first, second], locked: locked < 0n ? 0n : locked };
}

describe('conservation (invariants 1, 11 and 14)', () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    it(`holds over random deposits, withdrawals, stale and new ledgers and failing payments, seed ${seed}`, async () => {
      const world = await networkHelpers.loadFixture(deployWorld);
      const { user, hub, registry, channel, address, id, ledger, sign, withdrawal, deploy } = world;
      const { below } = random(seed);
      const pick = (bound: bigint | number) => (bound === 0n ? 0n : BigInt(below(Number(bound))));
      await deploy();
      const moody = await deployed<Moody>('MoodyToken');
      const tokens = [world.token, moody];
      for (const token of tokens) {
        for (const party of [user, hub]) {
          await token.mint(party.address, 10n ** 9n);
          await token.connect(party).approve(address, 10n ** 9n);
        }
      }
      const assets = [ETHER, ...tokens.map((token) => token.target as string)].sort();
      const tokenAt = (at: string) => tokens.find((token) => token.target === at);
      const balanceAt = async (at: string): Promise<bigint> =>
        at === ETHER ? ethers.provider.getBalance(address) : tokenAt(at)!.balanceOf(address);
      let nonce = 0n;
      let epoch = 0n;

      for (let step = 0; step < STEPS; step++) {
        const at = assets[Number(pick(assets.length))]!;
        const amount = 1n + pick(1000n);
        const action = pick(10);
        if (action < 3n) {
          if (at === ETHER) await user.sendTransaction({ to: address, value: amount });
          else await tokenAt(at)!.connect(user).mint(address, amount);
        } else if (action < 5n) {
          await channel.connect(hub).deposit(at, amount, { value: at === ETHER ? amount : 0n });
        } else if (action < 7n) {
          const free = (await balanceAt(at)) - ((await registry.account(address, at)).held as bigint);
          if (free > 0n) {
            const party = Number(pick(2));
            const draw = withdrawal({
              epoch,
              party,
              asset: at,
              amount: 1n + pick(free),
              recipient: world.stranger.address,
              nonce: `0x${(++nonce).toString(16).padStart(64, '0')}`,
            });
            await moody.setMoods(0, 0, ZeroAddress);
            await channel.withdraw(draw, await sign('Withdrawal', draw));
          }
        } else if (action < 8n) {
          await moody.setMoods(pick(3), 0, pick(2) === 0n ? user.address : ZeroAddress);
        } else {
          await settleSomething();
        }
        await check();
      }

      async function settleSomething() {
        const entries: Asset[] = [];
        for (const at of assets) {
          if (pick(3) === 0n) continue;
          const { received } = await registry.account(address, at);
          const deposits: Pair<bigint> = [pick(received[0] + 1n), pick(received[1] + 1n)];
          let rest = deposits[0] + deposits[1];
          const part = () => {
            const taken = pick(rest + 1n);
            rest -= taken;
            return taken;
          };
          const withdrawn: Pair<bigint> = [part(), part()];
          const locked = part();
          const first = part();
          entries.push(asset(at, { balances: [first, rest], deposits, withdrawn, locked }));
        }
        const version = entries.length === 0 ? 0n : 1n + pick(1000n);
        const state = ledger(version, entries, {
          epoch,
          ...(version > 0n && { appsRoot: `0x${'11'.repeat(32)}` }),
        });
        const signatures = version === 0n ? NO_SIGNATURES : await sign('Ledger', state);
        await registry.connect(user).challengeLedger(id, state, signatures);
        await pastPeriod();
        const before = new Map<string, { available: bigint; executed: Pair<bigint>; responder: bigint }>();
        for (const at of assets) {
          const { received, executed, held } = await registry.account(address, at);
          before.set(at, {
            available: (await balanceAt(at)) - held,
            executed: [executed[0], executed[1]],
            responder: received[1],
          });
        }
        const others = assets.filter((at) => pick(2) === 0n && !entries.some((entry) => entry.asset === at));
        const receipt = await (await registry.settle(id, state, others)).wait();
        const settled = receipt!.logs.flatMap((log: { topics: string[]; data: string }) => {
          const parsed = channel.interface.parseLog(log);
          return parsed?.name === 'AssetSettled' ? [parsed.args] : [];
        });
        expect(settled).to.have.length(entries.length + others.length);
        for (const { asset: at, paid, locked } of settled) {
          const entry = entries.find((one) => one.asset === at) ?? asset(at, { deposits: [0n, 0n] });
          const { available, executed, responder } = before.get(at)!;
          const expected = expectedSplit(entry, available, executed, responder);
          expect([...paid]).to.deep.equal(expected.paid);
          expect(locked).to.equal(expected.locked);
          expect(paid[0] + paid[1] + locked).to.equal(available);
        }
        epoch++;
      }

      /** What is owed never exceeds what is there, and everything that is there is somebody's. */
      async function check() {
        for (const at of assets) {
          const balance = await balanceAt(at);
          const { received, executed, held } = await registry.account(address, at);
          let owed = (await channel.claimable(at, user.address)) + (await channel.claimable(at, hub.address));
          for (let past = 0n; past < epoch; past++) owed += await channel.reserved(past, at);
          expect(held).to.equal(owed);
          expect(balance).to.be.greaterThanOrEqual(held);
          expect(received[0] + received[1] - executed[0] - executed[1]).to.be.greaterThanOrEqual(
            balance - held,
          );
        }
      }
    });
  }
});
