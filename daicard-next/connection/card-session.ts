// SPDX-License-Identifier: MIT
/** One opened wallet at one hub: the client, what was asked of it, and a picture of it that screens can watch. */
import type { Balance } from '../../lib/client/balances.ts';
import type { IndraClient } from '../../lib/client/client.ts';
import type { IndraError } from '../../lib/client/indra-error.ts';
import type { HubAsset } from '../../lib/client/hub-description.ts';
import type { Address } from '../../lib/protocol/types.ts';
import { Journal, untilReopened } from '../history/journal.ts';
import { Outbox } from '../transfer/outbox.ts';
import { WithdrawalDesk } from '../withdraw/withdrawal-desk.ts';
import type { ConnectedWallet } from './connect-wallet.ts';

export interface CardView {
  readonly balances: readonly Balance[];
  readonly isReadOnly: boolean;
  readonly readOnlyBecause: IndraError | null;
  readonly isOnline: boolean;
  /** Restored from the hub alone, and not countersigned since. */
  readonly isUnproven: boolean;
  /** Grows whenever something happened that the history may tell more about. */
  readonly happenings: number;
}

/** Milliseconds between two looks for money that waits: the HTTP API calls nobody. */
const SETTLE_MS = 4_000;
/** While nobody looks at the page. */
const SETTLE_HIDDEN_MS = 20_000;

export class CardSession {
  readonly client: IndraClient;
  readonly hubUrl: string;
  readonly confirmations: number;
  /** Seconds a payment may stay open. */
  readonly longestOffer: number;
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly desk: WithdrawalDesk;
  readonly #connected: ConnectedWallet;
  readonly #listeners = new Set<() => void>();
  readonly #closing = new AbortController();
  #view: CardView;

  private constructor(connected: ConnectedWallet, journal: Journal, isOnline: boolean) {
    this.#connected = connected;
    this.client = connected.client;
    this.hubUrl = connected.hubUrl;
    this.confirmations = connected.confirmations;
    this.longestOffer = connected.longestOffer;
    this.journal = journal;
    this.outbox = new Outbox(this.client, journal);
    this.desk = new WithdrawalDesk(this.client, journal);
    this.#view = {
      balances: this.client.balances(),
      isReadOnly: this.client.isReadOnly,
      readOnlyBecause: null,
      isOnline,
      isUnproven: false,
      happenings: 0,
    };
  }

  static async begin(connected: ConnectedWallet, isOnline: boolean): Promise<CardSession> {
    const card = new CardSession(connected, await Journal.open(connected.client.channelAddress), isOnline);
    card.#listen().catch(untilReopened);
    await card.outbox.recover();
    await card.desk.recover();
    card.#settleNowAndThen().catch(untilReopened);
    return card;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** The same object until something changes. */
  readonly view = (): CardView => this.#view;

  asset(address: Address): HubAsset {
    return (
      this.client.assets.find((known) => known.address === address) ?? {
        address,
        symbol: '?',
        decimals: 0,
        transfer: { min: 0n, max: 0n },
        withdrawal: { min: 0n },
      }
    );
  }

  online(isOnline: boolean): void {
    this.#show({ isOnline });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#connected.close().catch(() => {});
    this.journal.close();
  }

  #show(change: Partial<CardView>): void {
    this.#view = {
      ...this.#view,
      balances: this.client.balances(),
      isReadOnly: this.client.isReadOnly,
      ...change,
    };
    for (const listener of this.#listeners) listener();
  }

  async #listen(): Promise<void> {
    for await (const event of this.client.events()) {
      switch (event.type) {
        case 'payment.sent':
          await this.outbox.settled(event.paymentId, null);
          break;
        case 'payment.failed':
          await this.outbox.settled(event.paymentId, event.error);
          break;
        case 'deposit.confirmed': {
          const { asset, amount } = event;
          const createdAt = Math.floor(Date.now() / 1000);
          await this.journal.put({
            kind: 'deposit',
            id: crypto.randomUUID(),
            channel: this.client.channelAddress,
            asset,
            amount,
            createdAt,
          });
          break;
        }
        case 'withdrawal.executed':
          await this.desk.executed(event);
          break;
        case 'withdrawal.returned':
          await this.desk.returned(event);
          break;
        default:
      }
      const { happenings, isUnproven } = this.#view;
      this.#show({
        happenings: happenings + 1,
        isUnproven: event.type === 'channel.restored' || (isUnproven && event.type !== 'channel.updated'),
        ...(event.type === 'writer' ? { readOnlyBecause: event.error } : {}),
      });
    }
  }

  async #settleNowAndThen(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      await this.client.settle().catch(() => {});
      await this.outbox.check();
      this.#show({});
      await this.#pause(document.hidden ? SETTLE_HIDDEN_MS : SETTLE_MS);
    }
  }

  /** Ends early when somebody looks at the page again. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const over = new AbortController();
      const done = (): void => {
        over.abort();
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(done, ms);
      document.addEventListener('visibilitychange', () => !document.hidden && done(), {
        signal: over.signal,
      });
      this.#closing.signal.addEventListener('abort', done, { signal: over.signal });
    });
  }
}
