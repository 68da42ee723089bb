// SPDX-License-Identifier: MIT
/** One user's channel with one hub: what an app calls. Every method may be given a signal, a timeout and a correlation id. */
import { withdrawalOf } from '../protocol/apply-operation.ts';
import { toHash } from '../protocol/bytes.ts';
import { withdrawalDigest } from '../protocol/digests.ts';
import { parseLink, type Link } from '../protocol/link.ts';
import type { PaymentReceipt } from '../protocol/payment.ts';
import { INITIATOR, NO_ADDRESS, type Address, type Bytes, type Hash } from '../protocol/types.ts';
import { balancesOf, type Balance } from './balances.ts';
import type { Progressed } from './app-moves.ts';
import { Disputes, type Claimed, type DisputeStatus, type Started } from './disputes.ts';
import type { Upkeep } from './upkeep.ts';
import { deposit, type Deposited, type DepositRequest } from './deposit-request.ts';
import type { ClientEvent, ClientEventName, ClientEvents, Settlement } from './events.ts';
import {
  history,
  linkStatus,
  transferStatus,
  type HistoryPage,
  type HistoryRequest,
  type TransferEntry,
} from './history.ts';
import type { HubAsset } from './hub-description.ts';
import { IndraError } from './indra-error.ts';
import type { Received } from './incoming-transfers.ts';
import type { WithdrawIntent } from './intents.ts';
import { fixTerms } from './payment-facts.ts';
import { paymentReceipt } from './payment-receipts.ts';
import { patience, type CallOptions, type Patience } from './patience.ts';
import {
  linkOf,
  madeBefore,
  newPaymentId,
  paymentOf,
  sendIntent,
  type Payment,
  type PaymentRequest,
} from './payments.ts';
import type { Session } from './session.ts';
import { atRisk } from './shown.ts';
import type { SignedWithdrawal, WithdrawalReceipt } from './withdrawals.ts';

export interface TransferRequest extends PaymentRequest {
  /** Identifier of the payee, who may be offline. */
  readonly to: string;
}

export interface LinkRequest extends PaymentRequest {
  /** Where the link is opened; the hub's own origin if absent. */
  readonly cardOrigin?: string | undefined;
}

export interface WithdrawRequest {
  readonly asset: Address;
  /** In the asset's smallest unit. */
  readonly amount: bigint;
  readonly recipient: Address;
  /** Seconds since 1970; a day from now if absent. Unexecuted by then it comes back. */
  readonly deadline?: number | undefined;
  /** Whether the hub sends it (the default), or the caller will, with what is returned. */
  readonly sendBy?: 'hub' | 'caller' | undefined;
}

const DAY = 24 * 3600;
/** Until a call without a `timeoutMs` of its own rejects with `timeout`, outcome `unknown`. The writer goes on. */
const ANSWER_TIMEOUT_MS = 60_000;

export class IndraClient {
  readonly #session: Session;
  readonly #upkeep: Upkeep;
  readonly #disputes: Disputes;

  constructor(session: Session, upkeep: Upkeep) {
    this.#session = session;
    this.#upkeep = upkeep;
    this.#disputes = new Disputes(session, upkeep.disputes);
  }

  get identifier(): string {
    return this.#session.key.identifier;
  }

  /** Lowercase. */
  get address(): Address {
    return this.#session.key.address;
  }

  /** Plain transfers of ether or tokens to it, from anywhere, are deposits. */
  get channelAddress(): Address {
    return this.#session.channel.address;
  }

  get chainId(): number {
    return this.#session.chain.chainId;
  }

  get assets(): readonly HubAsset[] {
    return this.#session.chain.assets;
  }

  /**
   * Where there was no local state: the version the hub served. A hub could serve an older one than it signed, so nothing is
   * certain until the next countersignature, and watchtowers are heard before anything is signed. Null otherwise.
   */
  get restoredVersion(): bigint | null {
    return this.#session.restoredVersion;
  }

  /** Whether another tab or device writes to the channel. */
  get isReadOnly(): boolean {
    return this.#session.writer.haltedBy !== null;
  }

  /** `newer_state_exists` where a watchtower says so: nothing is signed in this epoch any more. Null otherwise. */
  get outdatedBy(): IndraError | null {
    return this.#session.writer.frozenBy;
  }

  /** One per asset of the hub, and of the channel. */
  balances(): readonly Balance[] {
    return balancesOf(
      this.#session.writer.record,
      this.assets.map((asset) => asset.address),
    );
  }

  balance(asset: Address): Balance {
    const [first] = balancesOf(this.#session.writer.record, [asset]);
    if (first === undefined) throw IndraError.from('unknown_asset', { asset });
    return first;
  }

  /** What was shown to the hub, is not countersigned and would not be enforced; and how much of that the user allows. */
  atRisk(asset: Address): { readonly amount: bigint; readonly limit: bigint } {
    const { writer, limits } = this.#session;
    return { amount: atRisk(writer.record, asset), limit: limits.limit(asset) };
  }

  /** Resolves when the amount is in the agreed balance. Waits for confirmations as long as it takes, or until given up. */
  deposit(request: DepositRequest, options: CallOptions = {}): Promise<Deposited> {
    return this.#call(options, (call) => deposit(this.#session, this.#upkeep.deposits, request, call));
  }

  /** Resolves when the payment is agreed with the hub; `payment.completed` tells when the payee has it. */
  transfer(request: TransferRequest, options: CallOptions = {}): Promise<Payment> {
    return this.#ask(options, (call) => this.#send(request.to, request, call));
  }

  /** A payment to whoever opens the link first. */
  createLink(request: LinkRequest, options: CallOptions = {}): Promise<Payment & { readonly link: string }> {
    return this.#ask(options, async (call) => {
      const payment = await this.#send(null, request, call);
      const link = this.linkOf(payment.transferId, request.cardOrigin);
      if (link === null) throw IndraError.from('duplicate_payment', { transferId: payment.transferId });
      return { ...payment, link };
    });
  }

  /** The link of a transfer that was made here and is still open; null otherwise. */
  linkOf(transferId: Hash, cardOrigin = this.#session.hubUrl): string | null {
    return linkOf(this.#session, transferId, cardOrigin);
  }

  /**
   * What a link brings, as its payer signed it, before anything is claimed. Rejects with `not_recipient` where the link is not
   * complete, `terms_differ` where the hub changed something.
   */
  linkStatus(link: string, options: CallOptions = {}): Promise<TransferEntry> {
    return this.#ask(options, (call) => {
      const { transferId, secret } = this.#parseLink(link);
      return linkStatus(this.#session, transferId, secret, call.id, call.signal);
    });
  }

  /** Resolves when the money of a link is in the agreed balance; the hub is asked for collateral first where it is needed. */
  redeem(link: string, options: CallOptions = {}): Promise<Received> {
    return this.#call(options, async (call) => {
      const { transferId, secret } = this.#parseLink(link);
      return this.#upkeep.incoming.redeem(transferId, secret, call.id, call.signal);
    });
  }

  /** Takes back a payment nobody has claimed. Rejects with `transfer_claimed` or `transfer_resolved` where it is too late. */
  cancel(transferId: Hash, options: CallOptions = {}): Promise<void> {
    return this.#ask(options, (call) => this.#upkeep.outgoing.cancel(transferId, call.id, call.signal));
  }

  /** Resolves when the ledger is debited and both have signed; `withdrawalExecuted` waits for the chain. */
  withdraw(request: WithdrawRequest, options: CallOptions = {}): Promise<SignedWithdrawal> {
    return this.#ask(options, (call) => this.#withdraw(request, call));
  }

  withdrawalExecuted(digest: Hash, options: CallOptions = {}): Promise<WithdrawalReceipt> {
    return this.#call(options, (call) => this.#upkeep.withdrawals.executed(digest, call.id, call.signal));
  }

  /**
   * A withdrawal that was signed and that nobody sent: this client sends it, and pays for its gas. Resolves when it is
   * executed. Rejects with `unknown_withdrawal`, `insufficient_gas`, or `chain_refused` where its deadline has passed.
   */
  sendWithdrawal(digest: Hash, options: CallOptions = {}): Promise<WithdrawalReceipt> {
    return this.#call(options, async (call) => {
      const { withdrawals } = this.#upkeep;
      const signed = withdrawals.signed(digest);
      if (signed === null) throw IndraError.from('unknown_withdrawal', { digest });
      withdrawals.sendOneself(digest);
      await this.#disputes.sendWithdrawal(signed);
      return withdrawals.executed(digest, call.id, call.signal);
    });
  }

  /**
   * Leaves the channel without the hub: the last agreed state is shown on chain, and from then on nothing is signed in it.
   * Resolves once the challenge is seen there; settling the channel and enforcing its apps then goes on by itself, also
   * after a restart, and `settled` waits for it. Asking twice is one dispute. Rejects with `insufficient_gas` (details: the
   * `address` that needs `wei`), `chain_unavailable` or `stale_version`, and then nothing was changed.
   */
  dispute(options: CallOptions = {}): Promise<Started> {
    return this.#call(options, (call) => this.#disputes.start(call));
  }

  /** As of now. Rejects with `chain_unavailable`. */
  disputeStatus(options: CallOptions = {}): Promise<DisputeStatus> {
    return this.#call(options, () => this.#disputes.status());
  }

  /**
   * Resolves when the epoch that is being left, or was left last, is paid out on chain and every app this user had a part
   * in has paid. Rejects with `no_dispute` where there is none, or the challenge was answered or cancelled.
   */
  settled(options: CallOptions = {}): Promise<Settlement> {
    return this.#call(options, (call) => this.#disputes.settled(call));
  }

  /**
   * Ends the challenge together with the hub, and drops the wish to leave: the channel goes on where it was. Rejects with
   * `no_dispute`, `dispute_final`, `busy` while the challenge is on its way, `insufficient_gas`, or what the hub refuses.
   */
  cancelDispute(options: CallOptions = {}): Promise<void> {
    return this.#call(options, (call) => this.#disputes.cancel(call));
  }

  /**
   * An action on chain in an app whose turn is this user's, once its ledger or the app itself is disputed there. Resolves
   * when the registry took it. One state gets one action for ever. Rejects with `unknown_app`, `no_dispute`,
   * `not_turn_taker`, `invalid_action` or `insufficient_gas`.
   */
  progress(appId: Hash, action: Bytes, options: CallOptions = {}): Promise<Progressed> {
    return this.#call(options, (call) => this.#disputes.progress(appId, action, call));
  }

  /**
   * Takes a payment that the channel could not hand over. Rejects with `nothing_to_claim`, `insufficient_gas`, or
   * `chain_refused` where the recipient refuses it too.
   */
  claim(asset: Address, recipient: Address = this.address, options: CallOptions = {}): Promise<Claimed> {
    return this.#call(options, (call) => this.#disputes.claim(asset, recipient, call));
  }

  /** Rejects with `unknown_transfer` where there is none that concerns this user. */
  transferStatus(transferId: Hash, options: CallOptions = {}): Promise<TransferEntry> {
    return this.#ask(options, (call) => transferStatus(this.#session, transferId, call.id, call.signal));
  }

  /**
   * The proof that a payment made here was received: `verifyReceipt` of the protocol checks it without this client. Rejects with
   * `unknown_transfer`, or `transfer_pending` while the payee was not paid.
   */
  receipt(transferId: Hash, options: CallOptions = {}): Promise<PaymentReceipt> {
    return this.#ask(options, (call) => paymentReceipt(this.#session, transferId, call.id, call.signal));
  }

  history(request: HistoryRequest, options: CallOptions = {}): Promise<HistoryPage> {
    return this.#ask(options, (call) => history(this.#session, request, call.id, call.signal));
  }

  /** Does now what is otherwise done from time to time: claims, closings, refunds, deposits, withdrawals. */
  settle(options: CallOptions = {}): Promise<void> {
    return this.#call(options, (call) => this.#upkeep.settle(call.id));
  }

  /** Returns how to stop. */
  on<Name extends ClientEventName>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void {
    return this.#session.events.on(name, listener);
  }

  /** Every event from now on, until the loop is left or the client closed. */
  events(): AsyncIterable<ClientEvent> & { close(): void } {
    return this.#session.events.stream();
  }

  /** What is signed stays stored and goes on with the next `connect`. */
  close(): Promise<void> {
    return this.#upkeep.close();
  }

  #parseLink(link: string): Link {
    const parsed = parseLink(link);
    if (!parsed.ok) throw IndraError.of(parsed.error);
    const { chainId, hubUrl } = parsed.value;
    if (chainId !== this.chainId) throw IndraError.from('unknown_chain', { chainId });
    if (new URL(hubUrl).origin !== new URL(this.#session.hubUrl).origin)
      throw IndraError.from('hub_mismatch', { hubUrl });
    return parsed.value;
  }

  /** For what the hub alone answers; what waits for a chain or for other people waits as long as its caller does. */
  #ask<T>(options: CallOptions, run: (call: Patience) => Promise<T>): Promise<T> {
    return this.#call({ timeoutMs: ANSWER_TIMEOUT_MS, ...options }, run);
  }

  #call<T>(options: CallOptions, run: (call: Patience) => Promise<T>): Promise<T> {
    const { clock, closing } = this.#session;
    const call = patience(options, clock, closing);
    return call.until(run(call));
  }

  async #send(to: string | null, request: PaymentRequest, call: Patience): Promise<Payment> {
    const { writer } = this.#session;
    const asked = sendIntent(this.#session, to, {
      ...request,
      paymentId: request.paymentId ?? newPaymentId(),
    });
    const { intent, isKnown } = await fixTerms(this.#session.store, asked, this.#session.clock.now());
    const made = isKnown ? await madeBefore(this.#session, intent, isKnown, call) : null;
    if (made !== null) return paymentOf(this.#session, made, null);
    const giveUp = () => void writer.retract(intent);
    call.signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await paymentOf(this.#session, intent, await writer.submit(intent, { id: call.id }));
    } catch (error) {
      const isMade = error instanceof IndraError && error.code === 'duplicate_payment';
      const earlier = isMade ? await madeBefore(this.#session, intent, isKnown, call) : null;
      if (earlier === null) throw error;
      return await paymentOf(this.#session, earlier, null);
    } finally {
      call.signal.removeEventListener('abort', giveUp);
    }
  }

  async #withdraw(request: WithdrawRequest, call: Patience): Promise<SignedWithdrawal> {
    const { writer, clock, channel } = this.#session;
    const { withdrawals } = this.#upkeep;
    const { asset, amount, recipient, deadline = clock.now() + DAY, sendBy = 'hub' } = request;
    const nonce = newPaymentId();
    const intent: WithdrawIntent = {
      kind: 'withdraw',
      nonce,
      asset,
      amount,
      recipient,
      deadline,
      handler: NO_ADDRESS,
      data: '0x',
    };
    const epoch = writer.record.agreed.ledger.epoch;
    const digest = toHash(
      withdrawalDigest(channel.domain, withdrawalOf(channel, epoch, { ...intent, party: INITIATOR })),
    );
    if (sendBy === 'caller') withdrawals.sendOneself(digest);
    await writer.submit(intent, { id: call.id });
    const signed = withdrawals.signed(digest);
    if (signed === null) throw IndraError.from('unknown_withdrawal', { digest });
    if (sendBy === 'hub') await withdrawals.submit(digest, call.id, call.signal);
    return signed;
  }
}
