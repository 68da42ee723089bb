// SPDX-License-Identifier: MIT
/** anvil with the contracts and a test token on it. Its state is a file; the contracts are deployed once per state. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JsonRpcProvider } from 'ethers';
import { z } from 'zod';
import { deployContracts, deployTestToken } from '../../contracts/deploy.ts';
import { LOCAL_CHAIN_ID } from '../config/hub-config.ts';
import { startProcess, type ManagedProcess } from './managed-process.ts';
import { waitUntil } from './wait-until.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const ANVIL = join(ROOT, 'node_modules', '.bin', 'anvil');
const ABI = join(ROOT, 'lib', 'chain', 'abi');

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform((text) => text.toLowerCase());
const deployedSchema = z.object({
  registry: address,
  factory: address,
  channelImplementation: address,
  transferApp: address,
  fromBlock: z.int(),
  token: address,
  /** Of the compiled contracts: others need a deployment of their own. */
  compiled: z.string(),
});

export interface LocalChain {
  readonly chainId: number;
  readonly rpcUrl: string;
  readonly deployment: Omit<z.output<typeof deployedSchema>, 'token' | 'compiled'>;
  readonly token: string;
  /** True where the chain began now: whatever a store remembers of another one means nothing on it. */
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

/** The contracts of the chain on this port, deployed if its state does not hold them. */
export async function contractsOf({
  folder,
  port,
}: Pick<AnvilOptions, 'folder' | 'port'>): Promise<LocalChain> {
  const file = join(folder, 'contracts.json');
  const rpcUrl = urlOf(port);
  const compiled = await hashOfCompiled();
  const known = await readFile(file, 'utf8').then(
    (text) => deployedSchema.safeParse(JSON.parse(text)).data,
    () => undefined,
  );
  if (known?.compiled === compiled && (await rpc(rpcUrl, 'eth_getCode', [known.token, 'latest'])) !== '0x') {
    return { ...withoutHash(known), chainId: LOCAL_CHAIN_ID, rpcUrl, isNew: false };
  }
  const provider = new JsonRpcProvider(rpcUrl, LOCAL_CHAIN_ID, {
    staticNetwork: true,
    pollingInterval: 25,
    cacheTimeout: -1,
  });
  try {
    const signer = await provider.getSigner(0);
    const { chainId: _, ...deployment } = await deployContracts(signer);
    const token = await deployTestToken(signer);
    const deployed = deployedSchema.parse({ ...deployment, token, compiled });
    await writeFile(file, JSON.stringify(deployed, null, 2));
    return { ...withoutHash(deployed), chainId: LOCAL_CHAIN_ID, rpcUrl, isNew: true };
  } finally {
    provider.destroy();
  }
}

function withoutHash({ token, compiled: _, ...deployment }: z.output<typeof deployedSchema>) {
  return { token, deployment };
}

async function hashOfCompiled(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['ChallengeRegistry', 'TransferApp', 'TestToken']) {
    hash.update(await readFile(join(ABI, `${name}.json`)));
  }
  return hash.digest('hex');
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
