// SPDX-License-Identifier: MIT
/** The user's own way to the chain, to read and to write, through one node. */
import { EthereumChainWriter } from '../chain/chain-writer.ts';
import { checkDeployment } from '../chain/deployment-check.ts';
import { createJsonRpc } from '../chain/json-rpc.ts';
import type { ChainAccess } from './door/connect-options.ts';
import { EpochReader } from './epoch-reader.ts';
import type { ChainDescription } from './hub-description.ts';
import { IndraError } from './indra-error.ts';
import { foreignContracts } from './named-contracts.ts';
import type { ChainReader, ChainWriter, ChannelKey } from './ports.ts';

const nodeOf = (chain: ChainDescription, { rpcUrl }: ChainAccess = {}) =>
  createJsonRpc({ url: rpcUrl ?? chain.rpcUrl });

export const readerOf = (chain: ChainDescription, access: ChainAccess | undefined): ChainReader =>
  new EpochReader(nodeOf(chain, access), chain);

/**
 * The contracts must be where this code or its caller says, and be those this code was built against, on the chain as its user sees it. Rejects with `hub_mismatch`, or with
 * `chain_unavailable` unless it was seen before: code on a chain does not change, and a channel stays where it was opened when
 * another version of this code knows other addresses.
 */
export async function checkContracts(
  chain: ChainDescription,
  access: ChainAccess | undefined,
  wasSeen = false,
): Promise<void> {
  const foreign = wasSeen ? [] : foreignContracts(chain, access?.contracts);
  if (foreign.length > 0) throw IndraError.from('hub_mismatch', { contracts: foreign });
  const deployment = await checkDeployment(nodeOf(chain, access), chain);
  if (!deployment.ok && !wasSeen) throw IndraError.of(deployment.error);
  if (deployment.ok && deployment.value.length > 0)
    throw IndraError.from('hub_mismatch', { contracts: deployment.value });
}

/** Of the channel key: it needs ether at its own address only for what no hub does for it. */
export const writerTo = (
  chain: ChainDescription,
  access: ChainAccess | undefined,
  key: ChannelKey,
): ChainWriter => new EthereumChainWriter({ rpc: nodeOf(chain, access), contracts: chain, signer: key });
