// SPDX-License-Identifier: MIT
import type { Outcomes } from '../../protocol/errors.ts';
import type { Hash } from '../../protocol/types.ts';
import type { Call } from '../calls.ts';
import type { EthereumChainWriter, Receipt } from '../chain-writer.ts';

/** Sends and waits: a node may answer a broadcast before it mines the block. Rejects where the call fails or would. */
export async function mined(
  writer: EthereumChainWriter,
  call: Call,
  spareGas = 0n,
): Promise<Receipt & { readonly hash: Hash }> {
  const gas = valueOf(await writer.estimateGas(call)) + spareGas;
  const nonce = valueOf(await writer.nextNonce());
  const { raw, hash } = writer.sign(call, nonce, gas, valueOf(await writer.fees()));
  valueOf(await writer.broadcast(raw));
  for (;;) {
    const receipt = valueOf(await writer.receipt(hash));
    if (receipt?.succeeded === false) throw new Error(`transaction ${hash} failed`);
    if (receipt !== null) return { ...receipt, hash };
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function valueOf<T>(outcome: Outcomes<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.error));
  return outcome.value;
}
