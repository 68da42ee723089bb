// SPDX-License-Identifier: MIT
/**
 * What payer and payee tell each other of a transfer and the hub never reads, encrypted under a key of the transfer's secret
 * (docs/formats.md, "Metadata"). The Payment commits to the ciphertext, since a short note could be guessed from its hash.
 */
import { gcm } from '@noble/ciphers/aes.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, toBytes, toHex, utf8 } from '../protocol/bytes.ts';
import { metadataKeyOf } from '../protocol/secrets.ts';
import type { Bytes, Hash } from '../protocol/types.ts';
import { METADATA_MAX } from '../protocol/wire/statements.ts';

export interface Metadata {
  /** The payer's identifier. */
  readonly from: string;
  readonly note: string | null;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The first line is the payer's identifier, the rest the note. */
const textOf = ({ from, note }: Metadata): Uint8Array => utf8(`${from}\n${note ?? ''}`);

/** Follows from key and text: the same payment has the same ciphertext, and no nonce ever meets two texts. */
const nonceOf = (key: Uint8Array, text: Uint8Array): Uint8Array =>
  sha256(concat(key, text)).subarray(0, NONCE_BYTES);

export function encryptMetadata(secret: Hash, metadata: Metadata): Bytes {
  const key = metadataKeyOf(secret);
  const text = textOf(metadata);
  const nonce = nonceOf(key, text);
  return toHex(concat(nonce, gcm(key, nonce).encrypt(text)));
}

/** Null if it was not encrypted with this secret, or holds something else. */
export function decryptMetadata(secret: Hash, ciphertext: Bytes): Metadata | null {
  const bytes = toBytes(ciphertext);
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.length > METADATA_MAX) return null;
  try {
    const plain = gcm(metadataKeyOf(secret), bytes.slice(0, NONCE_BYTES)).decrypt(
      bytes.subarray(NONCE_BYTES),
    );
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain);
    const end = text.indexOf('\n');
    if (end < 0) return null;
    return { from: text.slice(0, end), note: text.slice(end + 1) || null };
  } catch {
    return null;
  }
}
