// SPDX-License-Identifier: MIT
/** What a client does without being asked: listens to the hub, watches the chain, settles what is pending. */
import { newCorrelationId } from '../messaging/envelope.ts';
import { hubEvent } from '../protocol/wire/events.ts';
import { INITIATOR } from '../protocol/types.ts';
import type { Agreement } from './writer-parts.ts';
import { ClientLane } from './client-lane.ts';
import { DepositWatch } from './deposit-watch.ts';
import { DisputeWatch } from './dispute-watch.ts';
import { IncomingTransfers } from './incoming-transfers.ts';
import { OutgoingTransfers } from './outgoing-transfers.ts';
import { rememberPayment } from './payment-facts.ts';
import type { Line } from './ports.ts';
import { restoreRoutes } from './restored-routes.ts';
import type { Session } from './session.ts';
import { Withdrawals } from './withdrawals.ts';

/** Looks at the chain between two full rounds. Events make most rounds find nothing. */
const LOOKS_PER_ROUND = 10;

export class Upkeep {
  readonly deposits: DepositWatch;
  readonly incoming: IncomingTransfers;
  readonly outgoing: OutgoingTransfers;
  readonly withdrawals: Withdrawals;
  readonly disputes: DisputeWatch;
  readonly #session: Session;
  readonly #line: Line;
  readonly #close: () => Promise<void>;
  readonly #tasks = new Set<Promise<unknown>>();
  #closed: Promise<void> | null = null;

  constructor(session: Session, line: Line, close: () => Promise<void>) {
    this.#session = session;
    this.#line = line;
    this.#close = close;
    this.deposits = new DepositWatch(session);
    this.incoming = new IncomingTransfers(session, this.deposits);
    this.outgoing = new OutgoingTransfers(session);
    this.withdrawals = new Withdrawals(session);
    const { store, channel, reader, chainWriter: writer, chain, clock } = session;
    const { confirmations } = chain;
    const lane = new ClientLane({ store, channel, reader, writer, confirmations, clock });
    this.disputes = new DisputeWatch(session, lane, () => this.settle());
  }

  start(): void {
    this.#track(this.#listen());
    this.#track(this.#watch());
    this.#track(this.disputes.run());
  }

  /** After each agreement, once it is durable. */
  agreed(agreement: Agreement): void {
    const { events, store } = this.#session;
    this.deposits.agreed(agreement);
    this.outgoing.agreed(agreement);
    this.withdrawals.agreed(agreement);
    this.#track(this.incoming.agreed(agreement));
    for (const intent of agreement.entry.intents) {
      if (intent.kind !== 'send') continue;
      const { transferId, paymentId, to, asset, amount, note } = intent;
      this.#track(rememberPayment(store, transferId, { paymentId, to, asset, amount, note }));
    }
    events.emit('channel.updated', { version: agreement.entry.next.ledger.version });
    if (agreement.isLate) this.#track(this.incoming.finishOpen(agreement.entry.id));
  }

  async settle(id = newCorrelationId()): Promise<void> {
    if (this.#session.writer.haltedBy !== null) return;
    await restoreRoutes(this.#session, id);
    await Promise.all([
      this.incoming.settle(id),
      this.outgoing.settle(id),
      this.withdrawals.settle(id),
      this.deposits.look(true),
    ]);
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeOnce();
    return this.#closed;
  }

  async #closeOnce(): Promise<void> {
    await this.#close();
    await Promise.allSettled(this.#tasks);
    this.#session.events.close();
  }

  async #listen(): Promise<void> {
    const events = this.#line.events();
    this.#session.closing.addEventListener('abort', () => events.close(), { once: true });
    for await (const event of events) {
      if (event.type === 'reconnected') {
        this.#session.connection.found();
        this.#session.writer.nudge();
        this.#track(this.disputes.look());
        this.#track(this.settle(event.id));
        continue;
      }
      if (event.type === 'disconnected') {
        this.#session.connection.lost();
        continue;
      }
      const parsed = hubEvent.safeParse(event);
      if (parsed.success && this.#session.writer.haltedBy === null) await this.#hear(parsed.data, event.id);
    }
  }

  async #hear(event: ReturnType<typeof hubEvent.parse>, id: string): Promise<void> {
    const { channel } = this.#session;
    switch (event.type) {
      case 'transfer.pending':
        return this.#track(this.incoming.notice(event.transferId, event.transfer, id));
      case 'transfer.resolved':
        return this.outgoing.resolved(event.transferId, event.preimage, id);
      case 'transfer.cancelled':
        return this.outgoing.cancelled(event.transferId, id);
      case 'deposit.requested':
        return event.channel === channel.address ? this.#track(this.deposits.look()) : undefined;
      case 'withdrawal.executed':
        return event.channel === channel.address ? this.#track(this.withdrawals.settle(id)) : undefined;
      case 'channel.disputed':
        return event.channel === channel.address ? this.#track(this.disputes.look()) : undefined;
    }
  }

  async #watch(): Promise<void> {
    const { clock, closing, pollMs } = this.#session;
    for (let round = 0; !closing.aborted; round++) {
      if (this.#session.writer.haltedBy !== null) await this.#session.writer.refresh();
      else if (round % LOOKS_PER_ROUND === 0) await this.settle().catch(() => {});
      else await this.#lookAtChain();
      await clock.sleep(pollMs, closing);
    }
  }

  async #lookAtChain(): Promise<void> {
    const { writer } = this.#session;
    await this.deposits.look();
    const isOpen = writer.record.agreed.withdrawals.some((open) => open.withdrawal.party === INITIATOR);
    if (isOpen) await this.withdrawals.settle();
  }

  #track(task: Promise<unknown>): void {
    const tracked = task.catch(() => {}).finally(() => this.#tasks.delete(tracked));
    this.#tasks.add(tracked);
  }
}
