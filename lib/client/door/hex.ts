// SPDX-License-Identifier: MIT
import type { Bytes, Hash } from '../../protocol/types.ts';
import { invalid, type Parser } from './argument.ts';

/** Of an action in an app; what travels is bounded so too. */
const MAX_BYTES = 16_384;

/** A hash or an id: 32 bytes, lower case behind the door. */
export const hash: Parser<Hash> = (value, field) => {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{64}$/.test(value))
    throw invalid(field, 'give 32 bytes: 0x and 64 hex digits');
  return value.toLowerCase() as Hash;
};

export const bytes: Parser<Bytes> = (value, field) => {
  if (typeof value !== 'string' || !/^0x(?:[0-9a-fA-F]{2})*$/.test(value))
    throw invalid(field, 'give bytes: 0x and an even number of hex digits');
  if (value.length > 2 + 2 * MAX_BYTES) throw invalid(field, `at most ${MAX_BYTES} bytes`);
  return value.toLowerCase() as Bytes;
};
