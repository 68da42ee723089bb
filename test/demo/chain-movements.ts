// SPDX-License-Identifier: MIT
/** What the chain says happened to some accounts between two blocks, read transaction by transaction. */
import { Interface } from 'ethers';
import { rpc } from '../../infra/local/local-chain.ts';
import { ETHER, type Address } from '../../lib/protocol/types.ts';

export interface Movements {
  /** Wei paid for the gas of own transactions. */
  readonly gas: bigint;
  /** Sent in own transactions: ether as their value, tokens as the token says. Channels pay out in calls, which are not here. */
  readonly out: bigint;
  readonly in: bigint;
}

interface Transaction {
  readonly hash: string;
  readonly from: Address;
  readonly to: Address | null;
  readonly value: string;
}

interface Receipt {
  readonly status: string;
  readonly gasUsed: string;
  readonly effectiveGasPrice: string;
}

interface Log {
  readonly topics: string[];
  readonly data: string;
}

const token = new Interface(['event Transfer(address indexed from, address indexed to, uint256 value)']);
const hex = (block: number): string => `0x${block.toString(16)}`;

/** Of ether, for each account, in the blocks after `from` and up to `to`. */
export async function etherMovements(
  rpcUrl: string,
  accounts: readonly Address[],
  from: number,
  to: number,
): Promise<ReadonlyMap<Address, Movements>> {
  const found = new Map(accounts.map((account) => [account, { gas: 0n, out: 0n, in: 0n }]));
  for (let number = from + 1; number <= to; number += 1) {
    const block = (await rpc(rpcUrl, 'eth_getBlockByNumber', [hex(number), true])) as {
      transactions: Transaction[];
    };
    for (const transaction of block.transactions) {
      const sender = found.get(transaction.from);
      const taker = transaction.to === null ? undefined : found.get(transaction.to);
      if (sender === undefined && taker === undefined) continue;
      const receipt = (await rpc(rpcUrl, 'eth_getTransactionReceipt', [transaction.hash])) as Receipt;
      const value = receipt.status === '0x1' ? BigInt(transaction.value) : 0n;
      if (taker !== undefined) taker.in += value;
      if (sender === undefined) continue;
      sender.out += value;
      sender.gas += BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice);
    }
  }
  return found;
}

/** The same of a token, channels included. */
export async function tokenMovements(
  rpcUrl: string,
  asset: Address,
  accounts: readonly Address[],
  from: number,
  to: number,
): Promise<ReadonlyMap<Address, Movements>> {
  const found = new Map(accounts.map((account) => [account, { gas: 0n, out: 0n, in: 0n }]));
  const filter = { address: asset, fromBlock: hex(from + 1), toBlock: hex(to) };
  for (const log of (await rpc(rpcUrl, 'eth_getLogs', [filter])) as Log[]) {
    const parsed = token.parseLog(log);
    if (parsed === null) continue;
    const [sender, taker, value] = parsed.args as unknown as [string, string, bigint];
    const source = found.get(sender.toLowerCase() as Address);
    const target = found.get(taker.toLowerCase() as Address);
    if (source !== undefined) source.out += value;
    if (target !== undefined) target.in += value;
  }
  return found;
}

export async function balanceAt(
  rpcUrl: string,
  owner: Address,
  asset: Address,
  block: number,
): Promise<bigint> {
  if (asset === ETHER) return BigInt((await rpc(rpcUrl, 'eth_getBalance', [owner, hex(block)])) as string);
  const data = `0x70a08231${owner.slice(2).padStart(64, '0')}`;
  return BigInt((await rpc(rpcUrl, 'eth_call', [{ to: asset, data }, hex(block)])) as string);
}
