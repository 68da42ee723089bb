// SPDX-License-Identifier: MIT
import type { Provider } from 'ethers';

/** The first block whose state has code at the address, which has some now. 0 where the node has forgotten old states. */
export async function firstBlockWithCode(provider: Provider, address: string): Promise<number> {
  try {
    let [before, there] = [-1, await provider.getBlockNumber()];
    while (there - before > 1) {
      const middle = before + Math.floor((there - before) / 2);
      if ((await provider.getCode(address, middle)) === '0x') before = middle;
      else there = middle;
    }
    return there;
  } catch {
    return 0;
  }
}
