// SPDX-License-Identifier: MIT
import { getAddress, isAddress } from 'ethers';
import { text } from '../strings/en.ts';

/** What is wrong with an address as typed; null where money can go there. Capitals, where there are some, are a checksum. */
export function recipientProblem(typed: string, ownChannel: string): string | null {
  const address = typed.trim();
  if (!/^0x[0-9a-fA-F]{40}$/.test(address) || /^0x0{40}$/.test(address)) return text.withdraw.toWrong;
  if (!isAddress(address)) return text.withdraw.toChecksum;
  return getAddress(address) === getAddress(ownChannel) ? text.withdraw.toOwn : null;
}
