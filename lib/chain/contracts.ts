// SPDX-License-Identifier: MIT
/** The contracts as ethers knows them. The ABIs are written by the contracts' build. */
import { Interface } from 'ethers';
import batchedTransferApp from './abi/BatchedTransferApp.json' with { type: 'json' };
import channel from './abi/Channel.json' with { type: 'json' };
import factory from './abi/ChannelFactory.json' with { type: 'json' };
import registry from './abi/ChallengeRegistry.json' with { type: 'json' };
import signedTransferApp from './abi/SignedTransferApp.json' with { type: 'json' };
import swapApp from './abi/SwapApp.json' with { type: 'json' };
import transferApp from './abi/TransferApp.json' with { type: 'json' };
import type { Address } from '../protocol/types.ts';
import type { ContractCode } from './contract-code.ts';

/**
 * The contracts of one chain; the registry made the other two. Of the apps those that the caller relies on: whoever locks
 * money in other code may lose it.
 */
export interface ContractAddresses extends AppAddresses {
  readonly chainId: number;
  readonly registry: Address;
  readonly factory: Address;
  readonly channelImplementation: Address;
}

export const registryInterface = new Interface(registry.abi);
export const factoryInterface = new Interface(factory.abi);
export const channelInterface = new Interface(channel.abi);
export const tokenInterface = new Interface([
  'function balanceOf(address owner) view returns (uint256)',
  'function decimals() view returns (uint8)',
  'function allowance(address owner, address spender) view returns (uint256)',
  'function approve(address spender, uint256 amount) returns (bool)',
  'function transfer(address to, uint256 amount) returns (bool)',
]);

export const registryCode: ContractCode = registry;
export const factoryCode: ContractCode = factory;
export const channelCode: ContractCode = channel;

/** The apps that hub and client know by themselves, by the name of their address. */
export const APP_CODE = { transferApp, batchedTransferApp, signedTransferApp, swapApp } satisfies Record<
  string,
  ContractCode
>;
export type AppName = keyof typeof APP_CODE;
export type AppAddresses = { readonly [Name in AppName]?: Address | undefined };
