// SPDX-License-Identifier: MIT
/**
 * The payer's side: an app is closed towards the hub only when the hub has shown the preimage, and comes back only when the
 * hub has cancelled the transfer. The payer knows every preimage of its own, and never uses one by itself.
 */
import { newCorrelationId } from '../messaging/envelope.ts';
import { decodeTransferState, PAYER } from '../protocol/apps/transfer-app.ts';
import { lockHashOf } from '../protocol/secrets.ts';
import type { AppInstance, Hash } from '../protocol/types.ts';
import type { TransferView } from '../protocol/wire/requests.ts';
import { backoffMs } from './backoff.ts';
import type { Agreement } from './writer-parts.ts';
import { IndraError } from './indra-error.ts';
import type { Intent, Route } from './intents.ts';
import { madeItem, type Received } from './payment-facts.ts';
import type { Session } from './session.ts';

/** How many transfers are asked for at a time. */
const ASKED_AT_ONCE = 8;

export class OutgoingTransfers {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The hub says the payee was paid. Believed only with the preimage of the lock; the receipt is kept before it is paid for. */
  async resolved(transferId: Hash, shown: Received, id: string): Promise<void> {
    const { preimage } = shown;
    const open = this.#openBy(preimage, transferId);
    if (open === null) return;
    const close = { kind: 'close', appId: open.id, transferId, preimage, payment: null } as const;
    const item = madeItem(transferId, shown);
    await this.#session.writer.submit(close, { id, isPatient: true, item }).catch(() => {});
  }

  /** The hub says it takes the stake back to us: it signs that or it does not, nothing is risked by asking. */
  cancelled(transferId: Hash, id: string): void {
    const route = this.#routes().find((other) => other.transferId === transferId);
    if (route !== undefined) this.#refund(route, id, true).catch(() => {});
  }

  /** Every open payment is looked up: events are hints and may have been lost. */
  async settle(id = newCorrelationId()): Promise<void> {
    const routes = [...this.#routes()];
    while (routes.length > 0) {
      const group = routes.splice(0, ASKED_AT_ONCE);
      await Promise.all(group.map((route) => this.#lookAt(route, id)));
    }
  }

  /** Resolves once the stake is back. Rejects with `transfer_claimed` or `transfer_resolved` where it is too late. */
  async cancel(transferId: Hash, id: string, signal?: AbortSignal): Promise<void> {
    await this.#askToCancel(transferId, id, signal ?? this.#session.closing);
    const route = this.#routes().find((other) => other.transferId === transferId);
    if (route !== undefined) await this.#refund(route, id, false);
  }

  /** The hub records a transfer just after it agreed to its install: one we hold the app of is never unknown for long. */
  async #askToCancel(transferId: Hash, id: string, signal: AbortSignal): Promise<void> {
    const { hub, clock } = this.#session;
    for (let attempt = 1; ; attempt++) {
      try {
        await hub.insist('transfer', { kind: 'cancel', transferId }, { id, signal });
        return;
      } catch (error) {
        const isKnownHere = this.#routes().some((route) => route.transferId === transferId);
        const isEarly = isKnownHere && error instanceof IndraError && error.code === 'unknown_transfer';
        if (!isEarly) throw error;
      }
      await clock.sleep(backoffMs(attempt), signal);
    }
  }

  agreed({ entry, before }: Agreement): void {
    const { events } = this.#session;
    for (const intent of entry.intents) {
      if (intent.kind === 'send') {
        const { paymentId, transferId, asset, amount, to } = intent;
        events.emit('payment.sent', { paymentId, transferId, asset, amount, to });
      } else if (intent.kind === 'close' || intent.kind === 'refund') this.#closed(intent, before);
    }
  }

  #closed(intent: Extract<Intent, { kind: 'close' | 'refund' }>, before: Agreement['before']): void {
    const app = before.agreed.apps.find((open) => open.id === intent.appId)?.app;
    const stake = app?.stakes[0];
    if (stake === undefined || app?.participants[PAYER] !== before.channel.initiator) return;
    const route = before.routes.find((other) => other.appId === intent.appId);
    const { paymentId, to } = route?.side === 'payer' ? route : { paymentId: null, to: null };
    const facts = {
      transferId: intent.transferId,
      asset: stake.asset,
      amount: stake.amounts[PAYER],
      paymentId,
      to,
    };
    this.#session.events.emit(intent.kind === 'close' ? 'payment.completed' : 'payment.refunded', facts);
  }

  #routes(): readonly Extract<Route, { side: 'payer' }>[] {
    return this.#session.writer.record.routes.flatMap((route) => (route.side === 'payer' ? [route] : []));
  }

  #openBy(preimage: Hash, transferId: Hash): AppInstance | null {
    const { agreed, channel } = this.#session.writer.record;
    const lockHash = lockHashOf(preimage);
    const isMine = ({ app, state }: AppInstance): boolean =>
      app.participants[PAYER] === channel.initiator && decodeTransferState(state)?.lockHash === lockHash;
    const route = this.#routes().find((other) => other.transferId === transferId);
    return (
      agreed.apps.find((open) => isMine(open) && (route === undefined || route.appId === open.id)) ?? null
    );
  }

  async #lookAt(route: Extract<Route, { side: 'payer' }>, id: string): Promise<void> {
    const { hub, closing } = this.#session;
    const found = await hub.ask(
      'transfer',
      { kind: 'get', transferId: route.transferId },
      { id, signal: closing },
    );
    const view = found.ok ? found.value.transfers[0] : undefined;
    if (view !== undefined) this.#act(route, view, id);
  }

  #act(route: Extract<Route, { side: 'payer' }>, view: TransferView, id: string): void {
    const { clock } = this.#session;
    const isOver = view.status === 'cancelled' || (view.status === 'pending' && clock.now() > view.expiresAt);
    if (isOver) this.#refund(route, id, true).catch(() => {});
    else if (view.status === 'resolved' && view.preimage !== null) {
      const { preimage, claimerSignature } = view;
      void this.resolved(route.transferId, { preimage, claimerSignature }, id);
    }
  }

  async #refund({ appId, transferId }: Route, id: string, isPatient: boolean): Promise<void> {
    const { writer } = this.#session;
    const item = madeItem(transferId, null);
    const done = await writer.submit({ kind: 'refund', appId, transferId }, { id, isPatient, item });
    const wasRefunded =
      done.entry === null || done.entry.intents.some((one) => one.kind === 'refund' && one.appId === appId);
    if (!wasRefunded) throw IndraError.from('transfer_resolved', { transferId });
  }
}
