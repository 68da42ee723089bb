// SPDX-License-Identifier: MIT
import { ContractFactory, getCreateAddress, keccak256, type InterfaceAbi, type Signer } from 'ethers';

import batchedTransferApp from '../lib/chain/abi/BatchedTransferApp.json' with { type: 'json' };
import challengeRegistry from '../lib/chain/abi/ChallengeRegistry.json' with { type: 'json' };
import nimApp from '../lib/chain/abi/NimApp.json' with { type: 'json' };
import signedTransferApp from '../lib/chain/abi/SignedTransferApp.json' with { type: 'json' };
import swapApp from '../lib/chain/abi/SwapApp.json' with { type: 'json' };
import testToken from '../lib/chain/abi/TestToken.json' with { type: 'json' };
import ticTacToeApp from '../lib/chain/abi/TicTacToeApp.json' with { type: 'json' };
import transferApp from '../lib/chain/abi/TransferApp.json' with { type: 'json' };
import hashes from './bytecode-hashes.json' with { type: 'json' };

/** Addresses of one chain's contracts, checksummed. */
export interface Deployment {
  readonly chainId: bigint;
  readonly registry: string;
  readonly factory: string;
  readonly channelImplementation: string;
  readonly transferApp: string;
  /** Block of the registry's deployment: nothing of interest happened before. */
  readonly fromBlock: number;
}

interface Compiled {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
}

/** Throws where the bytecode is not the committed one: that is the protocol, and may never be modified. */
export function requireCommitted(name: keyof typeof hashes, bytecode: string): void {
  const found = keccak256(bytecode);
  const expected = hashes[name].creation;
  if (found !== expected)
    throw new Error(`The bytecode of ${name} hashes to ${found}, not to the committed ${expected}`);
}

/**
 * Deploys the protocol's contracts with the committed production bytecode. Two transactions, waited for; none if the
 * bytecode at hand is another.
 */
export async function deployContracts(signer: Signer): Promise<Deployment> {
  if (!signer.provider) throw new Error('The deploying signer has no provider');
  requireCommitted('ChallengeRegistry', challengeRegistry.bytecode);
  requireCommitted('TransferApp', transferApp.bytecode);
  const { chainId } = await signer.provider.getNetwork();
  const registry = await deploy(signer, challengeRegistry);
  const app = await deploy(signer, transferApp);
  // The registry makes the factory in its constructor, and the factory the implementation in its own.
  const factory = getCreateAddress({ from: registry.address, nonce: 1 });
  const channelImplementation = getCreateAddress({ from: factory, nonce: 1 });
  return {
    chainId,
    registry: registry.address,
    factory,
    channelImplementation,
    transferApp: app.address,
    fromBlock: registry.block,
  };
}

/** Addresses of the apps beside the transfer app; a channel may use any other as well. */
export interface Apps {
  readonly signedTransferApp: string;
  readonly batchedTransferApp: string;
  readonly swapApp: string;
  readonly ticTacToeApp: string;
  readonly nimApp: string;
}

/** One transaction each, waited for. */
export async function deployApps(signer: Signer): Promise<Apps> {
  const address = async (name: keyof typeof hashes, compiled: Compiled) => {
    requireCommitted(name, compiled.bytecode);
    return (await deploy(signer, compiled)).address;
  };
  return {
    signedTransferApp: await address('SignedTransferApp', signedTransferApp),
    batchedTransferApp: await address('BatchedTransferApp', batchedTransferApp),
    swapApp: await address('SwapApp', swapApp),
    ticTacToeApp: await address('TicTacToeApp', ticTacToeApp),
    nimApp: await address('NimApp', nimApp),
  };
}

/** A token that anyone can mint, for local worlds. */
export async function deployTestToken(signer: Signer): Promise<string> {
  return (await deploy(signer, testToken)).address;
}

async function deploy(signer: Signer, compiled: Compiled): Promise<{ address: string; block: number }> {
  const factory = new ContractFactory(compiled.abi, compiled.bytecode, signer);
  const contract = await factory.deploy();
  const receipt = await contract.deploymentTransaction()?.wait();
  if (!receipt?.contractAddress) throw new Error('A deployment was not mined');
  return { address: receipt.contractAddress, block: receipt.blockNumber };
}
