// SPDX-License-Identifier: MIT
/**
 * The batched transfer app: participant 0 pays participant 1 by receipts, each of the total due so far, signed by a named
 * signer. With the first one participant 1 also gets a flat fee.
 * Twin of contracts/src/apps/BatchedTransferApp.sol; vectors hold the two together.
 */
import { readAddress, readHash, readUint, toBytes, toHex, Words } from '../bytes.ts';
import { refuse, type Outcomes } from '../errors.ts';
import { ok } from '../result.ts';
import type { Recover } from '../transition.ts';
import { OutcomeType, type Bytes, type Pair } from '../types.ts';
import type { AppLogic } from './app-logic.ts';
import { checkPayersStake } from './payers-stake.ts';
import {
  decodeSignedWord,
  encodeSignedWord,
  signedWordDigest,
  wordOf,
  type SignedPayment,
} from './signed-word.ts';
import { PAYEE } from './transfer-app.ts';

export const RECEIPT_TYPE = 'Receipt(bytes32 paymentId,uint256 paid)';

export interface BatchedTransferState extends SignedPayment {
  readonly amount: bigint;
  /** What participant 1 gets beside what was paid, once anything was. */
  readonly fee: bigint;
  /** Total of all receipts so far; with the fee never more than the amount. */
  readonly paid: bigint;
}

const WORDS = 6;

export const encodeBatchedTransferState = (state: BatchedTransferState): Bytes =>
  toHex(
    new Words(WORDS)
      .uint(state.amount)
      .address(state.signer)
      .hash(state.domain)
      .hash(state.paymentId)
      .uint(state.fee)
      .uint(state.paid).bytes,
  );

/** Null also where more is promised than is there: the contract takes that for no state. */
export function decodeBatchedTransferState(state: Bytes): BatchedTransferState | null {
  if (state.length !== 2 + 64 * WORDS) return null;
  const bytes = toBytes(state);
  const [amount, fee, paid] = [readUint(bytes, 0), readUint(bytes, 4), readUint(bytes, 5)];
  const signer = readAddress(bytes, 1);
  if (signer === null || paid + fee > amount) return null;
  return { amount, signer, domain: readHash(bytes, 2), paymentId: readHash(bytes, 3), fee, paid };
}

/** What the signer signs: all that is due, the fee not counted; 32 bytes. */
export const receiptDigest = (payment: Pick<SignedPayment, 'domain' | 'paymentId'>, paid: bigint) =>
  signedWordDigest(RECEIPT_TYPE, payment, toBytes(wordOf(paid)));

export const encodeReceipt = (paid: bigint, signature: Bytes): Bytes =>
  encodeSignedWord(wordOf(paid), signature);

/** For bytes that `check` has accepted before. */
function decoded(state: Bytes): BatchedTransferState {
  const transfer = decodeBatchedTransferState(state);
  if (transfer === null) throw new TypeError('a batched transfer state that was never checked');
  return transfer;
}

export const batchedTransferApp = (recover: Recover): AppLogic => ({
  name: 'batched-transfer',
  outcomeType: OutcomeType.SingleAssetTwoPartyCoinTransfer,

  check(state, stakes) {
    const transfer = decodeBatchedTransferState(state);
    return transfer === null ? refuse('invalid_state') : checkPayersStake(transfer.amount, stakes);
  },

  isTerminal(state) {
    const { amount, fee, paid } = decoded(state);
    return paid + fee === amount;
  },

  turnTaker: () => PAYEE,

  applyAction(state, action): Outcomes<Bytes> {
    const transfer = decoded(state);
    const given = decodeSignedWord(action);
    if (given === null) return refuse('invalid_action');
    const paid = readUint(given.word, 0);
    if (paid <= transfer.paid || paid + transfer.fee > transfer.amount)
      return refuse('invalid_action', { paid, before: transfer.paid, amount: transfer.amount });
    const signer = recover(receiptDigest(transfer, paid), given.signature);
    if (signer !== transfer.signer) return refuse('invalid_action', { signer: transfer.signer });
    return ok(encodeBatchedTransferState({ ...transfer, paid }));
  },

  outcome(state): Outcomes<readonly Pair<bigint>[]> {
    const { amount, fee, paid } = decoded(state);
    const due = paid === 0n ? 0n : paid + fee;
    return ok([[amount - due, due]]);
  },
});
