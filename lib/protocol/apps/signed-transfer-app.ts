// SPDX-License-Identifier: MIT
/**
 * The signed transfer app: participant 0 pays participant 1 once a named signer attested something about the payment.
 * Twin of contracts/src/apps/SignedTransferApp.sol; vectors hold the two together.
 */
import { readAddress, readHash, readUint, toBytes, toHash, toHex, Words } from '../bytes.ts';
import { refuse, type Outcomes } from '../errors.ts';
import { ok } from '../result.ts';
import type { Recover } from '../transition.ts';
import { OutcomeType, ZERO_HASH, type Bytes, type Hash, type Pair } from '../types.ts';
import type { AppLogic } from './app-logic.ts';
import { checkPayersStake } from './payers-stake.ts';
import { decodeSignedWord, encodeSignedWord, signedWordDigest, type SignedPayment } from './signed-word.ts';
import { PAYEE } from './transfer-app.ts';

export const ATTESTATION_TYPE = 'Attestation(bytes32 paymentId,bytes32 attested)';

export interface SignedTransferState extends SignedPayment {
  readonly amount: bigint;
  /** What the signer said; zero until then. */
  readonly attested: Hash;
}

const WORDS = 5;

export const encodeSignedTransferState = (state: SignedTransferState): Bytes =>
  toHex(
    new Words(WORDS)
      .uint(state.amount)
      .address(state.signer)
      .hash(state.domain)
      .hash(state.paymentId)
      .hash(state.attested).bytes,
  );

export function decodeSignedTransferState(state: Bytes): SignedTransferState | null {
  if (state.length !== 2 + 64 * WORDS) return null;
  const bytes = toBytes(state);
  const signer = readAddress(bytes, 1);
  if (signer === null) return null;
  return {
    amount: readUint(bytes, 0),
    signer,
    domain: readHash(bytes, 2),
    paymentId: readHash(bytes, 3),
    attested: readHash(bytes, 4),
  };
}

/** What the signer signs; 32 bytes. */
export const attestationDigest = (payment: Pick<SignedPayment, 'domain' | 'paymentId'>, attested: Hash) =>
  signedWordDigest(ATTESTATION_TYPE, payment, toBytes(attested));

export const encodeAttestation = (attested: Hash, signature: Bytes): Bytes =>
  encodeSignedWord(attested, signature);

/** For bytes that `check` has accepted before. */
function decoded(state: Bytes): SignedTransferState {
  const transfer = decodeSignedTransferState(state);
  if (transfer === null) throw new TypeError('a signed transfer state that was never checked');
  return transfer;
}

export const signedTransferApp = (recover: Recover): AppLogic => ({
  name: 'signed-transfer',
  outcomeType: OutcomeType.SingleAssetTwoPartyCoinTransfer,

  check(state, stakes) {
    const transfer = decodeSignedTransferState(state);
    return transfer === null ? refuse('invalid_state') : checkPayersStake(transfer.amount, stakes);
  },

  isTerminal: (state) => decoded(state).attested !== ZERO_HASH,

  turnTaker: () => PAYEE,

  applyAction(state, action): Outcomes<Bytes> {
    const transfer = decoded(state);
    const given = decodeSignedWord(action);
    if (given === null || transfer.attested !== ZERO_HASH) return refuse('invalid_action');
    const attested = toHash(given.word);
    if (attested === ZERO_HASH) return refuse('invalid_action');
    const signer = recover(attestationDigest(transfer, attested), given.signature);
    if (signer !== transfer.signer) return refuse('invalid_action', { signer: transfer.signer });
    return ok(encodeSignedTransferState({ ...transfer, attested }));
  },

  outcome(state): Outcomes<readonly Pair<bigint>[]> {
    const { amount, attested } = decoded(state);
    return ok([attested === ZERO_HASH ? [amount, 0n] : [0n, amount]]);
  },
});
