// SPDX-License-Identifier: MIT
/** The main job, step by step. What it has the users do is written down here and held against the chain at the end. */
import { join } from 'node:path';
import { formatEther, parseEther } from 'ethers';
import { rpc } from '../../infra/local/local-chain.ts';
import { ETHER, type Address } from '../../lib/protocol/types.ts';
import { audit, type AuditedUser } from './audit.ts';
import type { AssetSheet } from './balance-sheet.ts';
import { Diary } from './diary.ts';
import type { Amount, Received, Sent } from './messages.ts';
import type { Facts, Steps } from './steps.ts';
import type { DemoWorld } from './the-world.ts';
import { UserProcess } from './user-process.ts';

export type Balances = Readonly<Record<string, AssetSheet>>;

export interface MainJob {
  readonly world: DemoWorld;
  readonly steps: Steps;
  readonly folder: string;
  readonly payments: number;
}

const FUNDS = { ether: parseEther('3'), token: parseEther('2000') };
const DEPOSIT = { ether: parseEther('2'), token: parseEther('1500') };
/** Odd amounts, so that no two payments could be mistaken for each other in a sum. */
const PAYMENT = { ether: 1_000_000_000_000_003n, token: 500_000_000_000_000_007n };

export async function mainJob({ world, steps, folder, payments }: MainJob): Promise<Balances> {
  const { hubUrl, rpcUrl, token } = world;
  const assets: readonly Address[] = [ETHER, token];
  const start = (name: string): Promise<UserProcess> =>
    UserProcess.start(name, { hubUrl, rpcUrl, folder: join(folder, name) });
  const diary = new Diary();
  const before = await blockOfItsOwn(rpcUrl);

  const [alice, formerBob] = await steps.step('sign in', async () => {
    const both = await Promise.all([start('alice'), start('bob')]);
    return { result: both, facts: { alice: both[0].self.identifier, bob: both[1].self.identifier } };
  });
  const both = [alice, formerBob];

  await steps.step('fund', async () => {
    for (const { name, self } of both) {
      await world.fund(self.account, FUNDS);
      diary.add(name, 'funded', { asset: ETHER, amount: FUNDS.ether });
      diary.add(name, 'funded', { asset: token, amount: FUNDS.token });
    }
    return done({ each: describe(FUNDS) });
  });

  await steps.step('deposit', async () => {
    const deposit = async (user: UserProcess, amount: Amount) => {
      await user.tell('deposit', amount);
      diary.add(user.name, 'deposited', amount);
    };
    for (const amount of each(DEPOSIT)) await Promise.all(both.map((user) => deposit(user, amount)));
    return done({ each: describe(DEPOSIT) });
  });

  await steps.step('collateral', async () => {
    const wait = (user: UserProcess) =>
      Promise.all(each(PAYMENT).map((amount) => user.tell('receivable', amount)));
    await Promise.all(both.map(wait));
    return done({ channels: both.length });
  });

  await steps.step('payments', async () => {
    const mine = (offset: number): Amount[] =>
      Array.from({ length: payments }, (_, index) => index)
        .filter((index) => index % 2 === offset)
        .map((index) => payment(index % 4 < 2 ? ETHER : token, index));
    const [fromAlice, fromBob] = [mine(0), mine(1)];
    const begun = performance.now();
    const [sentByAlice, sentByBob, toAlice, toBob] = await Promise.all([
      alice.tell('pay', { to: formerBob.self.identifier, payments: fromAlice }),
      formerBob.tell('pay', { to: alice.self.identifier, payments: fromBob }),
      alice.tell('received', { count: fromBob.length }),
      formerBob.tell('received', { count: fromAlice.length }),
    ]);
    const seconds = (performance.now() - begun) / 1000;
    await Promise.all(both.map((user) => user.tell('settled', undefined)));
    for (const amount of fromAlice) diary.paid('alice', 'bob', amount);
    for (const amount of fromBob) diary.paid('bob', 'alice', amount);
    const times = latencies([...sentByAlice, ...sentByBob], [...toAlice, ...toBob]);
    return done({
      payments,
      perSecond: Math.round(payments / seconds),
      p50Ms: quantile(times, 0.5),
      p99Ms: quantile(times, 0.99),
    });
  });

  const bob = await steps.step('offline', async () => {
    const { identifier } = formerBob.self;
    await formerBob.end();
    const amount = payment(ETHER, payments + 1);
    await alice.tell('pay', { to: identifier, payments: [amount] });
    const back = await start('bob');
    await back.tell('received', { count: 1 });
    await Promise.all([alice, back].map((user) => user.tell('settled', undefined)));
    diary.paid('alice', 'bob', amount);
    return { result: back, facts: { payments: 1 } };
  });

  const carol = await steps.step('link', async () => {
    const amount = payment(token, payments + 2);
    const link = await alice.tell('link', amount);
    const newcomer = await start('carol');
    const redeemed = await newcomer.tell('redeem', { link });
    if (redeemed.amount !== amount.amount || redeemed.asset !== amount.asset)
      throw new Error(`the link was worth ${redeemed.amount} of ${redeemed.asset}`);
    await Promise.all([alice, newcomer].map((user) => user.tell('settled', undefined)));
    diary.paid('alice', 'carol', amount);
    return { result: newcomer, facts: { payments: 1, carol: newcomer.self.identifier } };
  });

  const users = [alice, bob, carol];
  await steps.step('withdraw', async () => {
    const withdraw = async (user: UserProcess, asset: Address): Promise<number> => {
      if (diary.balance(user.name, asset) === 0n) return 0;
      diary.add(user.name, 'withdrawn', { asset, amount: await user.tell('withdraw', { asset }) });
      return 1;
    };
    const ofUser = async (user: UserProcess): Promise<number> => {
      let count = 0;
      for (const asset of assets) count += await withdraw(user, asset);
      return count;
    };
    const counts = await Promise.all(users.map(ofUser));
    return done({ withdrawals: counts.reduce((total, count) => total + count, 0) });
  });

  return steps.step('add up', async () => {
    const reports = await Promise.all(
      users.map(async (user): Promise<AuditedUser> => {
        const { name, self } = user;
        return { name, self, report: await user.tell('report', undefined) };
      }),
    );
    const { balances, checked, mismatches } = await audit({ world, users: reports, diary, before });
    if (mismatches.length > 0) throw new Error(`it does not add up:\n  ${mismatches.join('\n  ')}`);
    return { result: balances, facts: { checked, mismatches: mismatches.length } };
  });

  function each({ ether, token: tokens }: { ether: bigint; token: bigint }): readonly Amount[] {
    return [
      { asset: ETHER, amount: ether },
      { asset: token, amount: tokens },
    ];
  }

  function payment(asset: Address, index: number): Amount {
    return { asset, amount: (asset === ETHER ? PAYMENT.ether : PAYMENT.token) + BigInt(index) };
  }
}

/** A block with nothing in it to count from, so that whatever was set on the chain before is before it. */
async function blockOfItsOwn(rpcUrl: string): Promise<number> {
  await rpc(rpcUrl, 'evm_mine', []);
  return Number(await rpc(rpcUrl, 'eth_blockNumber', []));
}

const done = (facts: Facts): { result: undefined; facts: Facts } => ({ result: undefined, facts });

const describe = ({ ether, token }: { ether: bigint; token: bigint }): string =>
  `${formatEther(ether)} ETH and ${formatEther(token)} TEST`;

/** Milliseconds from the payer's call until the money is in the payee's agreed balance, in order. */
function latencies(sent: readonly Sent[], received: readonly Received[]): readonly number[] {
  const arrivals = new Map(received.map(({ transferId, at }) => [transferId, at]));
  return sent
    .map(({ transferId, at }) => {
      const arrival = arrivals.get(transferId);
      if (arrival === undefined) throw new Error(`transfer ${transferId} was never received`);
      return arrival - at;
    })
    .sort((a, b) => a - b);
}

function quantile(sorted: readonly number[], part: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);
}
