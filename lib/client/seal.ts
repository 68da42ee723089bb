// SPDX-License-Identifier: MIT
/** A transfer's secret sealed to a recipient's public key (docs/formats.md, "Keys and secrets"): only that key reads it. */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { ecdhX, publicKey } from '#secp256k1';
import { concat, toBytes, toHash, toHex, utf8 } from '../protocol/bytes.ts';
import type { Bytes, Hash } from '../protocol/types.ts';

const KEY_BYTES = 33;
const SEALED_BYTES = KEY_BYTES + 32 + 16;
/** Zero, because the key it goes with is used once. */
const NONCE = new Uint8Array(12);

const sharedKey = (x: Uint8Array): Uint8Array => sha256(concat(utf8('indra/v2/seal'), x));

/** `ephemeralKey` is a fresh private key, used for this and thrown away. Null if the recipient's key is none. */
export function seal(secret: Hash, recipientKey: Uint8Array, ephemeralKey: Uint8Array): Bytes | null {
  const x = ecdhX(ephemeralKey, recipientKey);
  if (x === null) return null;
  return toHex(
    concat(publicKey(ephemeralKey), chacha20poly1305(sharedKey(x), NONCE).encrypt(toBytes(secret))),
  );
}

/** Null if it was sealed to another key or is damaged. */
export function unseal(sealed: Bytes, privateKey: Uint8Array): Hash | null {
  const bytes = toBytes(sealed);
  if (bytes.length !== SEALED_BYTES) return null;
  const x = ecdhX(privateKey, bytes.slice(0, KEY_BYTES));
  if (x === null) return null;
  try {
    return toHash(chacha20poly1305(sharedKey(x), NONCE).decrypt(bytes.subarray(KEY_BYTES)));
  } catch {
    return null;
  }
}
