// SPDX-License-Identifier: MIT
import { Interface } from 'ethers';
import { rpc } from './local-chain.ts';
import { waitUntil } from './wait-until.ts';

const token = new Interface(['function mint(address to, uint256 amount)']);

/** A channel may be deployed between estimate and block, and then costs more than a plain address. */
const SEND_GAS = '0x186a0';

export interface Funds {
  readonly ether: bigint;
  readonly token: bigint;
}

/** Gives an address test money on a local chain: ether from the chain's first account, tokens by minting. */
export async function fund(
  rpcUrl: string,
  tokenAddress: string,
  to: string,
  { ether, token: tokens }: Funds,
): Promise<void> {
  const [from] = (await rpc(rpcUrl, 'eth_accounts', [])) as string[];
  if (ether > 0n) await sent(rpcUrl, { from, to, value: `0x${ether.toString(16)}`, gas: SEND_GAS });
  if (tokens > 0n)
    await sent(rpcUrl, { from, to: tokenAddress, data: token.encodeFunctionData('mint', [to, tokens]) });
}

/** Sets a balance outright, for accounts that must never run dry. */
export async function setEther(rpcUrl: string, account: string, wei: bigint): Promise<void> {
  await rpc(rpcUrl, 'anvil_setBalance', [account, `0x${wei.toString(16)}`]);
}

/** Sends from an account of the local chain and waits until it is mined. */
export async function sent(rpcUrl: string, transaction: Readonly<Record<string, unknown>>): Promise<void> {
  const hash = await rpc(rpcUrl, 'eth_sendTransaction', [transaction]);
  const receipt = await waitUntil(`transaction ${String(hash)}`, async () => {
    const found = (await rpc(rpcUrl, 'eth_getTransactionReceipt', [hash])) as { status: string } | null;
    return found ?? undefined;
  });
  if (receipt.status !== '0x1') throw new Error(`a transaction failed: ${String(hash)}`);
}
