// SPDX-License-Identifier: MIT
/** A deposit asked for by its user: optionally the transfer itself, then the wait until it is in the ledger. */
import { plainDepositCall } from '../chain/calls.ts';
import { assetOf } from '../protocol/ledger.ts';
import { INITIATOR, type Address } from '../protocol/types.ts';
import type { DepositWatch } from './deposit-watch.ts';
import { IndraError } from './indra-error.ts';
import type { Patience } from './patience.ts';
import type { Session } from './session.ts';
import { UntoldCalls } from './untold-calls.ts';

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

export class Depositing {
  readonly #session: Session;
  readonly #watch: DepositWatch;
  readonly #untold = new UntoldCalls<Promise<Deposited>>();

  constructor(session: Session, watch: DepositWatch) {
    this.#session = session;
    this.#watch = watch;
  }

  /** What was sent is waited for whether or not its caller stays, and never sent again for who asks again. */
  async deposit(request: DepositRequest, call: Patience): Promise<Deposited> {
    const { asset, amount, signer } = request;
    if (!this.#session.chain.assets.some((known) => known.address === asset))
      throw IndraError.from('unknown_asset', { asset });
    const terms = { asset, amount };
    if (signer === undefined) {
      call.onGiveUp(() => true);
      const before = await this.#received(asset);
      return this.#credited(request, before, null, call.signal, call.id);
    }
    const progress: { sent: Promise<Deposited> | null } = { sent: this.#untold.take(terms) };
    call.onGiveUp(() => progress.sent === null);
    call.onUnknown(() => {
      if (progress.sent !== null) this.#untold.leave(terms, progress.sent);
    });
    if (progress.sent !== null) return progress.sent;
    const transfer = plainDepositCall(this.#session.channel.address, asset, amount);
    const before = await this.#received(asset);
    const gasLimit = (await signer.estimateGas(transfer)) + GAS_IF_DEPLOYED;
    if (call.signal.aborted) throw IndraError.from('aborted', undefined, 'unchanged');
    progress.sent = this.#send(signer, { ...transfer, gasLimit }, request, before, call);
    progress.sent.catch(() => {});
    return progress.sent;
  }

  async #send(
    signer: DepositSigner,
    transaction: DepositTransaction,
    request: DepositRequest,
    before: bigint,
    call: Patience,
  ): Promise<Deposited> {
    const sent = await signer.sendTransaction(transaction);
    call.name({ transactionHash: sent.hash });
    await sent.wait();
    return this.#credited(request, before, sent.hash, this.#session.closing, call.id);
  }

  async #received(asset: Address): Promise<bigint> {
    const latest = await this.#session.reader.latest();
    if (!latest.ok) throw IndraError.of(latest.error);
    const received = await this.#watch.received(asset, latest.value.number);
    if (received === null) throw IndraError.from('chain_unavailable');
    return received;
  }

  async #credited(
    { asset, amount }: DepositRequest,
    before: bigint,
    transactionHash: string | null,
    signal: AbortSignal,
    id: string,
  ): Promise<Deposited> {
    const { writer, clock, pollMs } = this.#session;
    const isThere = (): boolean =>
      assetOf(writer.record.agreed.ledger, asset).deposits[INITIATOR] >= before + amount;
    while (!isThere() && !signal.aborted) {
      const block = await this.#watch.confirmedBlock();
      if (block !== null) await this.#watch.reconcile(asset, block, id);
      if (!isThere()) await clock.sleep(pollMs, signal);
    }
    if (!isThere()) throw IndraError.from('aborted', { transactionHash });
    return { asset, amount, transactionHash };
  }
}
