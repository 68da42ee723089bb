// SPDX-License-Identifier: MIT
/**
 * Payments as the user asked for them. Each has one id from the first press of the button to the end, written down before
 * anything leaves, so that trying again, here or after a restart, is always the same payment.
 */
import type { IndraClient } from '../../lib/client/client.ts';
import { IndraError } from '../../lib/client/indra-error.ts';
import { newPaymentId } from '../../lib/client/payments.ts';
import { transferIdOf } from '../../lib/protocol/secrets.ts';
import type { Address, Hash } from '../../lib/protocol/types.ts';
import type { PaymentEntry } from '../history/journal-entry.ts';
import { untilReopened, type Journal } from '../history/journal.ts';

export interface PaymentDraft {
  /** Identifier of the payee; null for a link. */
  readonly to: string | null;
  readonly asset: Address;
  readonly amount: bigint;
  readonly note: string | null;
  readonly expiresIn: number | null;
}

type Payer = Pick<IndraClient, 'transfer' | 'createLink' | 'transferStatus' | 'chainId' | 'channelAddress'>;

/** Milliseconds until a payment without an answer is called unknown. It is waited for all the same. */
const PATIENCE_MS = 8_000;

export class Outbox {
  readonly #client: Payer;
  readonly #journal: Journal;
  readonly #patienceMs: number;
  readonly #running = new Set<Hash>();

  constructor(client: Payer, journal: Journal, patienceMs = PATIENCE_MS) {
    this.#client = client;
    this.#journal = journal;
    this.#patienceMs = patienceMs;
  }

  /** Resolves with the payment's id once it is written down; the journal tells how it goes on. */
  async pay(draft: PaymentDraft): Promise<Hash> {
    const { chainId, channelAddress } = this.#client;
    const id = newPaymentId();
    const createdAt = Math.floor(Date.now() / 1000);
    const transferId = transferIdOf(chainId, channelAddress, id);
    await this.#journal.put({
      kind: 'payment',
      id,
      transferId,
      channel: channelAddress,
      createdAt,
      status: 'sending',
      code: null,
      ...draft,
    });
    this.#run(id).catch(untilReopened);
    return id;
  }

  /** Whether the payment is being asked for right now. */
  isRunning(id: Hash): boolean {
    return this.#running.has(id);
  }

  /** The same payment again; nothing happens while it is still under way. */
  retry(id: Hash): void {
    this.#run(id).catch(untilReopened);
  }

  /** What was under way when the card was closed is unknown until it is looked up. */
  async recover(): Promise<void> {
    for (const entry of this.#journal.entries)
      if (entry.kind === 'payment' && entry.status === 'sending')
        await this.#set(entry.id, { status: 'unknown' });
  }

  /** Looks up every payment whose fate is unknown. One the hub does not know may still be on its way, and stays unknown. */
  async check(): Promise<void> {
    for (const entry of this.#journal.entries) {
      if (entry.kind !== 'payment' || entry.status !== 'unknown') continue;
      const isKnown = await this.#client
        .transferStatus(entry.transferId, { timeoutMs: this.#patienceMs })
        .then(
          () => true,
          () => false,
        );
      if (isKnown) await this.settled(entry.id, null);
    }
  }

  /** How a payment ended that was asked for here, from whoever heard of it first. */
  async settled(id: Hash, refusal: IndraError | null): Promise<void> {
    if (refusal === null || refusal.code === 'duplicate_payment')
      return this.#set(id, { status: 'sent', code: null });
    const status = refusal.outcome === 'unknown' ? 'unknown' : 'refused';
    await this.#set(id, { status, code: refusal.code });
  }

  async #run(id: Hash): Promise<void> {
    const entry = this.#journal.find('payment', id);
    if (entry === null || entry.status === 'sent' || this.#running.has(id)) return;
    this.#running.add(id);
    const isFirst = entry.status === 'sending';
    if (!isFirst) await this.#set(id, { status: 'sending', code: null });
    const timer = setTimeout(
      () => this.#set(id, { status: 'unknown' }, 'sending').catch(untilReopened),
      this.#patienceMs,
    );
    const refusal = await this.#ask(entry).then(
      () => null,
      (cause: unknown) => (cause instanceof IndraError ? cause : IndraError.from('internal')),
    );
    clearTimeout(timer);
    this.#running.delete(id);
    await this.settled(id, refusal);
  }

  #ask({ id, to, asset, amount, note, expiresIn }: PaymentEntry): Promise<unknown> {
    const request = {
      paymentId: id,
      asset,
      amount,
      ...(note === null ? {} : { note }),
      ...(expiresIn === null ? {} : { expiresIn }),
    };
    return to === null ? this.#client.createLink(request) : this.#client.transfer({ ...request, to });
  }

  async #set(
    id: Hash,
    change: Partial<Pick<PaymentEntry, 'status' | 'code'>>,
    only?: PaymentEntry['status'],
  ): Promise<void> {
    const entry = this.#journal.find('payment', id);
    // What the hub has stays sent: an answer that comes late tells nothing new.
    if (entry === null || entry.status === 'sent' || (only !== undefined && entry.status !== only)) return;
    await this.#journal.put({ ...entry, ...change });
  }
}
