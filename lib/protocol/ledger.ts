// SPDX-License-Identifier: MIT
/** Ledgers as values: the empty one of an epoch, one asset's place in it, and what always holds (invariant 1). */
import { refuse, type Outcomes } from './errors.ts';
import { ok } from './result.ts';
import {
  AMOUNT_LIMIT,
  MAX_ASSETS,
  ZERO_HASH,
  type Address,
  type AgreedState,
  type AssetLedger,
  type Ledger,
  type Pair,
  type Party,
} from './types.ts';

const NOTHING: Pair<bigint> = [0n, 0n];

export const emptyLedger = (channel: Address, epoch: bigint): Ledger => ({
  channel,
  epoch,
  version: 0n,
  assets: [],
  appsRoot: ZERO_HASH,
});

/** Where every epoch starts: unsigned, and challengeable by either side (design, section 3). */
export const firstState = (channel: Address, epoch: bigint): AgreedState => ({
  ledger: emptyLedger(channel, epoch),
  apps: [],
  withdrawals: [],
  signatures: null,
});

export const assetOf = (ledger: Ledger, asset: Address): AssetLedger =>
  ledger.assets.find((entry) => entry.asset === asset) ?? {
    asset,
    balances: NOTHING,
    deposits: NOTHING,
    withdrawn: NOTHING,
    locked: 0n,
  };

export const at = <T>(pair: Pair<T>, party: Party): T => pair[party];

export const plus = (pair: Pair<bigint>, party: Party, amount: bigint): Pair<bigint> =>
  party === 0 ? [pair[0] + amount, pair[1]] : [pair[0], pair[1] + amount];

export const sum = (pair: Pair<bigint>): bigint => pair[0] + pair[1];

const isEmpty = (entry: AssetLedger): boolean =>
  entry.locked === 0n &&
  [entry.balances, entry.deposits, entry.withdrawn].every((pair) => pair[0] === 0n && pair[1] === 0n);

/** The ledger with `entry` in its sorted place; an entry of zeros is left out. */
export function withAsset(ledger: Ledger, entry: AssetLedger): Ledger {
  const others = ledger.assets.filter((other) => other.asset !== entry.asset);
  if (isEmpty(entry)) return { ...ledger, assets: others };
  const place = others.findIndex((other) => other.asset > entry.asset);
  const cut = place < 0 ? others.length : place;
  return { ...ledger, assets: [...others.slice(0, cut), entry, ...others.slice(cut)] };
}

/** Conservation, ranges and order: what every ledger anyone signs must satisfy (invariant 1). */
export function checkLedger(ledger: Ledger): Outcomes<Ledger> {
  if (ledger.assets.length > MAX_ASSETS) return refuse('too_many', { assets: ledger.assets.length });
  for (const [index, entry] of ledger.assets.entries()) {
    const before = ledger.assets[index - 1];
    if (before !== undefined && before.asset >= entry.asset)
      return refuse('malformed', { asset: entry.asset });
    const parts = [...entry.balances, ...entry.deposits, ...entry.withdrawn, entry.locked];
    if (parts.some((part) => part < 0n)) return refuse('insufficient_balance', { asset: entry.asset });
    if (parts.some((part) => part >= AMOUNT_LIMIT))
      return refuse('amount_out_of_range', { asset: entry.asset });
    if (sum(entry.balances) + entry.locked + sum(entry.withdrawn) !== sum(entry.deposits))
      return refuse('conservation_broken', { asset: entry.asset });
  }
  return ok(ledger);
}
