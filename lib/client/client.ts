// SPDX-License-Identifier: MIT
/**
 * One user's channel with one hub: what an app calls. Every method may be given a signal, a timeout and a correlation id.
 * Arguments are read at the door before anything starts: `invalid_argument` names the field. What changes something has an id
 * (`paymentId`, `withdrawalId`, `transferId`, `digest`, `appId`), which is in the details of every error of that call. After an
 * outcome `unknown` the same request is the same call: it is never done twice, and its id may be given to be exact, as it must
 * be after a restart of the app.
 */
import type { Address, Bytes, Hash } from '../protocol/types.ts';
import type { Progressed } from './app-moves.ts';
import { balancesOf, type Balance } from './balances.ts';
import { Depositing, type Deposited, type DepositRequest } from './deposit-request.ts';
import { Disputes, type Claimed, type DisputeStatus, type Started } from './disputes.ts';
import { address } from './door/address.ts';
import { invalid, type Parser } from './door/argument.ts';
import { callOptions } from './door/call-options.ts';
import { bytes, hash } from './door/hex.ts';
import {
  depositRequest,
  historyRequest,
  linkRequest,
  transferRequest,
  withdrawRequest,
  type LinkRequest,
  type TransferRequest,
  type WithdrawRequest,
} from './door/requests.ts';
import { link as paymentLink, webAddress } from './door/text.ts';
import type { ClientEvent, ClientEventName, ClientEvents, Settlement } from './events.ts';
import {
  history,
  transferStatus,
  type HistoryPage,
  type HistoryRequest,
  type TransferEntry,
} from './history.ts';
import type { HubAsset } from './hub-description.ts';
import type { Received } from './incoming-transfers.ts';
import { IndraError } from './indra-error.ts';
import { patience, type CallOptions, type Patience } from './patience.ts';
import { Paying } from './paying.ts';
import { linkOf, type Payment } from './payments.ts';
import type { Session } from './session.ts';
import type { Upkeep } from './upkeep.ts';
import { Withdrawing } from './withdrawing.ts';
import type { SignedWithdrawal, WithdrawalReceipt } from './withdrawals.ts';

export type { LinkRequest, TransferRequest, WithdrawRequest };

/** Until a call without a `timeoutMs` of its own rejects with `timeout`, outcome `unknown`. The writer goes on. */
const ANSWER_TIMEOUT_MS = 60_000;

export class IndraClient {
  readonly #session: Session;
  readonly #upkeep: Upkeep;
  readonly #disputes: Disputes;
  readonly #paying: Paying;
  readonly #withdrawing: Withdrawing;
  readonly #depositing: Depositing;
  readonly #transferRequest: Parser<TransferRequest>;

  constructor(session: Session, upkeep: Upkeep) {
    this.#session = session;
    this.#upkeep = upkeep;
    this.#disputes = new Disputes(session, upkeep.disputes);
    this.#paying = new Paying(session);
    this.#withdrawing = new Withdrawing(session, upkeep.withdrawals);
    this.#depositing = new Depositing(session, upkeep.deposits);
    this.#transferRequest = transferRequest(session.hubUrl);
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
    const { frozenBy } = this.#session.writer;
    return frozenBy?.code === 'newer_state_exists' ? frozenBy : null;
  }

  /** Why nothing is signed with this hub, such as `hub_changed`: the channel is only watched, and can be left. Null if all is well. */
  get distrusts(): IndraError | null {
    return this.#session.writer.distrust;
  }

  /** Whether the hub answers, as far as this client noticed. */
  get isOnline(): boolean {
    return this.#session.connection.isOnline;
  }

  /** One per asset of the hub, and of the channel. */
  balances(): readonly Balance[] {
    return balancesOf(
      this.#session.writer.record,
      this.assets.map((asset) => asset.address),
    );
  }

  /** Throws `unknown_asset` for one that is neither the hub's nor in the channel. */
  balance(asset: Address): Balance {
    const wanted = address(asset, 'asset');
    const found = this.balances().find((balance) => balance.asset === wanted);
    if (found === undefined) throw IndraError.from('unknown_asset', { asset: wanted });
    return found;
  }

  /** Resolves when the amount is in the agreed balance. Waits for confirmations as long as it takes, or until given up. */
  deposit(request: DepositRequest, options: CallOptions = {}): Promise<Deposited> {
    return this.#call(options, (call) => this.#depositing.deposit(depositRequest(request, ''), call));
  }

  /**
   * Resolves when the payment is agreed with the hub; `payment.completed` tells when the payee has it. Rejects with `other_hub`
   * where the payee is at another one, and with `id_in_use` where the `paymentId` belongs to a payment with other terms.
   */
  transfer(request: TransferRequest, options: CallOptions = {}): Promise<Payment> {
    return this.#ask(options, (call) => {
      const { to, ...payment } = this.#transferRequest(request, '');
      return this.#paying.pay(to, payment, call);
    });
  }

  /** A payment to whoever opens the link first. */
  createLink(request: LinkRequest, options: CallOptions = {}): Promise<Payment & { readonly link: string }> {
    return this.#ask(options, async (call) => {
      const { cardOrigin, ...asked } = linkRequest(request, '');
      const payment = await this.#paying.pay(null, asked, call);
      const link = this.linkOf(payment.transferId, cardOrigin);
      if (link === null) throw IndraError.from('duplicate_payment', { transferId: payment.transferId });
      return { ...payment, link };
    });
  }

  /** The link of a transfer that was made here and is still open; null otherwise. */
  linkOf(transferId: Hash, cardOrigin: string = this.#session.hubUrl): string | null {
    return linkOf(this.#session, hash(transferId, 'transferId'), webAddress(cardOrigin, 'cardOrigin'));
  }

  /** Resolves when the money of a link is in the agreed balance; the hub is asked for collateral first where it is needed. */
  redeem(link: string, options: CallOptions = {}): Promise<Received> {
    return this.#call(options, async (call) => {
      const { chainId, transferId, secret, hubUrl } = paymentLink(link, 'link');
      call.name({ transferId });
      if (chainId !== this.chainId) throw IndraError.from('unknown_chain', { chainId });
      if (new URL(hubUrl).origin !== new URL(this.#session.hubUrl).origin)
        throw IndraError.from('other_hub', { hub: hubUrl, own: this.#session.hubUrl });
      return this.#upkeep.incoming.redeem(transferId, secret, call.id, call.signal);
    });
  }

  /** Takes back a payment nobody has claimed. Rejects with `transfer_claimed` or `transfer_resolved` where it is too late. */
  cancel(transferId: Hash, options: CallOptions = {}): Promise<void> {
    return this.#ask(options, (call) => {
      const id = named(call, { transferId: hash(transferId, 'transferId') }).transferId;
      return this.#upkeep.outgoing.cancel(id, call.id, call.signal);
    });
  }

  /** Resolves when the ledger is debited and both have signed; `withdrawalExecuted` waits for the chain. */
  withdraw(request: WithdrawRequest, options: CallOptions = {}): Promise<SignedWithdrawal> {
    return this.#ask(options, (call) => this.#withdrawing.withdraw(withdrawRequest(request, ''), call));
  }

  withdrawalExecuted(digest: Hash, options: CallOptions = {}): Promise<WithdrawalReceipt> {
    return this.#call(options, (call) => {
      const known = named(call, { digest: hash(digest, 'digest') }).digest;
      return this.#upkeep.withdrawals.executed(known, call.id, call.signal);
    });
  }

  /**
   * A withdrawal that was signed and that nobody sent: this client sends it, and pays for its gas. Resolves when it is
   * executed. Rejects with `unknown_withdrawal`, `insufficient_gas`, or `chain_refused` where its deadline has passed.
   */
  sendWithdrawal(digest: Hash, options: CallOptions = {}): Promise<WithdrawalReceipt> {
    return this.#call(options, async (call) => {
      const { withdrawals } = this.#upkeep;
      const known = named(call, { digest: hash(digest, 'digest') }).digest;
      const signed = withdrawals.signed(known);
      if (signed === null) throw IndraError.from('unknown_withdrawal', { digest: known });
      withdrawals.sendOneself(known);
      await this.#disputes.sendWithdrawal(signed);
      return withdrawals.executed(known, call.id, call.signal);
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
   * `no_dispute`, `dispute_final`, `busy` while the challenge is on its way, `insufficient_gas`, or what the hub refuses:
   * `channel_disputed` where an app of the channel is on chain already. So it is soon after a payment: the hub shows there the
   * preimage of an app that was paid and not closed yet, and what is shown cannot be taken back.
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
    return this.#call(options, (call) => {
      const id = named(call, { appId: hash(appId, 'appId') }).appId;
      return this.#disputes.progress(id, bytes(action, 'action'), call);
    });
  }

  /**
   * Takes a payment that the channel could not hand over. Rejects with `nothing_to_claim`, `insufficient_gas`, or
   * `chain_refused` where the recipient refuses it too.
   */
  claim(asset: Address, recipient: Address = this.address, options: CallOptions = {}): Promise<Claimed> {
    return this.#call(options, (call) =>
      this.#disputes.claim(address(asset, 'asset'), address(recipient, 'recipient'), call),
    );
  }

  /** Rejects with `unknown_transfer` where there is none that concerns this user. */
  transferStatus(transferId: Hash, options: CallOptions = {}): Promise<TransferEntry> {
    return this.#ask(options, (call) =>
      transferStatus(this.#session, hash(transferId, 'transferId'), call.id, call.signal),
    );
  }

  history(request: HistoryRequest, options: CallOptions = {}): Promise<HistoryPage> {
    return this.#ask(options, (call) =>
      history(this.#session, historyRequest(request, ''), call.id, call.signal),
    );
  }

  /** Does now what is otherwise done from time to time: claims, closings, refunds, deposits, withdrawals. */
  settle(options: CallOptions = {}): Promise<void> {
    return this.#call(options, (call) => this.#upkeep.settle(call.id));
  }

  /** Returns how to stop. */
  on<Name extends ClientEventName>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void {
    if (typeof name !== 'string') throw invalid('name', 'give the name of an event');
    if (typeof listener !== 'function') throw invalid('listener', 'give a function');
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

  /** For what the hub alone answers; what waits for a chain or for other people waits as long as its caller does. */
  #ask<T>(options: CallOptions, run: (call: Patience) => Promise<T>): Promise<T> {
    return this.#call(options, run, ANSWER_TIMEOUT_MS);
  }

  /** A signal that is aborted already starts nothing, and a mistake in an argument is a rejection too. */
  async #call<T>(options: CallOptions, run: (call: Patience) => Promise<T>, timeoutMs?: number): Promise<T> {
    const { clock, closing } = this.#session;
    const given = callOptions(options, '');
    const call = patience({ timeoutMs, ...given }, clock, closing);
    return call.until(async () => run(call));
  }
}

/** What the call is about, in every error of it. */
function named<T extends Readonly<Record<string, Hash>>>(call: Patience, about: T): T {
  call.name(about);
  return about;
}
