// SPDX-License-Identifier: MIT
/**
 * Adds up one asset. Every number comes from two sides that do not know of each other: what the demo did, what the chain
 * holds, what a user's ledger says, what the hub's ledger says. Any difference, of one wei, is a line.
 */
import { assetOf } from '../../lib/protocol/ledger.ts';
import { INITIATOR, RESPONDER, type Address, type AssetLedger, type Pair } from '../../lib/protocol/types.ts';
import type { Movements } from './chain-movements.ts';
import type { Report } from './messages.ts';

export interface UserFacts {
  readonly name: string;
  readonly report: Report;
  /** What the demo had this user do, in the asset's smallest unit. */
  readonly funded: bigint;
  readonly deposited: bigint;
  readonly paid: bigint;
  readonly received: bigint;
  readonly withdrawn: bigint;
  /** As of the last block. */
  readonly account: { readonly balance: bigint; readonly gas: bigint };
  readonly channel: {
    readonly balance: bigint;
    readonly received: Pair<bigint>;
    readonly executed: Pair<bigint>;
    readonly held: bigint;
  };
}

export interface HubFacts {
  readonly before: bigint;
  readonly after: bigint;
  readonly movements: Movements;
}

export interface AssetSheet {
  /** Into the users' accounts, from the faucet. */
  readonly funded: bigint;
  readonly deposited: bigint;
  readonly paid: bigint;
  readonly withdrawn: bigint;
  readonly gas: { readonly users: bigint; readonly hub: bigint };
  /** Where everything is in the end. */
  readonly accounts: bigint;
  readonly channels: bigint;
  readonly ledgers: { readonly users: bigint; readonly hub: bigint; readonly locked: bigint };
  readonly hub: {
    readonly before: bigint;
    readonly after: bigint;
    /** Collateral in the channels of these users. */
    readonly collateral: bigint;
    /** Sent to anybody else meanwhile: other users of the same hub. */
    readonly elsewhere: bigint;
  };
  /** Everything there was and came in, less everything there is and was spent. Zero, or the demo has failed. */
  readonly unaccounted: bigint;
}

export interface AddedUp {
  readonly sheet: AssetSheet;
  readonly checked: number;
  readonly mismatches: readonly string[];
}

const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
const ledgerOf = (user: UserFacts, asset: Address): AssetLedger => assetOf(user.report.own, asset);

export function addUp(symbol: string, asset: Address, users: readonly UserFacts[], hub: HubFacts): AddedUp {
  const mismatches: string[] = [];
  let checked = 0;
  const check = (what: string, expected: bigint, found: bigint): void => {
    checked += 1;
    if (expected !== found)
      mismatches.push(`${symbol}: ${what}: ${found} where ${expected} is right (${found - expected})`);
  };
  for (const user of users) checkUser(user, asset, check);
  const total = (read: (user: UserFacts) => bigint): bigint => sum(users.map(read));
  const inLedgers = (read: (entry: AssetLedger) => bigint): bigint =>
    total((user) => read(ledgerOf(user, asset)));

  const { before, after, movements } = hub;
  check('the account of the hub', before + movements.in - movements.out - movements.gas, after);
  check(
    'what all payees got of what all payers paid',
    total((user) => user.paid),
    total((user) => user.received),
  );
  check(
    "the hub's side of all channels, which routing leaves as it was",
    inLedgers((entry) => entry.deposits[RESPONDER] - entry.withdrawn[RESPONDER]),
    inLedgers((entry) => entry.balances[RESPONDER]),
  );
  const collateral = total((user) => user.channel.received[RESPONDER]);
  const elsewhere = movements.out - movements.in - collateral;
  const funded = total((user) => user.funded);
  const accounts = total((user) => user.account.balance);
  const channels = total((user) => user.channel.balance);
  const gas = { users: total((user) => user.account.gas), hub: movements.gas };
  const unaccounted = before + funded - (after + accounts + channels + gas.users + gas.hub + elsewhere);
  check('everything together, less everything that is left or was spent', 0n, unaccounted);
  return {
    sheet: {
      funded,
      deposited: total((user) => user.deposited),
      paid: total((user) => user.paid),
      withdrawn: total((user) => user.withdrawn),
      gas,
      accounts,
      channels,
      ledgers: {
        users: inLedgers((entry) => entry.balances[INITIATOR]),
        hub: inLedgers((entry) => entry.balances[RESPONDER]),
        locked: inLedgers((entry) => entry.locked),
      },
      hub: { before, after, collateral, elsewhere },
      unaccounted,
    },
    checked,
    mismatches,
  };
}

type Check = (what: string, expected: bigint, found: bigint) => void;

function checkUser(user: UserFacts, asset: Address, check: Check): void {
  const { name, channel, account, deposited, paid, received, withdrawn } = user;
  const own = ledgerOf(user, asset);
  const hubs = assetOf(user.report.hubs, asset);
  check(`${name}'s account`, user.funded - deposited - account.gas + withdrawn, account.balance);
  check(
    `${name}'s withdrawals, from what was deposited, paid and received`,
    deposited + received - paid,
    withdrawn,
  );
  check(`${name}'s balance after withdrawing everything`, 0n, own.balances[INITIATOR]);
  check(`what ${name} has in open transfers`, 0n, own.locked);
  check(`deposits in ${name}'s ledger`, deposited, own.deposits[INITIATOR]);
  check(`deposits of ${name} on chain`, deposited, channel.received[INITIATOR]);
  check(`withdrawals in ${name}'s ledger`, withdrawn, own.withdrawn[INITIATOR]);
  check(`withdrawals ${name}'s channel executed`, withdrawn, channel.executed[INITIATOR]);
  check(`${name}'s ledger in itself`, sum(own.deposits), sum(own.balances) + own.locked + sum(own.withdrawn));
  check(`version of ${name}'s ledger at the hub`, user.report.own.version, user.report.hubs.version);
  check(`${name}'s balance as the hub has it`, own.balances[INITIATOR], hubs.balances[INITIATOR]);
  check(
    `the hub's balance with ${name} as the hub has it`,
    own.balances[RESPONDER],
    hubs.balances[RESPONDER],
  );
  const due = ([INITIATOR, RESPONDER] as const).map(
    (party) =>
      own.balances[party] +
      (channel.received[party] - own.deposits[party]) +
      (own.withdrawn[party] - channel.executed[party]),
  );
  check(`what ${name}'s channel holds on chain`, sum(due) + own.locked + channel.held, channel.balance);
}
