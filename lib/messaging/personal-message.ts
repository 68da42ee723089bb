// SPDX-License-Identifier: MIT
import { keccak_256 } from '@noble/hashes/sha3.js';

/** The digest a wallet's `personal_sign` signs (EIP-191, version 0x45). */
export function personalDigest(message: string): Uint8Array {
  const bytes = new TextEncoder().encode(message);
  const prefix = new TextEncoder().encode(`\x19Ethereum Signed Message:\n${bytes.length}`);
  return keccak_256(new Uint8Array([...prefix, ...bytes]));
}

/** An address as EIP-55 writes it. */
export function checksumAddress(address: string): string {
  const digits = address.slice(2).toLowerCase();
  const hash = keccak_256(new TextEncoder().encode(digits));
  const nibble = (index: number): number => ((hash[index >> 1] ?? 0) >> (index % 2 === 0 ? 4 : 0)) & 15;
  return `0x${Array.from(digits, (digit, index) => (nibble(index) > 7 ? digit.toUpperCase() : digit)).join('')}`;
}
