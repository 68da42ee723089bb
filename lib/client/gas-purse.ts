// SPDX-License-Identifier: MIT
/** Ether for gas at the channel key's own address: what is missing is said, and nothing is signed that it could not pay for. */
import type { Call, LaneWriter } from '../lane/ports.ts';
import { refuse, type Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import { ETHER, type Address } from '../protocol/types.ts';
import type { ChainReader } from './ports.ts';

export interface Shortage {
  /** Where ether must be sent. */
  readonly address: Address;
  /** Wei that are missing there, at today's fees. */
  readonly wei: bigint;
}

/**
 * The gas of a call that could be sent now. Fails with `insufficient_gas` (details are a `Shortage`, in decimal), with
 * `chain_refused` where the call would revert, or with `chain_unavailable`.
 */
export async function affordableGas(
  writer: LaneWriter,
  reader: Pick<ChainReader, 'balance'>,
  call: Call,
): Promise<Outcomes<bigint>> {
  const gas = await writer.estimateGas(call);
  if (!gas.ok) return gas;
  const [fees, balance] = await Promise.all([writer.fees(), reader.balance(writer.address, ETHER)]);
  if (!fees.ok) return fees;
  if (!balance.ok) return balance;
  const missing = gas.value * fees.value.maxFeePerGas + call.value - balance.value;
  return missing > 0n
    ? refuse('insufficient_gas', { address: writer.address, wei: missing.toString() })
    : ok(gas.value);
}

/** A lane's writer that waits for ether instead of sending what the network would drop, and then bidding more for it. */
export function purseWriter(writer: LaneWriter, reader: Pick<ChainReader, 'balance'>): LaneWriter {
  return {
    address: writer.address,
    nextNonce: () => writer.nextNonce(),
    minedNonce: (...asked) => writer.minedNonce(...asked),
    fees: () => writer.fees(),
    async estimateGas(call) {
      const gas = await affordableGas(writer, reader, call);
      return !gas.ok && gas.error.code === 'insufficient_gas'
        ? refuse('chain_unavailable', gas.error.details)
        : gas;
    },
    sign: (...transaction) => writer.sign(...transaction),
    broadcast: (raw) => writer.broadcast(raw),
    receipt: (hash) => writer.receipt(hash),
  };
}
