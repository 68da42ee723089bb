// SPDX-License-Identifier: MIT
/** One chain as whoever pays for gas writes to it. Nothing here waits for a block: the caller stores, sends and looks. */
import { refuse, type Outcomes } from '../protocol/errors.ts';
import type { DisputeStep } from '../protocol/dispute.ts';
import { ok } from '../protocol/result.ts';
import { ETHER, type Address, type Bytes, type Channel, type Hash } from '../protocol/types.ts';
import { keccak256 } from '#keccak256';
import { toBytes, toHash } from '../protocol/bytes.ts';
import {
  approvalCall,
  cancelCall,
  claimCall,
  deployAndCall,
  deployCall,
  disputeCall,
  responderDepositCall,
  withdrawCall,
  type Call,
  type SignedWithdrawal,
} from './calls.ts';
import { ask, block, blockTag, count, quantity, receipt, revertOf, unavailable } from './chain-answers.ts';
import { EthereumChainReader } from './chain-reader.ts';
import type { ContractAddresses } from './contracts.ts';
import type { JsonRpc } from './json-rpc.ts';
import { signTransaction, type Fees, type SignedTransaction, type TransactionSigner } from './transaction.ts';

export interface Receipt {
  readonly block: number;
  readonly succeeded: boolean;
}

export interface ChainWriterOptions {
  readonly rpc: JsonRpc;
  readonly contracts: ContractAddresses;
  /** Pays for gas; of collateral it is the depositor. */
  readonly signer: TransactionSigner;
}

/** A tip for nodes that name none, in wei per gas. */
const usualTip = 1_000_000_000n;

/**
 * Fails with `chain_unavailable` when the node does not answer or will not now, and `estimateGas` with another code when
 * the call itself would revert.
 */
export class EthereumChainWriter {
  readonly address: Address;
  readonly #rpc: JsonRpc;
  readonly #contracts: ContractAddresses;
  readonly #signer: TransactionSigner;
  readonly #reader: EthereumChainReader;

  constructor({ rpc, contracts, signer }: ChainWriterOptions) {
    this.address = signer.address;
    this.#rpc = rpc;
    this.#contracts = contracts;
    this.#signer = signer;
    this.#reader = new EthereumChainReader(rpc, contracts);
  }

  /**
   * Calls that put `amount` of the asset into the channel as the responder's counted deposit, in order: the channel is
   * deployed and the token approved where that is still to be done. Each call expects those before it to have succeeded.
   */
  async collateralCalls(
    channel: Channel,
    asset: Address,
    amount: bigint,
  ): Promise<Outcomes<readonly Call[]>> {
    const deployed = await this.#reader.isDeployed(channel.address);
    if (!deployed.ok) return deployed;
    const deposit = responderDepositCall(channel.address, asset, amount);
    if (asset === ETHER)
      return ok([deployed.value ? deposit : deployAndCall(this.#contracts, channel, deposit)]);
    const allowance = await this.#reader.allowance(this.address, asset, channel.address);
    if (!allowance.ok) return allowance;
    const calls: Call[] = deployed.value ? [] : [deployCall(this.#contracts, channel)];
    if (allowance.value < amount) {
      // Some tokens change an allowance only from zero.
      if (allowance.value > 0n) calls.push(approvalCall(asset, channel.address, 0n));
      calls.push(approvalCall(asset, channel.address, amount));
    }
    return ok([...calls, deposit]);
  }

  /** Executes a withdrawal that both signed, deploying the channel if need be. */
  async withdrawalCall(channel: Channel, withdrawal: SignedWithdrawal): Promise<Outcomes<Call>> {
    const deployed = await this.#reader.isDeployed(channel.address);
    if (!deployed.ok) return deployed;
    const call = withdrawCall(withdrawal);
    return ok(deployed.value ? call : deployAndCall(this.#contracts, channel, call));
  }

  disputeCall(channel: Channel, step: DisputeStep): Call {
    return disputeCall(this.#contracts, channel, step);
  }

  cancelCall(channel: Channel, agreed: Parameters<typeof cancelCall>[2]): Call {
    return cancelCall(this.#contracts, channel, agreed);
  }

  /** Takes what could not be handed over to this address, to itself or elsewhere. */
  claimCall(channel: Address, asset: Address, recipient: Address = this.address): Call {
    return claimCall(channel, { asset, owner: this.address, recipient });
  }

  /** The first nonce that nothing sent so far has used, waiting transactions included. */
  nextNonce(): Promise<Outcomes<number>> {
    return ask(this.#rpc, count, 'eth_getTransactionCount', [this.address, 'pending']);
  }

  /** How many transactions of this address are mined as of a height: the first nonce that none of them has. */
  minedNonce(block: number): Promise<Outcomes<number>> {
    return ask(this.#rpc, count, 'eth_getTransactionCount', [this.address, blockTag(block)]);
  }

  /** Enough for the base fee to double before the transaction is mined. */
  async fees(): Promise<Outcomes<Fees>> {
    const latest = await ask(this.#rpc, block, 'eth_getBlockByNumber', ['latest', false]);
    if (!latest.ok) return latest;
    const { baseFeePerGas } = latest.value;
    if (baseFeePerGas === undefined)
      return refuse('chain_unavailable', { reason: 'the chain has no base fee' });
    const named = await ask(this.#rpc, quantity, 'eth_maxPriorityFeePerGas', []);
    const maxPriorityFeePerGas = named.ok ? named.value : usualTip;
    return ok({ maxFeePerGas: 2n * baseFeePerGas + maxPriorityFeePerGas, maxPriorityFeePerGas });
  }

  /** A quarter more than the node finds. A call that would revert fails with the contract's error in `details`. */
  async estimateGas({ to, data, value }: Call): Promise<Outcomes<bigint>> {
    const transaction = { from: this.address, to, data, value: `0x${value.toString(16)}` };
    const estimated = await this.#rpc.request('eth_estimateGas', [transaction]);
    if (!estimated.ok) {
      const revert = revertOf(estimated.error);
      return revert ? refuse('chain_refused', { ...revert }) : unavailable(estimated.error);
    }
    const gas = quantity.safeParse(estimated.value);
    if (!gas.success)
      return refuse('chain_unavailable', { method: 'eth_estimateGas', reason: 'unexpected answer' });
    return ok(gas.data + gas.data / 4n);
  }

  sign(call: Call, nonce: number, gas: bigint, fees: Fees): SignedTransaction {
    return signTransaction({ chainId: this.#contracts.chainId, call, nonce, gas, fees }, this.#signer);
  }

  /** Already known to the network, or mined, is success. */
  async broadcast(raw: Bytes): Promise<Outcomes<void>> {
    const sent = await this.#rpc.request('eth_sendRawTransaction', [raw]);
    if (sent.ok) return ok(undefined);
    // Nodes have no common code for "already known": whether they know it is asked instead.
    const hash = toHash(keccak256(toBytes(raw)));
    const known = await this.#rpc.request('eth_getTransactionByHash', [hash]);
    return known.ok && known.value !== null ? ok(undefined) : unavailable(sent.error);
  }

  /** Null while it is not mined. */
  async receipt(hash: Hash): Promise<Outcomes<Receipt | null>> {
    const found = await ask(this.#rpc, receipt.nullable(), 'eth_getTransactionReceipt', [hash]);
    if (!found.ok) return found;
    if (found.value === null) return ok(null);
    return ok({ block: found.value.blockNumber, succeeded: found.value.status === 1 });
  }
}
