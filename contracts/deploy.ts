// SPDX-License-Identifier: MIT
/**
 * Puts the contracts on a chain, each at the one address its bytecode gives it. Anybody may have done it before, in whole or
 * in part, or do it at the same time: the same bytes are as good whoever sent them, and other bytes are never there.
 */
import { keccak256, type Provider, type Signer } from 'ethers';

import batchedTransferApp from '../lib/chain/abi/BatchedTransferApp.json' with { type: 'json' };
import challengeRegistry from '../lib/chain/abi/ChallengeRegistry.json' with { type: 'json' };
import channel from '../lib/chain/abi/Channel.json' with { type: 'json' };
import channelFactory from '../lib/chain/abi/ChannelFactory.json' with { type: 'json' };
import nimApp from '../lib/chain/abi/NimApp.json' with { type: 'json' };
import signedTransferApp from '../lib/chain/abi/SignedTransferApp.json' with { type: 'json' };
import swapApp from '../lib/chain/abi/SwapApp.json' with { type: 'json' };
import testToken from '../lib/chain/abi/TestToken.json' with { type: 'json' };
import ticTacToeApp from '../lib/chain/abi/TicTacToeApp.json' with { type: 'json' };
import transferApp from '../lib/chain/abi/TransferApp.json' with { type: 'json' };
import { AS_COMPILED, describeCode, type ContractCode } from '../lib/chain/contract-code.ts';
import hashes from './bytecode-hashes.json' with { type: 'json' };
import { DEPLOYER, deterministicAddress, madeByRegistry, SALT } from './create2.ts';
import { firstBlockWithCode } from './first-block.ts';

/** Addresses of one chain's contracts, checksummed. */
export interface Deployment {
  readonly chainId: bigint;
  readonly registry: string;
  readonly factory: string;
  readonly channelImplementation: string;
  readonly transferApp: string;
  /** Block of the registry's deployment: nothing of interest happened before. 0 where the node no longer knows. */
  readonly fromBlock: number;
  /** Whether the registry was put there now, and not found. */
  readonly isNew: boolean;
}

interface Compiled extends ContractCode {
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
 * The registry, with factory and channel implementation, and the transfer app, with the committed production bytecode.
 * Sends nothing for what is there, and nothing at all if the bytecode at hand is another. Throws where anything else is at
 * one of the addresses: that chain is none for this protocol. The signer's provider must not answer from a cache.
 */
export async function deployContracts(signer: Signer): Promise<Deployment> {
  const provider = providerOf(signer);
  requireCommitted('ChallengeRegistry', challengeRegistry.bytecode);
  requireCommitted('TransferApp', transferApp.bytecode);
  const { chainId } = await provider.getNetwork();
  const made = madeByRegistry(deterministicAddress(challengeRegistry.bytecode));
  const factory = { ...channelFactory, address: made.factory };
  const implementation = { ...channel, address: made.channelImplementation };
  // All that may be there is looked at before anything is paid for.
  await isThere(provider, 'ChannelFactory', factory);
  await isThere(provider, 'Channel', implementation);
  await isThere(provider, 'TransferApp', located(transferApp));
  const registry = await ensure(signer, 'ChallengeRegistry', challengeRegistry);
  await requireThere(provider, 'ChannelFactory', factory);
  await requireThere(provider, 'Channel', implementation);
  const app = await ensure(signer, 'TransferApp', transferApp);
  return {
    chainId,
    registry: registry.address,
    ...made,
    transferApp: app.address,
    fromBlock: registry.block ?? (await firstBlockWithCode(provider, registry.address)),
    isNew: registry.block !== null,
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

/** As `deployContracts` does it. */
export async function deployApps(signer: Signer): Promise<Apps> {
  const address = async (name: keyof typeof hashes, compiled: Compiled) => {
    requireCommitted(name, compiled.bytecode);
    return (await ensure(signer, name, compiled)).address;
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
  return (await ensure(signer, 'TestToken', testToken)).address;
}

const located = (compiled: Compiled) => ({
  ...compiled,
  address: deterministicAddress(compiled.bytecode),
});

/** `block` is that of its deployment; null where it was there already. */
async function ensure(
  signer: Signer,
  name: string,
  compiled: Compiled,
): Promise<{ address: string; block: number | null }> {
  const provider = providerOf(signer);
  const contract = located(compiled);
  if (await isThere(provider, name, contract)) return { address: contract.address, block: null };
  await ensureDeployer(signer);
  const block = await sent(signer, { to: DEPLOYER.address, data: SALT + compiled.bytecode.slice(2) }, () =>
    isThere(provider, name, contract),
  );
  await requireThere(provider, name, contract);
  return { address: contract.address, block };
}

async function requireThere(
  provider: Provider,
  name: string,
  contract: ContractCode & { address: string },
): Promise<void> {
  if (!(await isThere(provider, name, contract)))
    throw new Error(`There is no ${name} at ${contract.address} after its deployment`);
}

async function isThere(
  provider: Provider,
  name: string,
  contract: ContractCode & { address: string },
): Promise<boolean> {
  const found = describeCode(await provider.getCode(contract.address), contract);
  if (found === 'other code') throw new Error(refusal(name, contract.address));
  return found === AS_COMPILED;
}

const refusal = (name: string, address: string) =>
  `The chain holds other code than ${name} at ${address}. Nothing more was sent. This protocol cannot be used on that chain`;

/** Puts the well-known deployer on a chain that lacks it, which costs its sender, whom this pays, 0.01 ether. */
async function ensureDeployer(signer: Signer): Promise<void> {
  const provider = providerOf(signer);
  const isInstalled = async () => {
    const code = await provider.getCode(DEPLOYER.address);
    if (code !== '0x' && code !== DEPLOYER.code) throw new Error(refusal('the deployer', DEPLOYER.address));
    return code !== '0x';
  };
  if (await isInstalled()) return;
  const missing = DEPLOYER.cost - (await provider.getBalance(DEPLOYER.sender));
  if (missing > 0n) await sent(signer, { to: DEPLOYER.sender, value: missing }, isInstalled);
  try {
    await minedIn(provider, await provider.broadcastTransaction(DEPLOYER.transaction));
  } catch (cause) {
    if (await isInstalled()) return;
    throw new Error(
      `The chain has no contract at ${DEPLOYER.address} and refuses the well-known transaction that installs it`,
      { cause },
    );
  }
  if (!(await isInstalled()))
    throw new Error(`There is no code at ${DEPLOYER.address} after the transaction that installs it`);
}

/** The block a transaction was mined in; null where it failed because somebody else was quicker with the same. */
async function sent(
  signer: Signer,
  transaction: { to: string; data?: string; value?: bigint },
  isDone: () => Promise<boolean>,
): Promise<number | null> {
  try {
    return await minedIn(providerOf(signer), await signer.sendTransaction(transaction));
  } catch (error) {
    // A signer that counts nonces itself has counted the one that was not used.
    if ('reset' in signer && typeof signer.reset === 'function') signer.reset();
    if (await isDone()) return null;
    throw error;
  }
}

const POLL_MS = 50;

/**
 * The block of a transaction, asked for until there is one: the provider's own waiting starts at the newest block, and on a chain
 * that mines only what it is sent it misses one that was mined in between. Rejects where the transaction failed.
 */
async function minedIn(provider: Provider, { hash }: { readonly hash: string }): Promise<number> {
  for (;;) {
    const receipt = await provider.getTransactionReceipt(hash);
    if (receipt?.status === 0) throw new Error(`Transaction ${hash} failed`);
    if (receipt !== null) return receipt.blockNumber;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function providerOf(signer: Signer): Provider {
  if (!signer.provider) throw new Error('The deploying signer has no provider');
  return signer.provider;
}
