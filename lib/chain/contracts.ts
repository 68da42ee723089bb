// SPDX-License-Identifier: MIT
/** The contracts as ethers knows them. The ABIs are written by the contracts' build. */
import { Interface } from 'ethers';
import channel from './abi/Channel.json' with { type: 'json' };
import factory from './abi/ChannelFactory.json' with { type: 'json' };
import registry from './abi/ChallengeRegistry.json' with { type: 'json' };
import transferApp from './abi/TransferApp.json' with { type: 'json' };
import type { Address } from '../protocol/types.ts';

/** The contracts of one chain; the registry made the other two. */
export interface ContractAddresses {
  readonly chainId: number;
  readonly registry: Address;
  readonly factory: Address;
  readonly channelImplementation: Address;
  /** The app that locks transfers, where the caller relies on it: whoever locks money in other code may lose it. */
  readonly transferApp?: Address | undefined;
}

export const registryInterface = new Interface(registry.abi);
export const factoryInterface = new Interface(factory.abi);
export const channelInterface = new Interface(channel.abi);
export const tokenInterface = new Interface([
  'function balanceOf(address owner) view returns (uint256)',
  'function allowance(address owner, address spender) view returns (uint256)',
  'function approve(address spender, uint256 amount) returns (bool)',
  'function transfer(address to, uint256 amount) returns (bool)',
]);

/** Code on chain, with zeros where a deployment writes its immutable values. */
export interface ContractCode {
  readonly deployedBytecode: string;
  /** Byte ranges of the immutable values. */
  readonly immutables: readonly { readonly start: number; readonly length: number }[];
}

export const registryCode: ContractCode = registry;
export const factoryCode: ContractCode = factory;
export const channelCode: ContractCode = channel;
export const transferAppCode: ContractCode = transferApp;
