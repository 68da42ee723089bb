// SPDX-License-Identifier: MIT
/** A deposit asked for by its user: optionally the transfer itself, then the wait until it is in the ledger. */
import { plainDepositCall } from '../chain/calls.ts';
import { assetOf } from '../protocol/ledger.ts';
import { INITIATOR, type Address } from '../protocol/types.ts';
import type { DepositWatch } from './deposit-watch.ts';
import { IndraError } from './indra-error.ts';
import type { Patience } from './patience.ts';
import type { Session } from './session.ts';

interface DepositTransaction {
  readonly to: string;
  readonly data: string;
  readonly value: bigint;
  readonly gasLimit: bigint;
}

/** As much of an ethers signer as a plain transfer needs. */
export interface DepositSigner {
  estimateGas(transaction: Omit<DepositTransaction, 'gasLimit'>): Promise<bigint>;
  sendTransaction(
    transaction: DepositTransaction,
  ): Promise<{ readonly hash: string; wait(): Promise<unknown> }>;
}

/**
 * The hub may deploy the channel between the estimate and the transfer, and a contract's address takes more gas than one
 * without code: more than the transfer's own. What is not used is not paid for.
 */
const GAS_IF_DEPLOYED = 50_000n;

export interface DepositRequest {
  readonly asset: Address;
  /** In the asset's smallest unit. */
  readonly amount: bigint;
  /** Sends the transfer from its own account; without it the money is expected from anywhere. */
  readonly signer?: DepositSigner | undefined;
}

export interface Deposited {
  readonly asset: Address;
  readonly amount: bigint;
  readonly transactionHash: string | null;
}

export async function deposit(
  session: Session,
  watch: DepositWatch,
  { asset, amount, signer }: DepositRequest,
  patience: Patience,
): Promise<Deposited> {
  const { chain, channel, reader, writer, clock, pollMs } = session;
  if (!chain.assets.some((known) => known.address === asset))
    throw IndraError.from('unknown_asset', { asset });
  if (amount <= 0n) throw IndraError.from('amount_out_of_range', { amount: amount.toString() });
  const latest = await reader.latest();
  if (!latest.ok) throw IndraError.of(latest.error);
  const before = await watch.received(asset, latest.value.number);
  if (before === null) throw IndraError.from('chain_unavailable');
  const transactionHash =
    signer === undefined ? null : await send(signer, plainDepositCall(channel.address, asset, amount));
  const isThere = (): boolean =>
    assetOf(writer.record.agreed.ledger, asset).deposits[INITIATOR] >= before + amount;
  while (!isThere() && !patience.signal.aborted) {
    const block = await watch.confirmedBlock();
    if (block !== null) await watch.reconcile(asset, block, patience.id);
    if (!isThere()) await clock.sleep(pollMs, patience.signal);
  }
  return { asset, amount, transactionHash };
}

async function send(
  signer: DepositSigner,
  call: { to: string; data: string; value: bigint },
): Promise<string> {
  const { to, data, value } = call;
  const estimate = await signer.estimateGas({ to, data, value });
  const sent = await signer.sendTransaction({ to, data, value, gasLimit: estimate + GAS_IF_DEPLOYED });
  await sent.wait();
  return sent.hash;
}
