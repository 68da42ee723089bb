// SPDX-License-Identifier: MIT
/** Hex, words and concatenation: the byte work under every digest. */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { Address, Bytes, Hash } from './types.ts';

const DIGITS = '0123456789abcdef';
const HEX: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => DIGITS[byte >> 4]! + DIGITS[byte & 15]!,
);

const NIBBLE = new Int8Array(128).fill(-1);
for (const [value, digit] of [...DIGITS].entries()) {
  NIBBLE[digit.charCodeAt(0)] = value;
  NIBBLE[digit.toUpperCase().charCodeAt(0)] = value;
}
const nibble = (code: number): number => (code < 128 ? NIBBLE[code]! : -1);

/** Writes the bytes of `hex` (with `0x`) into `out` at `at`. Throws on a digit that is none: callers hold parsed values. */
export function writeHex(out: Uint8Array, at: number, hex: string): void {
  for (let i = 2, o = at; i < hex.length; i += 2, o++) {
    const byte = (nibble(hex.charCodeAt(i)) << 4) | nibble(hex.charCodeAt(i + 1));
    if (byte < 0) throw new TypeError('not hex');
    out[o] = byte;
  }
}

export function toBytes(hex: string): Uint8Array {
  const out = new Uint8Array((hex.length - 2) >> 1);
  writeHex(out, 0, hex);
  return out;
}

export function toHex(bytes: Uint8Array): Bytes {
  let text = '0x';
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i]!]!;
  return text as Bytes;
}

export const toHash = (bytes: Uint8Array): Hash => toHex(bytes) as string as Hash;

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const MASK = (1n << 64n) - 1n;

/**
 * Appends 32-byte words to a buffer of known size: the hand-written encoder behind every struct hash. `again` starts
 * over in the same buffer, for an encoder whose words have fixed kinds: each writes all that another value left behind.
 */
export class Words {
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;

  constructor(words: number) {
    this.bytes = new Uint8Array(words * 32);
    this.view = new DataView(this.bytes.buffer);
  }

  again(): this {
    this.at = 0;
    return this;
  }

  uint(value: bigint): this {
    const { view, at } = this;
    view.setBigUint64(at + 24, value & MASK);
    const high = value > MASK ? value >> 64n : 0n;
    view.setBigUint64(at + 16, high & MASK);
    view.setBigUint64(at + 8, high > MASK ? (high >> 64n) & MASK : 0n);
    view.setBigUint64(at, high > MASK ? (high >> 128n) & MASK : 0n);
    this.at += 32;
    return this;
  }

  number(value: number): this {
    return this.uint(BigInt(value));
  }

  pair(values: readonly [bigint, bigint]): this {
    return this.uint(values[0]).uint(values[1]);
  }

  address(value: Address): this {
    writeHex(this.bytes, this.at + 12, value);
    this.at += 32;
    return this;
  }

  hash(value: Hash): this {
    writeHex(this.bytes, this.at, value);
    this.at += 32;
    return this;
  }

  word(value: Uint8Array): this {
    this.bytes.set(value, this.at);
    this.at += 32;
    return this;
  }
}

/** Reads the 32-byte word number `index` of `bytes` as an unsigned integer. */
export function readUint(bytes: Uint8Array, index: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + index * 32, 32);
  return (
    (view.getBigUint64(0) << 192n) |
    (view.getBigUint64(8) << 128n) |
    (view.getBigUint64(16) << 64n) |
    view.getBigUint64(24)
  );
}

export const readHash = (bytes: Uint8Array, index: number): Hash =>
  toHash(bytes.subarray(index * 32, index * 32 + 32));

/** Null where the word is more than an address. */
export function readAddress(bytes: Uint8Array, index: number): Address | null {
  const word = bytes.subarray(index * 32, index * 32 + 32);
  if (word.subarray(0, 12).some((byte) => byte !== 0)) return null;
  return toHex(word.subarray(12)) as string as Address;
}

export const utf8 = utf8ToBytes;
