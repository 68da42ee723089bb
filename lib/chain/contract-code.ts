// SPDX-License-Identifier: MIT
import { toBytes, toHex } from '../protocol/bytes.ts';

/** Code on chain, with zeros where a deployment writes its immutable values. */
export interface ContractCode {
  readonly deployedBytecode: string;
  /** Byte ranges of the immutable values. */
  readonly immutables: readonly { readonly start: number; readonly length: number }[];
}

export const AS_COMPILED = 'as compiled';

/** What the code found at an address is, measured against what was compiled. */
export function describeCode(
  code: string,
  { deployedBytecode, immutables }: ContractCode,
): 'none' | 'other code' | typeof AS_COMPILED {
  if (code === '0x') return 'none';
  const found = toBytes(code);
  for (const { start, length } of immutables) found.fill(0, start, start + length);
  return toHex(found) === deployedBytecode.toLowerCase() ? AS_COMPILED : 'other code';
}
