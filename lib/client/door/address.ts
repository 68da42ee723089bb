// SPDX-License-Identifier: MIT
import { keccak256 } from '#keccak256';
import { toHex, utf8 } from '../../protocol/bytes.ts';
import type { Address } from '../../protocol/types.ts';
import { invalid, type Parser } from './argument.ts';

/** With the capitals of EIP-55. */
export function checksummed(lower: Address): string {
  const digits = lower.slice(2);
  const hash = toHex(keccak256(utf8(digits))).slice(2);
  const written = Array.from(digits, (digit, at) =>
    Number.parseInt(hash.charAt(at), 16) >= 8 ? digit.toUpperCase() : digit,
  );
  return `0x${written.join('')}`;
}

/** Lower case, or with the right checksum; lower case behind the door, as everywhere in the protocol. */
export const address: Parser<Address> = (value, field) => {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(value))
    throw invalid(field, 'an address is 0x and 40 hex digits');
  const lower = value.toLowerCase() as Address;
  if (value !== lower && value !== checksummed(lower))
    throw invalid(field, 'the checksum of that address is wrong: a digit or a capital was mistyped');
  return lower;
};
