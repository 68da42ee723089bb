// SPDX-License-Identifier: MIT
/**
 * What payer and payee tell each other of a transfer and the hub never reads, encrypted under a key of the transfer's secret
 * (docs/formats.md, "Metadata"). The Payment commits to the ciphertext, since a short note could be guessed from its hash.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, toBytes, toHash, toHex, utf8 } from '../protocol/bytes.ts';
import { identifierOf, parseIdentifier } from '../protocol/identifier.ts';
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

const KEY_BYTES = 33;
const ID_BYTES = 32;
const HEAD_BYTES = 2 * KEY_BYTES + ID_BYTES;
/** In place of a payee's key: whoever opens the link. */
const NOBODY = new Uint8Array(KEY_BYTES);

/** Keys and id as they are, since they are in every payment; then a line each for the hubs that are named, and the note. */
function textOf({ from, to, paymentId, note }: Metadata): Uint8Array {
  const [payer, payee] = [partsOf(from), to === null ? { key: NOBODY, hub: '' } : partsOf(to)];
  return concat(
    payer.key,
    payee.key,
    toBytes(paymentId),
    utf8([payer.hub, payee.hub, note ?? ''].join('\n')),
  );
}

function partsOf(identifier: string) {
  const parsed = parseIdentifier(identifier);
  if (!parsed.ok) throw new TypeError('metadata names nobody');
  return { key: parsed.value.publicKey, hub: parsed.value.hub ?? '' };
}

function metadataOf(text: Uint8Array): Metadata | null {
  if (text.length < HEAD_BYTES) return null;
  const [payer, payee] = [text.slice(0, KEY_BYTES), text.slice(KEY_BYTES, 2 * KEY_BYTES)];
  const lines = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text.subarray(HEAD_BYTES));
  const [, payerHub, payeeHub, note] = LINES.exec(lines) ?? [];
  if (payerHub === undefined || payeeHub === undefined) return null;
  const isLink = payee.every((byte) => byte === 0);
  return {
    from: identifierOf(payer, payerHub || undefined),
    to: isLink ? null : identifierOf(payee, payeeHub || undefined),
    paymentId: toHash(text.subarray(2 * KEY_BYTES, HEAD_BYTES)),
    note: note || null,
  };
}

const LINES = /^([^\n]*)\n([^\n]*)\n([^]*)$/;

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
    const cipher = chacha20poly1305(metadataKeyOf(secret), bytes.slice(0, NONCE_BYTES));
    return metadataOf(cipher.decrypt(bytes.subarray(NONCE_BYTES)));
  } catch {
    return null;
  }
}
