// SPDX-License-Identifier: MIT
/** Public identifiers: enough to address, verify and encrypt to someone who has never been seen. */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, toHex } from './bytes.ts';
import { refuse, type Outcomes } from './errors.ts';
import { ok } from './result.ts';
import type { Address } from './types.ts';

const PREFIX = 'indra';
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

export interface Identity {
  /** `indra…`, without the hub. */
  readonly identifier: string;
  readonly publicKey: Uint8Array;
  readonly address: Address;
  /** host[:port] of the hub the identifier names, if it names one. */
  readonly hub: string | null;
}

/** host[:port], so that whoever makes a URL of it reaches that host and nothing else. */
const HUB = /^([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?$/i;

const checksum = (payload: Uint8Array): Uint8Array => sha256(sha256(payload)).subarray(0, 4);

function base58(bytes: Uint8Array): string {
  let value = BigInt(toHex(bytes));
  let text = '';
  while (value > 0n) {
    text = ALPHABET[Number(value % 58n)]! + text;
    value /= 58n;
  }
  for (let i = 0; i < bytes.length && bytes[i] === 0; i++) text = `1${text}`;
  return text;
}

/** A compressed key is 33 bytes that never begin with zero, so the length is fixed once decoded. */
function fromBase58(text: string, length: number): Uint8Array | null {
  let value = 0n;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return null;
    value = value * 58n + BigInt(digit);
  }
  if (value >> BigInt(length * 8) !== 0n) return null;
  const out = new Uint8Array(length);
  for (let i = length - 1; i >= 0; i--, value >>= 8n) out[i] = Number(value & 255n);
  return base58(out) === text ? out : null;
}

export const identifierOf = (publicKey: Uint8Array, hub?: string): string =>
  `${bareIdentifierOf(publicKey)}${hub === undefined ? '' : `@${hub}`}`;

const REMEMBERED = 4_096;
const written = new Map<string, string>();

/** The last few thousand are remembered: a payment names the same people again. */
function bareIdentifierOf(publicKey: Uint8Array): string {
  const key = toHex(publicKey);
  const earlier = written.get(key);
  if (earlier !== undefined) return earlier;
  const identifier = `${PREFIX}${base58(concat(publicKey, checksum(publicKey)))}`;
  if (written.size >= REMEMBERED) written.clear();
  written.set(key, identifier);
  return identifier;
}

export function addressOfKey(publicKey: Uint8Array): Address {
  const point = secp256k1.Point.fromBytes(publicKey).toBytes(false);
  return toHex(keccak_256(point.subarray(1)).subarray(12)) as string as Address;
}

const known = new Map<string, Outcomes<Identity>>();

/** Like `readIdentifier`, whose answer never changes, remembering the last few thousand: a payment names the same people again. */
export function parseIdentifier(text: string): Outcomes<Identity> {
  const earlier = known.get(text);
  if (earlier !== undefined) return earlier;
  const identity = readIdentifier(text);
  if (known.size >= REMEMBERED) known.clear();
  known.set(text, identity);
  return identity;
}

/** Fails with `malformed` on a bad alphabet, checksum, length, point or hub. */
function readIdentifier(text: string): Outcomes<Identity> {
  const [identifier = '', hub, ...rest] = text.trim().split('@');
  if (!identifier.startsWith(PREFIX) || rest.length > 0 || identifier.length > 70)
    return refuse('malformed', { identifier: text });
  if (hub !== undefined && !HUB.test(hub)) return refuse('malformed', { identifier: text });
  const decoded = fromBase58(identifier.slice(PREFIX.length), 37);
  if (decoded === null) return refuse('malformed', { identifier: text });
  const publicKey = decoded.slice(0, 33);
  if (toHex(checksum(publicKey)) !== toHex(decoded.subarray(33)))
    return refuse('malformed', { identifier: text });
  try {
    return ok({ identifier, publicKey, address: addressOfKey(publicKey), hub: hub ?? null });
  } catch {
    return refuse('malformed', { identifier: text });
  }
}
