// SPDX-License-Identifier: MIT
/** A chain with keys to write to it, after its contracts were seen to be the ones this code was built against. */
import { EthereumChainReader } from './chain-reader.ts';
import { EthereumChainWriter } from './chain-writer.ts';
import type { AppName, ContractAddresses } from './contracts.ts';
import { createJsonRpc } from './json-rpc.ts';
import { signerOf } from './transaction.ts';

/** Of the apps those that are the caller's business. */
type AppSettings = { readonly [Name in AppName]?: string };

export interface ChainSettings extends AppSettings {
  readonly chainId: number;
  readonly rpcUrl: string;
  readonly factory: string;
  readonly channelImplementation: string;
  readonly registry: string;
}

export interface OpenChain<Keys extends readonly Uint8Array[]> {
  readonly reader: EthereumChainReader;
  /** In the order of the keys. */
  readonly writers: { readonly [Index in keyof Keys]: EthereumChainWriter };
}

/**
 * Throws where the chain answers and is not as configured. A chain that does not answer is opened all the same: whatever
 * needs it fails with `chain_unavailable` until it is back.
 */
export async function openChain<Keys extends readonly Uint8Array[]>(
  settings: ChainSettings,
  ...keys: Keys
): Promise<OpenChain<Keys>> {
  const rpc = createJsonRpc({ url: settings.rpcUrl });
  const contracts = settings as ChainSettings & ContractAddresses;
  const reader = new EthereumChainReader(rpc, contracts);
  const deployment = await reader.checkDeployment();
  if (deployment.ok && deployment.value.length > 0)
    throw new Error(`chain ${settings.chainId} is not as configured: ${JSON.stringify(deployment.value)}`);
  const writers = keys.map((key) => new EthereumChainWriter({ rpc, contracts, signer: signerOf(key) }));
  return { reader, writers: writers as OpenChain<Keys>['writers'] };
}
