// SPDX-License-Identifier: MIT
/** Everything secret follows from the user's key and the install, so the seed alone restores it (design, section 3). */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak256 } from '#keccak256';
import { concat, toBytes, toHash, utf8, Words } from './bytes.ts';
import { ZERO_HASH, type Address, type Bytes, type Hash } from './types.ts';

export interface Install {
  readonly chainId: number;
  readonly channel: Address;
  readonly installVersion: bigint;
  /** The app's place among the installs of its proposal. */
  readonly index: number;
  readonly asset: Address;
  readonly amount: bigint;
  /** The payee, or the zero address. */
  readonly recipient: Address;
}

export const appSecretKey = (privateKey: Uint8Array): Uint8Array =>
  hmac(sha256, privateKey, utf8('indra/v2/nonce'));

export const appNonce = (secretKey: Uint8Array, install: Install): Hash =>
  toHash(
    hmac(
      sha256,
      secretKey,
      new Words(7)
        .number(install.chainId)
        .address(install.channel)
        .uint(install.installVersion)
        .number(install.index)
        .address(install.asset)
        .uint(install.amount)
        .address(install.recipient).bytes,
    ),
  );

/** Of the transfer, not of the app: the seed and the transfer's id restore it, wherever the app stands. */
export const transferSecret = (secretKey: Uint8Array, transferId: Hash): Hash =>
  toHash(hmac(sha256, secretKey, concat(utf8('indra/v2/secret'), toBytes(transferId))));

/**
 * Binds the lock to the payment's terms: whoever knows the secret sees in the lock alone whether the hub changed any of them
 * (invariant 16). `paymentDigest` is what the payer signed.
 */
export const boundPreimage = (secret: Hash, paymentDigest: Uint8Array): Hash =>
  toHash(sha256(concat(utf8('indra/v2/preimage'), toBytes(secret), paymentDigest)));

/** What the metadata of a transfer is encrypted with. */
export const metadataKeyOf = (secret: Hash): Uint8Array =>
  sha256(concat(utf8('indra/v2/metadata'), toBytes(secret)));

/** A Payment commits to the ciphertext, since a short note could be guessed from its own hash. Zero where there is none. */
export const metadataHashOf = (ciphertext: Bytes | null): Hash =>
  ciphertext === null ? ZERO_HASH : toHash(keccak256(toBytes(ciphertext)));

export const preimageOf = (secret: Hash): Hash =>
  toHash(sha256(concat(utf8('indra/v2/preimage'), toBytes(secret))));

export const lockHashOf = (preimage: Hash): Hash => toHash(sha256(toBytes(preimage)));

/** The private key a link's claim is signed with; its address is the transfer's `claimant`. */
export const claimKeyOf = (secret: Hash): Uint8Array =>
  sha256(concat(utf8('indra/v2/claim'), toBytes(secret)));

/** What the claim key signs: bound to the claimer's channel, so nobody can reuse it (invariant 9). */
export const claimDigest = (transferId: Hash, channel: Address): Uint8Array =>
  keccak256(concat(utf8('indra/v2/claim'), toBytes(transferId), toBytes(channel)));

/** Bound to the payer's channel, so nobody can occupy another's id (invariant 9). */
export const transferIdOf = (chainId: number, payerChannel: Address, paymentId: Hash): Hash =>
  toHash(keccak256(new Words(3).number(chainId).address(payerChannel).hash(paymentId).bytes));
