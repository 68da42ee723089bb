// SPDX-License-Identifier: MIT
/** What an outcome that the registry accepted means in money: its interpreter's twin, by participant position. */
import { AbiCoder } from 'ethers';
import { OutcomeType, type App, type Bytes, type Pair, type Stake } from '../protocol/types.ts';

const TRANSFER = 'tuple(address to, uint256 amount)';
/** By outcome type; the first is a number. */
const SHAPES = ['uint256', `${TRANSFER}[2]`, `${TRANSFER}[][]`] as const;

interface CoinTransfer {
  readonly to: string;
  readonly amount: bigint;
}

type Staked = Pick<App, 'stakes' | 'outcomeType' | 'participants'>;

/** Nothing where the outcome cannot be read. */
export function payoutsOf({ stakes, outcomeType, participants }: Staked, outcome: Bytes): readonly Stake[] {
  const value = decoded(SHAPES[outcomeType], outcome);
  if (value === null) return [];
  return stakes.map((stake, number) => {
    if (outcomeType === OutcomeType.TwoPartyFixedOutcome)
      return { ...stake, amounts: shares(stake.amounts, Number(value)) };
    const lists = outcomeType === OutcomeType.SingleAssetTwoPartyCoinTransfer ? [value] : value;
    return { ...stake, amounts: amountsOf([...(lists[number] as CoinTransfer[])], participants[0]) };
  });
}

/** Null on bytes of another shape: an app's contract may answer anything. */
export function decoded(shape: string, bytes: Bytes) {
  try {
    return AbiCoder.defaultAbiCoder().decode([shape], bytes)[0];
  } catch {
    return null;
  }
}

/** 0 all to the first, 1 all to the second, 2 split evenly, the odd wei to the first. */
function shares([a, b]: Pair<bigint>, choice: number): Pair<bigint> {
  const total = a + b;
  if (choice === 2) return [total - total / 2n, total / 2n];
  return choice === 0 ? [total, 0n] : [0n, total];
}

/** A list of two is by position; in any other, each transfer goes to whom it names. */
function amountsOf(list: readonly CoinTransfer[], first: string): Pair<bigint> {
  const isFirst = ({ to }: CoinTransfer, place: number): boolean =>
    list.length === 2 ? place === 0 : to.toLowerCase() === first;
  const sum = (some: readonly CoinTransfer[]): bigint =>
    some.reduce((total, { amount }) => total + amount, 0n);
  return [sum(list.filter(isFirst)), sum(list.filter((transfer, place) => !isFirst(transfer, place)))];
}
