// SPDX-License-Identifier: MIT
/** anvil with the contracts and a test token on it. Its state is a file. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { JsonRpcProvider } from 'ethers';
import { deployApps, deployContracts, deployTestToken } from '../../contracts/deploy.ts';
import { ADDRESSES } from '../../lib/chain/addresses.ts';
import { LOCAL_CHAIN_ID } from '../config/hub-config.ts';
import { startProcess, type ManagedProcess } from './managed-process.ts';
import { waitUntil } from './wait-until.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const ANVIL = join(ROOT, 'node_modules', '.bin', 'anvil');

export interface LocalChain {
  readonly chainId: number;
  readonly rpcUrl: string;
  readonly deployment: typeof ADDRESSES;
  readonly token: string;
  /** True where the chain, or this protocol on it, began now: whatever a store remembers of another one means nothing on it. */
  readonly isNew: boolean;
}

export interface AnvilOptions {
  readonly folder: string;
  readonly port: number;
  /** Seconds at most between two blocks. */
  readonly blockEvery: number;
  readonly onLine?: (line: string) => void;
}

/** Resolves when it answers. A transaction is mined when it arrives, and a block now and then keeps the chain's time going. */
export async function startAnvil({
  folder,
  port,
  blockEvery,
  onLine,
}: AnvilOptions): Promise<ManagedProcess> {
  await mkdir(folder, { recursive: true });
  const chain = startProcess({
    name: 'chain',
    command: ANVIL,
    args: [
      ...['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(LOCAL_CHAIN_ID)],
      ...['--state', join(folder, 'anvil.json'), '--state-interval', '1'],
      ...['--block-time', String(blockEvery), '--mixed-mining'],
    ],
    ...(onLine === undefined ? {} : { onLine }),
  });
  try {
    await waitUntil(
      `the chain on port ${port}`,
      async () => !chain.running() || (await rpc(urlOf(port), 'eth_chainId', [])) !== undefined,
    );
    if (!chain.running()) throw new Error(`anvil ended at once:\n${chain.tail()}`);
  } catch (error) {
    await chain.stop();
    throw error;
  }
  return chain;
}

/** The contracts of the chain on this port, deployed where its state does not hold them. */
export async function contractsOf(port: number): Promise<LocalChain> {
  const rpcUrl = urlOf(port);
  const provider = new JsonRpcProvider(rpcUrl, LOCAL_CHAIN_ID, {
    staticNetwork: true,
    pollingInterval: 25,
    cacheTimeout: -1,
  });
  try {
    const signer = await provider.getSigner(0);
    await deployApps(signer);
    const token = (await deployTestToken(signer)).toLowerCase();
    // Last, so that what was begun and not finished begins again.
    const { isNew } = await deployContracts(signer);
    return { chainId: LOCAL_CHAIN_ID, rpcUrl, deployment: ADDRESSES, token, isNew };
  } finally {
    provider.destroy();
  }
}

export const urlOf = (port: number): string => `http://127.0.0.1:${port}`;

export async function rpc(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
}
