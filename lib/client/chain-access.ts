// SPDX-License-Identifier: MIT
/** The user's own way to the chain, to read and to write, through one node. */
import { EthereumChainWriter } from '../chain/chain-writer.ts';
import { createJsonRpc } from '../chain/json-rpc.ts';
import { EpochReader } from './epoch-reader.ts';
import type { ChainDescription } from './hub-description.ts';
import { IndraError } from './indra-error.ts';
import type { ChainReader, ChainWriter, ChannelKey } from './ports.ts';

/** The contracts must be those this code was built against; a chain that does not answer now is read later. */
export async function openReader(chain: ChainDescription, rpcUrl: string | undefined): Promise<ChainReader> {
  const reader = new EpochReader(createJsonRpc({ url: rpcUrl ?? chain.rpcUrl }), chain);
  const deployment = await reader.checkDeployment();
  if (deployment.ok && deployment.value.length > 0)
    throw IndraError.from('hub_mismatch', { contracts: deployment.value });
  return reader;
}

/** Of the channel key: it needs ether at its own address only for what no hub does for it. */
export const writerTo = (chain: ChainDescription, rpcUrl: string | undefined, key: ChannelKey): ChainWriter =>
  new EthereumChainWriter({
    rpc: createJsonRpc({ url: rpcUrl ?? chain.rpcUrl }),
    contracts: chain,
    signer: key,
  });
