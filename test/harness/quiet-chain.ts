// SPDX-License-Identifier: MIT
/** The chain of the model tests as a client reads it: nothing is ever disputed on it, and it holds nothing outside channels. */
import type { ChainReader } from '../../lib/client/ports.ts';
import { refuse } from '../../lib/protocol/errors.ts';
import { ok } from '../../lib/protocol/result.ts';
import { ZERO_HASH } from '../../lib/protocol/types.ts';
import type { TestChain } from './hub-in-memory.ts';

export const quietReader = (chain: TestChain, { reader } = chain): ChainReader => ({
  latest: () => reader.latest(),
  block: (height) => reader.block(height),
  received: (...asked) => reader.received(...asked),
  withdrawalExecuted: (...asked) => reader.withdrawalExecuted(...asked),
  async challenge(channel, block) {
    const status = await reader.challenge(channel, block);
    return status.ok ? ok({ challengeId: 0n, digest: ZERO_HASH, ...status.value }) : status;
  },
  dispute: async () => refuse('chain_unavailable'),
  settlement: async () => ok([]),
  appTurn: async () => refuse('chain_unavailable'),
  appAction: async () => refuse('chain_unavailable'),
  claimable: async () => ok(0n),
  balance: async () => ok(0n),
  decimals: async () => ok(chain.tokenDecimals),
});
