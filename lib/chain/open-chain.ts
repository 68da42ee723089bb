// SPDX-License-Identifier: MIT
/** A chain with a key to write to it, after its contracts were seen to be the ones this code was built against. */
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

export interface OpenChain {
  readonly reader: EthereumChainReader;
  readonly writer: EthereumChainWriter;
}

/**
 * Throws where the chain answers and is not as configured. A chain that does not answer is opened all the same: whatever
 * needs it fails with `chain_unavailable` until it is back.
 */
export async function openChain(settings: ChainSettings, privateKey: Uint8Array): Promise<OpenChain> {
  const rpc = createJsonRpc({ url: settings.rpcUrl });
  const contracts = settings as ChainSettings & ContractAddresses;
  const reader = new EthereumChainReader(rpc, contracts);
  const deployment = await reader.checkDeployment();
  if (deployment.ok && deployment.value.length > 0)
    throw new Error(`chain ${settings.chainId} is not as configured: ${JSON.stringify(deployment.value)}`);
  return { reader, writer: new EthereumChainWriter({ rpc, contracts, signer: signerOf(privateKey) }) };
}
