// SPDX-License-Identifier: MIT
/**
 * The transfer app: participant 0 pays participant 1 once the preimage of the lock hash is shown.
 * Twin of contracts/src/apps/TransferApp.sol; vectors hold the two together.
 */
import { readHash, readUint, toBytes, toHex, Words } from '../bytes.ts';
import { refuse, type Outcomes } from '../errors.ts';
import { ok } from '../result.ts';
import { lockHashOf } from '../secrets.ts';
import { OutcomeType, ZERO_HASH, type Bytes, type Hash, type Stake } from '../types.ts';
import type { AppLogic } from './app-logic.ts';
import { checkPayersStake } from './payers-stake.ts';

export interface TransferState {
  readonly amount: bigint;
  readonly lockHash: Hash;
  /** Zero until the transfer is unlocked. */
  readonly preimage: Hash;
}

export const PAYER = 0;
export const PAYEE = 1;

export const encodeTransferState = (state: TransferState): Bytes =>
  toHex(new Words(3).uint(state.amount).hash(state.lockHash).hash(state.preimage).bytes);

export function decodeTransferState(state: Bytes): TransferState | null {
  if (state.length !== 2 + 192) return null;
  const bytes = toBytes(state);
  return { amount: readUint(bytes, 0), lockHash: readHash(bytes, 1), preimage: readHash(bytes, 2) };
}

export const encodeUnlock = (preimage: Hash): Bytes => preimage;

/** For bytes that `check` has accepted before. */
function decoded(state: Bytes): TransferState {
  const transfer = decodeTransferState(state);
  if (transfer === null) throw new TypeError('a transfer state that was never checked');
  return transfer;
}

export const transferApp: AppLogic = {
  name: 'transfer',
  outcomeType: OutcomeType.SingleAssetTwoPartyCoinTransfer,

  check(state: Bytes, stakes: readonly Stake[]): Outcomes<void> {
    const transfer = decodeTransferState(state);
    return transfer === null ? refuse('invalid_state') : checkPayersStake(transfer.amount, stakes);
  },

  isTerminal: (state) => decoded(state).preimage !== ZERO_HASH,

  turnTaker: () => PAYEE,

  applyAction(state: Bytes, action: Bytes): Outcomes<Bytes> {
    const transfer = decoded(state);
    if (transfer.preimage !== ZERO_HASH || action.length !== 66 || action === ZERO_HASH)
      return refuse('invalid_action');
    const preimage = action as string as Hash;
    if (lockHashOf(preimage) !== transfer.lockHash)
      return refuse('invalid_action', { lockHash: transfer.lockHash });
    return ok(encodeTransferState({ ...transfer, preimage }));
  },

  outcome(state: Bytes): Outcomes<readonly (readonly [bigint, bigint])[]> {
    const { amount, preimage } = decoded(state);
    return ok([preimage === ZERO_HASH ? [amount, 0n] : [0n, amount]]);
  },
};
