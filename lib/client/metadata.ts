// SPDX-License-Identifier: MIT
/**
 * What payer and payee tell each other of a transfer and the hub never reads, encrypted under a key of the transfer's secret
 * (docs/formats.md, "Metadata"). The Payment commits to the ciphertext, since a short note could be guessed from its hash.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, toBytes, toHex, utf8 } from '../protocol/bytes.ts';
import { metadataKeyOf } from '../protocol/secrets.ts';
import type { Bytes, Hash } from '../protocol/types.ts';
import { METADATA_MAX } from '../protocol/wire/statements.ts';

export interface Metadata {
  /** The payer's identifier. */
  readonly from: string;
  /** Whom the payer named; null for a link. With the id it tells a payer who lost its store what it paid. */
  readonly to: string | null;
  readonly paymentId: Hash;
  readonly note: string | null;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A line each for payer, payee and id; the rest is the note. */
const textOf = ({ from, to, paymentId, note }: Metadata): Uint8Array =>
  utf8([from, to ?? '', paymentId, note ?? ''].join('\n'));

const FORM = /^([^\n]*)\n([^\n]*)\n(0x[0-9a-f]{64})\n([^]*)$/;

/** Follows from key and text: the same payment has the same ciphertext, and no nonce ever meets two texts. */
const nonceOf = (key: Uint8Array, text: Uint8Array): Uint8Array =>
  sha256(concat(key, text)).subarray(0, NONCE_BYTES);

export function encryptMetadata(secret: Hash, metadata: Metadata): Bytes {
  const key = metadataKeyOf(secret);
  const text = textOf(metadata);
  const nonce = nonceOf(key, text);
  return toHex(concat(nonce, chacha20poly1305(key, nonce).encrypt(text)));
}

/** Null if it was not encrypted with this secret, or holds something else. */
export function decryptMetadata(secret: Hash, ciphertext: Bytes): Metadata | null {
  const bytes = toBytes(ciphertext);
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.length > METADATA_MAX) return null;
  try {
    const plain = chacha20poly1305(metadataKeyOf(secret), bytes.slice(0, NONCE_BYTES)).decrypt(
      bytes.subarray(NONCE_BYTES),
    );
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain);
    const [, from = '', to = '', paymentId = '', note = ''] = FORM.exec(text) ?? [];
    if (paymentId === '') return null;
    return { from, to: to || null, paymentId: paymentId as string as Hash, note: note || null };
  } catch {
    return null;
  }
}
