// SPDX-License-Identifier: MIT
/**
 * The swap app: two stakes that participant 1 exchanges by one action, or leaves to who put them in.
 * Twin of contracts/src/apps/SwapApp.sol; vectors hold the two together.
 */
import { readUint, toBytes, toHex, Words } from '../bytes.ts';
import { refuse, type Outcomes } from '../errors.ts';
import { ok } from '../result.ts';
import { OutcomeType, type Bytes, type Pair } from '../types.ts';
import type { AppLogic } from './app-logic.ts';

export interface SwapState {
  /** Of the two stakes, each by participant position. */
  readonly amounts: Pair<Pair<bigint>>;
  readonly taken: boolean;
}

export const TAKER = 1;

/** The only action, taking it, has no content. */
export const TAKE: Bytes = '0x';

const WORDS = 5;

export const encodeSwapState = ({ amounts, taken }: SwapState): Bytes =>
  toHex(
    new Words(WORDS)
      .pair(amounts[0])
      .pair(amounts[1])
      .uint(taken ? 1n : 0n).bytes,
  );

export function decodeSwapState(state: Bytes): SwapState | null {
  if (state.length !== 2 + 64 * WORDS) return null;
  const bytes = toBytes(state);
  const pair = (index: number): Pair<bigint> => [readUint(bytes, index), readUint(bytes, index + 1)];
  const taken = readUint(bytes, 4);
  return taken > 1n ? null : { amounts: [pair(0), pair(2)], taken: taken === 1n };
}

/** For bytes that `check` has accepted before. */
function decoded(state: Bytes): SwapState {
  const swap = decodeSwapState(state);
  if (swap === null) throw new TypeError('a swap state that was never checked');
  return swap;
}

export const swapApp: AppLogic = {
  name: 'swap',
  outcomeType: OutcomeType.MultiAssetMultiPartyCoinTransfer,

  check(state, stakes) {
    const swap = decodeSwapState(state);
    if (swap === null || stakes.length !== 2) return refuse('invalid_state');
    const fits = stakes.every(({ amounts }, i) =>
      swap.amounts[i]!.every((amount, j) => amount === amounts[j]),
    );
    return fits ? ok(undefined) : refuse('invalid_state', { amounts: swap.amounts.flat() });
  },

  isTerminal: (state) => decoded(state).taken,

  turnTaker: () => TAKER,

  applyAction(state, action): Outcomes<Bytes> {
    const swap = decoded(state);
    if (action !== TAKE || swap.taken) return refuse('invalid_action');
    return ok(encodeSwapState({ ...swap, taken: true }));
  },

  outcome(state): Outcomes<readonly Pair<bigint>[]> {
    const { amounts, taken } = decoded(state);
    return ok(taken ? amounts.map(([first, second]) => [second, first] as const) : amounts);
  },
};
