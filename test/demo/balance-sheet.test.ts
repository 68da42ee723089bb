// SPDX-License-Identifier: MIT
/** A sum that finds nothing wrong proves something only if it would have found it. */
import { describe, expect, test } from '@jest/globals';
import { ETHER, ZERO_HASH, type Address, type AssetLedger, type Ledger } from '../../lib/protocol/types.ts';
import { addUp, type HubFacts, type UserFacts } from './balance-sheet.ts';

const channel = `0x${'11'.repeat(20)}` as string as Address;

const entry = (change: Partial<AssetLedger> = {}): AssetLedger => ({
  asset: ETHER,
  balances: [0n, 70n],
  deposits: [100n, 50n],
  withdrawn: [80n, 0n],
  locked: 0n,
  ...change,
});

const ledger = (change: Partial<AssetLedger> = {}): Ledger => ({
  channel,
  epoch: 0n,
  version: 9n,
  assets: [entry(change)],
  appsRoot: ZERO_HASH,
});

/** Deposited 100 of 120, paid 30, received 10, withdrew the 80 left; the hub put 50 in and routed 20 more in than out. */
const user = (change: Partial<UserFacts> = {}): UserFacts => ({
  name: 'alice',
  report: { own: ledger(), hubs: ledger() },
  funded: 120n,
  deposited: 100n,
  paid: 30n,
  received: 10n,
  withdrawn: 80n,
  account: { balance: 97n, gas: 3n },
  channel: { balance: 70n, received: [100n, 50n], executed: [80n, 0n], held: 0n },
  ...change,
});

/** The other side of those 20. */
const other = (): UserFacts => {
  const of = ledger({ balances: [0n, 30n], deposits: [0n, 50n], withdrawn: [20n, 0n] });
  return user({
    name: 'bob',
    report: { own: of, hubs: of },
    funded: 0n,
    deposited: 0n,
    paid: 10n,
    received: 30n,
    withdrawn: 20n,
    account: { balance: 20n, gas: 0n },
    channel: { balance: 30n, received: [0n, 50n], executed: [20n, 0n], held: 0n },
  });
};

const hub = (change: Partial<HubFacts> = {}): HubFacts => ({
  before: 1_000n,
  after: 895n,
  movements: { gas: 5n, out: 100n, in: 0n },
  ...change,
});

const mismatches = (of: UserFacts, its: HubFacts = hub()): readonly string[] =>
  addUp('ETH', ETHER, [of, other()], its).mismatches;

test('what is right adds up, and the sheet says where everything is', () => {
  const { sheet, mismatches: wrong } = addUp('ETH', ETHER, [user(), other()], hub());
  expect(wrong).toEqual([]);
  expect(sheet).toEqual({
    funded: 120n,
    deposited: 100n,
    paid: 40n,
    withdrawn: 100n,
    gas: { users: 3n, hub: 5n },
    accounts: 117n,
    channels: 100n,
    ledgers: { users: 0n, hub: 100n, locked: 0n },
    hub: { before: 1_000n, after: 895n, collateral: 100n, elsewhere: 0n },
    unaccounted: 0n,
  });
});

describe('one wei is found', () => {
  const { account, channel: onChain } = user();
  test.each<[string, UserFacts]>([
    ["in a user's account", user({ account: { ...account, balance: 98n } })],
    ['in gas', user({ account: { ...account, gas: 4n } })],
    ['in a channel', user({ channel: { ...onChain, balance: 69n } })],
    ['in what a channel received', user({ channel: { ...onChain, received: [101n, 50n] } })],
    ['in what a channel paid out', user({ channel: { ...onChain, executed: [79n, 0n] } })],
    ['in a payment', user({ paid: 31n })],
    ['in a withdrawal', user({ withdrawn: 79n })],
    ["in a ledger's balance", user({ report: { own: ledger({ balances: [0n, 71n] }), hubs: ledger() } })],
    ['left behind', user({ report: { own: ledger({ balances: [1n, 69n] }), hubs: ledger() } })],
    ['left locked', user({ report: { own: ledger({ balances: [0n, 69n], locked: 1n }), hubs: ledger() } })],
    ['between user and hub', user({ report: { own: ledger(), hubs: ledger({ balances: [0n, 69n] }) } })],
  ])('%s', (_where, wrong) => expect(mismatches(wrong)).not.toEqual([]));

  test("in the hub's account", () => expect(mismatches(user(), hub({ after: 896n }))).not.toEqual([]));
  test('a state the hub does not have', () =>
    expect(mismatches(user({ report: { own: { ...ledger(), version: 10n }, hubs: ledger() } }))).toEqual([
      "ETH: version of alice's ledger at the hub: 9 where 10 is right (-1)",
    ]));
});
