// SPDX-License-Identifier: MIT
import { Transaction } from 'ethers';
import { addressOfPrivateKey, sign } from '#secp256k1';
import { toBytes, toHex } from '../protocol/bytes.ts';
import type { Address, Bytes, Hash } from '../protocol/types.ts';
import type { Call } from './calls.ts';

/** Wei per unit of gas. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

export interface SignedTransaction {
  readonly raw: Bytes;
  readonly hash: Hash;
}

export interface TransactionToSign {
  readonly chainId: number;
  readonly call: Call;
  readonly nonce: number;
  readonly gas: bigint;
  readonly fees: Fees;
}

/** Who pays for gas. */
export interface TransactionSigner {
  readonly address: Address;
  /** 65 bytes; the same for the same digest. */
  sign(digest: Uint8Array): Bytes;
}

export const signerOf = (privateKey: Uint8Array): TransactionSigner => ({
  address: addressOfPrivateKey(privateKey) as string as Address,
  sign: (digest) => toHex(sign(digest, privateKey)),
});

/** An EIP-1559 transaction; the same bytes for the same values, so that it may be signed again instead of stored. */
export function signTransaction(
  transaction: TransactionToSign,
  signer: TransactionSigner,
): SignedTransaction {
  const { chainId, call, nonce, gas, fees } = transaction;
  const unsigned = Transaction.from({
    type: 2,
    chainId,
    nonce,
    to: call.to,
    data: call.data,
    value: call.value,
    gasLimit: gas,
    maxFeePerGas: fees.maxFeePerGas,
    maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
  });
  unsigned.signature = signer.sign(toBytes(unsigned.unsignedHash));
  return { raw: unsigned.serialized as Bytes, hash: unsigned.hash as Hash };
}
