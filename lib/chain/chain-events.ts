// SPDX-License-Identifier: MIT
import type { z } from 'zod';
import type { Address, Hash } from '../protocol/types.ts';
import type { logs } from './chain-answers.ts';
import { channelInterface, factoryInterface, registryInterface } from './contracts.ts';

/** A fact of the chain. Names and values are those of the contracts' events. */
export interface ChainEvent {
  readonly name: string;
  readonly contract: Address;
  /** The channel it is about: what a registry's event names, or the channel that spoke. */
  readonly channel: Address | null;
  readonly values: Readonly<Record<string, unknown>>;
  readonly block: number;
  readonly logIndex: number;
  readonly transactionHash: Hash;
}

/** Null for a log that is not one of our contracts' events. */
export function decodeLog(log: z.output<typeof logs>[number]): ChainEvent | null {
  for (const contract of [registryInterface, channelInterface, factoryInterface]) {
    const found = contract.parseLog({ topics: log.topics, data: log.data });
    if (!found) continue;
    const values = found.args.toObject() as Record<string, unknown>;
    const named = values['channel'];
    const speaker = contract === channelInterface ? log.address : null;
    return {
      name: found.name,
      contract: log.address,
      channel: typeof named === 'string' ? (named.toLowerCase() as Address) : speaker,
      values,
      block: log.blockNumber,
      logIndex: log.logIndex,
      transactionHash: log.transactionHash,
    };
  }
  return null;
}
