// SPDX-License-Identifier: MIT
/** What nodes answer, checked before it is believed, and their faults in the protocol's terms. */
import { isError, type Interface } from 'ethers';
import { z } from 'zod';
import { refuse, type Fault, type Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import type { Address, Bytes, Hash } from '../protocol/types.ts';
import { channelInterface, factoryInterface, registryInterface } from './contracts.ts';
import type { JsonRpc, RpcFault } from './json-rpc.ts';

const hexOf = (digits: string) => new RegExp(`^0x[0-9a-f]${digits}$`);

export const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]+$/)
  .transform((text) => BigInt(text));
export const count = quantity
  .refine((value) => value <= BigInt(Number.MAX_SAFE_INTEGER))
  .transform((value) => Number(value));
export const data = z
  .string()
  .toLowerCase()
  .regex(/^0x([0-9a-f]{2})*$/)
  .transform((text) => text as Bytes);
export const hash = z
  .string()
  .toLowerCase()
  .regex(hexOf('{64}'))
  .transform((text) => text as string as Hash);
export const address = z
  .string()
  .toLowerCase()
  .regex(hexOf('{40}'))
  .transform((text) => text as string as Address);

export const block = z.object({ number: count, timestamp: count, hash, baseFeePerGas: quantity.optional() });
export const receipt = z.object({ blockNumber: count, status: count });
export const logs = z.array(
  z.object({
    address,
    topics: z.array(hash),
    data,
    blockNumber: count,
    logIndex: count,
    transactionHash: hash,
  }),
);

/** Asks the node and checks the form of what it says. Everything that goes wrong is `chain_unavailable`. */
export async function ask<T extends z.ZodType>(
  rpc: JsonRpc,
  answer: T,
  method: string,
  params: readonly unknown[],
): Promise<Outcomes<z.output<T>>> {
  const result = await rpc.request(method, params);
  return result.ok ? readAnswer(answer, method, result.value) : unavailable(result.error);
}

export function readAnswer<T extends z.ZodType>(
  answer: T,
  method: string,
  value: unknown,
): Outcomes<z.output<T>> {
  const parsed = answer.safeParse(value);
  return parsed.success
    ? ok(parsed.data)
    : refuse('chain_unavailable', { method, reason: 'unexpected answer' });
}

export interface View {
  readonly to: Address;
  readonly contract: Interface;
  readonly method: string;
  readonly values: readonly unknown[];
  /** Height, as of whose end it is asked. */
  readonly block: number | 'latest';
}

/** Calls a view and hands its decoded results to `read`. */
export async function view<T>(
  rpc: JsonRpc,
  asked: View,
  read: (results: readonly unknown[]) => T,
): Promise<Outcomes<T>> {
  const { to, contract, method, values, block: at } = asked;
  const transaction = { to, data: contract.encodeFunctionData(method, values) };
  const answer = await ask(rpc, data, 'eth_call', [transaction, blockTag(at)]);
  if (!answer.ok) return answer;
  try {
    return ok(read(contract.decodeFunctionResult(method, answer.value)));
  } catch (error) {
    // No code at the address, or other code than ours: the answer is not what the ABI promises.
    if (isError(error, 'BAD_DATA') || isError(error, 'BUFFER_OVERRUN')) {
      return refuse('chain_unavailable', { method, reason: 'there is no such contract', address: to });
    }
    throw error;
  }
}

export const blockTag = (at: number | 'latest'): string => (at === 'latest' ? at : `0x${at.toString(16)}`);

export function unavailable(fault: RpcFault): { readonly ok: false; readonly error: Fault } {
  const { kind, method, reason, rpcCode } = fault;
  return refuse('chain_unavailable', { kind, method, reason, ...(rpcCode !== undefined && { rpcCode }) });
}

export interface Revert {
  /** Name of the contract's error, or null where the data says none that is known. */
  readonly error: string | null;
  readonly values: readonly string[];
}

/** JSON-RPC's code for a call that reverted. */
const revertCode = 3;

/** Why a call would revert; null if the node refused for another reason. */
export function revertOf(fault: RpcFault): Revert | null {
  if (fault.kind !== 'refused') return null;
  if (fault.rpcCode !== revertCode && fault.revertData === undefined) return null;
  for (const contract of [registryInterface, channelInterface, factoryInterface]) {
    const found = contract.parseError(fault.revertData ?? '0x');
    if (found) return { error: found.name, values: found.args.map(String) };
  }
  return { error: null, values: [] };
}
