// SPDX-License-Identifier: MIT
/** The twelve words a wallet is made of. */
import { Mnemonic } from 'ethers';

export const WORD_COUNT = 12;

/** 128 bits of the browser's own randomness as BIP-39 words. */
export const newWords = (): string => Mnemonic.fromEntropy(crypto.getRandomValues(new Uint8Array(16))).phrase;

/** As typed or pasted, with line breaks, numbers and capitals, brought to one form. Null if these are no BIP-39 words. */
export function readWords(text: string): string | null {
  const words = text
    .normalize('NFKD')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '')
    .join(' ');
  return Mnemonic.isValidMnemonic(words) ? words : null;
}
