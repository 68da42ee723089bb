// SPDX-License-Identifier: MIT
/** The action of apps that a named signer moves: one word, and the EIP-712 signature on it together with the payment's id. */
import { keccak256 } from '#keccak256';
import { concat, toBytes, toHex, utf8, Words } from '../bytes.ts';
import type { Address, Bytes, Hash } from '../types.ts';

/** Who signs, in which domain, about which payment: part of the state of every such app. */
export interface SignedPayment {
  /** Need not be a party. */
  readonly signer: Address;
  /** The signer's EIP-712 domain separator. */
  readonly domain: Hash;
  readonly paymentId: Hash;
}

/** A signature as contracts read it: r, s and v in a word each. */
const SIGNATURE_WORDS = 3;
const LENGTH = 32 * (1 + SIGNATURE_WORDS);
const NO_BYTES = '00'.repeat(31);

/** `word` is 32 bytes, `signature` 65: r ‖ s ‖ v. */
export const encodeSignedWord = (word: Bytes, signature: Bytes): Bytes =>
  `0x${word.slice(2)}${signature.slice(2, 130)}${NO_BYTES}${signature.slice(130)}`;

/** Null where the contract would not decode it. */
export function decodeSignedWord(action: Bytes): { word: Uint8Array; signature: Uint8Array } | null {
  if (action.length !== 2 + 2 * LENGTH) return null;
  const bytes = toBytes(action);
  if (bytes.subarray(96, 127).some((byte) => byte !== 0)) return null;
  return { word: bytes.subarray(0, 32), signature: concat(bytes.subarray(32, 96), bytes.subarray(127)) };
}

/** Digest of a struct of two words, the payment's id and `word`. `type` is its EIP-712 type. */
export function signedWordDigest(
  type: string,
  { domain, paymentId }: Pick<SignedPayment, 'domain' | 'paymentId'>,
  word: Uint8Array,
): Uint8Array {
  const struct = new Words(3)
    .word(keccak256(utf8(type)))
    .hash(paymentId)
    .word(word);
  return keccak256(concat(Uint8Array.of(0x19, 0x01), toBytes(domain), keccak256(struct.bytes)));
}

export const wordOf = (value: bigint): Bytes => toHex(new Words(1).uint(value).bytes);
