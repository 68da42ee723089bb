// SPDX-License-Identifier: MIT
/** The tower as the owner of a nonce lane on each chain, for its own key. */
import { z } from 'zod';
import type { LaneOwner } from '../lane/lane.ts';
import { address, whole } from '../protocol/wire/primitives.ts';
import type { Tower, TowerChain } from './tower.ts';

export const answerPurpose = z.strictObject({
  kind: z.enum(['answer', 'set-app-state']),
  channel: address,
  /** Seconds since 1970. */
  before: whole,
});
export type AnswerPurpose = z.output<typeof answerPurpose>;

export const towerLane = (tower: Tower, chain: TowerChain): LaneOwner<AnswerPurpose> => ({
  store: tower.store,
  chainId: chain.chainId,
  writer: chain.writer,
  latest: () => chain.reader.latest(),
  confirmations: chain.confirmations,
  clock: tower.clock,
  log: tower.log,
  purpose: answerPurpose,
  // Every round submits, and nothing else is sent.
  wake() {},
  async finished({ key, outcome, transactionHash, purpose }) {
    // Refused or reverted: mostly somebody else was faster. The next look tells.
    tower.log.info({ key, outcome, transactionHash, channel: purpose.channel }, 'an answer ended');
  },
});
