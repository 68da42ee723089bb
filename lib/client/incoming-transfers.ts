// SPDX-License-Identifier: MIT
/**
 * The payee's side: a mirrored app is installed, and once that is countersigned the preimage opens it and the money is in
 * the balance. The preimage is shown only while the app is sure to stand on chain (design, sections 3 and 6).
 */
import { newCorrelationId } from '../messaging/envelope.ts';
import { decodeTransferState, PAYEE, PAYER } from '../protocol/apps/transfer-app.ts';
import { isOver, payeeDeadline, payerHold } from '../protocol/deadlines.ts';
import { assetOf } from '../protocol/ledger.ts';
import { NO_ADDRESS, RESPONDER, type AppInstance, type Hash, type Payment } from '../protocol/types.ts';
import type { TransferView } from '../protocol/wire/requests.ts';
import { backoffMs } from './backoff.ts';
import type { ChannelRecord } from './channel-record.ts';
import type { Agreement } from './writer-parts.ts';
import type { DepositWatch } from './deposit-watch.ts';
import { IndraError } from './indra-error.ts';
import type { Accomplished } from './intent-queue.ts';
import { closeOf, type ClaimIntent, type CloseIntent, type Intent } from './intents.ts';
import { recallReceived, rememberReceived } from './payment-facts.ts';
import { verifyPayment, type VerifiedPayment } from './payment-terms.ts';
import type { Session } from './session.ts';
import { claimedApp, wasShown } from './shown.ts';

/** Transfers that differ are told once each, up to so many. */
const MAX_REFUSED = 1_000;

export interface Received {
  readonly transferId: Hash;
  readonly asset: ClaimIntent['asset'];
  readonly amount: bigint;
}

/** An install of ours that was just countersigned in good time is closed at once. */
export function closingsAfter({ entry, isLate }: Agreement): readonly Intent[] {
  if (isLate) return [];
  return entry.intents.flatMap((intent): Intent[] => {
    const route = intent.kind === 'claim' ? claimed(entry.routes, intent.transferId) : undefined;
    return route === undefined ? [] : [closeOf(route)];
  });
}

function claimed(routes: ChannelRecord['routes'], transferId: Hash) {
  for (const route of routes) if (route.side === 'payee' && route.transferId === transferId) return route;
  return undefined;
}

export class IncomingTransfers {
  readonly #session: Session;
  readonly #deposits: DepositWatch;
  readonly #claims = new Map<Hash, Promise<Received>>();
  /** What is told of a claim once it is paid. */
  readonly #verified = new Map<Hash, VerifiedPayment>();
  readonly #refused = new Set<Hash>();
  /** Claimed apps that were closed without their preimage. */
  readonly #givenBack = new Set<Hash>();

  constructor(session: Session, deposits: DepositWatch) {
    this.#session = session;
    this.#deposits = deposits;
  }

  /**
   * Somebody named this user. What cannot be claimed is left alone. The hub's word on the transfer is as good in an event
   * as in a reply: only what the payer signed and the secret proves is claimed.
   */
  async notice(transferId: Hash, told: TransferView | undefined, id: string): Promise<void> {
    const view = told?.transferId === transferId ? told : await this.#look(transferId, id).catch(() => null);
    if (view !== null) await this.#claimSealed(view, id);
  }

  /** Everything that waits for this user, and every claim that a crash or a silent hub left half done. */
  async settle(id = newCorrelationId()): Promise<void> {
    const { hub, closing } = this.#session;
    await this.finishOpen(id);
    let after: string | undefined;
    do {
      const page = await hub.ask(
        'transfer',
        { kind: 'pending', ...(after === undefined ? {} : { after }) },
        { id, signal: closing },
      );
      if (!page.ok) return;
      for (const view of page.value.transfers) void this.#claimSealed(view, id);
      after = page.value.next;
    } while (after !== undefined);
  }

  /** Opens with its preimage every claimed app that is still closed, after a look at the chain; gives back what came too late. */
  async finishOpen(id: string): Promise<void> {
    const { writer, clock } = this.#session;
    const waiting = writer.record.routes.filter((route) => route.side === 'payee');
    if (waiting.length === 0 || !(await this.#isUndisputed())) return;
    for (const route of waiting) {
      const { appId, transferId } = route;
      const open = claimedApp(writer.record, appId);
      if (open === null) continue;
      if (isOver(open.app, clock.now()) && wasShown(writer.record, appId) === null)
        this.#giveBack(open, transferId, id).catch(() => {});
      else
        writer
          .submit(closeOf(route), { id })
          .catch((error: unknown) => this.#giveUp(open, transferId, error, id).catch(() => {}));
    }
  }

  async #giveUp(open: AppInstance, transferId: Hash, error: unknown, id: string): Promise<void> {
    const isRefused = error instanceof IndraError && error.code === 'transfer_expired';
    if (isRefused && isOver(open.app, this.#session.clock.now())) await this.#giveBack(open, transferId, id);
  }

  /** Nobody takes it any more, and the chain was never shown it: nothing is left to wait for. */
  async #giveBack(open: AppInstance, transferId: Hash, id: string): Promise<void> {
    const { writer, gate, reader, channel } = this.#session;
    const latest = await reader.latest();
    if (!latest.ok) return;
    const { number } = latest.value;
    const status = await reader.challenge(channel, number);
    const disputed = status.ok ? await gate.disputedApps(writer.record, status.value, number) : status;
    if (disputed.ok && !disputed.value.has(open.id))
      await writer.submit({ kind: 'refund', appId: open.id, transferId }, { id });
  }

  /** Claims with a secret from a link. Rejects with `IndraError`, such as `transfer_expired` or `not_recipient`. */
  async redeem(transferId: Hash, secret: Hash, id: string, signal?: AbortSignal): Promise<Received> {
    const view = await this.#look(transferId, id, signal);
    const verified = this.#verify(view, secret);
    await rememberReceived(this.#session.store, verified);
    return this.#claimOrClose(view, verified, id);
  }

  async agreed({ entry, before }: Agreement): Promise<void> {
    for (const intent of entry.intents)
      if (intent.kind === 'refund' && claimedApp(before, intent.appId) !== null)
        this.#givenBack.add(intent.appId);
    for (const intent of entry.intents) {
      if (intent.kind !== 'close') continue;
      const app = before.agreed.apps.find((open) => open.id === intent.appId)?.app;
      const stake = app?.stakes[0];
      if (stake === undefined || app?.participants[PAYEE] !== before.channel.initiator) continue;
      const known = await this.#known(intent.transferId, entry.id).catch(() => null);
      this.#verified.delete(intent.transferId);
      this.#session.events.emit('payment.received', {
        transferId: intent.transferId,
        asset: stake.asset,
        amount: stake.amounts[PAYER],
        payer: known?.payment.payer ?? null,
        sender: known?.sender ?? null,
        note: known?.note ?? null,
      });
    }
  }

  async #look(
    transferId: Hash,
    id: string,
    signal: AbortSignal = this.#session.closing,
  ): Promise<TransferView> {
    const found = await this.#session.hub.insist('transfer', { kind: 'get', transferId }, { id, signal });
    const view = found.transfers[0];
    if (view === undefined) throw IndraError.from('unknown_transfer', { transferId });
    return view;
  }

  async #claimSealed(view: TransferView, id: string): Promise<void> {
    if (view.role !== 'payee' || view.status === 'cancelled' || view.status === 'resolved') return;
    const secret = view.sealed === null ? null : this.#session.key.unseal(view.sealed);
    if (secret === null) return;
    try {
      await this.#claimOrClose(view, this.#verify(view, secret), id);
    } catch (error) {
      if (error instanceof IndraError && error.code === 'terms_differ') this.#refuse(view.transferId, error);
    }
  }

  /** Nothing of a view is used before this; throws `terms_differ` or `not_recipient` (invariant 16). */
  #verify(view: TransferView, secret: Hash): VerifiedPayment {
    const verified = verifyPayment(this.#session, view, secret);
    if (!verified.ok) throw IndraError.of(verified.error);
    return verified.value;
  }

  #refuse(transferId: Hash, error: IndraError): void {
    if (this.#refused.has(transferId)) return;
    if (this.#refused.size === MAX_REFUSED) this.#refused.clear();
    this.#refused.add(transferId);
    this.#session.events.emit('payment.refused', { transferId, error });
  }

  /** What is known of a payment that was claimed by this process or an earlier one. */
  async #known(
    transferId: Hash,
    id: string,
  ): Promise<Pick<VerifiedPayment, 'payment' | 'sender' | 'note'> | null> {
    const { store, key } = this.#session;
    const known = this.#verified.get(transferId) ?? (await recallReceived(store, transferId));
    if (known !== null) return known;
    const view = await this.#look(transferId, id);
    const secret = view.sealed === null ? null : key.unseal(view.sealed);
    return secret === null ? null : this.#verify(view, secret);
  }

  #claimOrClose(view: TransferView, verified: VerifiedPayment, id: string): Promise<Received> {
    const open = this.#openApp(verified);
    return open === null ? this.#claim(view, verified, id) : this.#close(open, verified, id);
  }

  /** The lock alone says too little of an app: its money must be what the payer signed as well. */
  #openApp({ lockHash, payment }: VerifiedPayment): AppInstance | null {
    const { apps } = this.#session.writer.record.agreed;
    const { initiator } = this.#session.channel;
    const isIt = ({ app, state }: AppInstance): boolean =>
      app.participants[PAYEE] === initiator &&
      app.stakes[0]?.asset === payment.asset &&
      app.stakes[0].amounts[PAYER] === payment.amount &&
      decodeTransferState(state)?.lockHash === lockHash;
    return apps.find(isIt) ?? null;
  }

  #claim(view: TransferView, verified: VerifiedPayment, id: string): Promise<Received> {
    const known = this.#claims.get(view.transferId);
    if (known !== undefined) return known;
    const claim = this.#claimOnce(view, verified, id)
      .catch((error: unknown) => {
        this.#verified.delete(view.transferId);
        throw error;
      })
      .finally(() => this.#claims.delete(view.transferId));
    this.#claims.set(view.transferId, claim);
    return claim;
  }

  async #claimOnce(view: TransferView, verified: VerifiedPayment, id: string): Promise<Received> {
    const { writer, clock, closing, terms } = this.#session;
    const { payment, digest, lockHash, secret } = verified;
    const { transferId, asset, amount, payee, expiresAt } = payment;
    const intent: ClaimIntent = {
      kind: 'claim',
      transferId,
      asset,
      amount,
      lockHash,
      payment: digest,
      // No later than what the payer signed needs: the hub alone would put off when its silence is answered.
      holdUntil: Math.min(view.holdUntil, payerHold(terms, expiresAt)),
      secret,
      bearer: payee === NO_ADDRESS,
    };
    this.#verified.set(transferId, verified);
    let made: Accomplished;
    for (let attempt = 1; ; attempt++) {
      if (clock.now() > expiresAt) throw IndraError.from('transfer_expired', { transferId });
      if (closing.aborted) throw IndraError.from('closed');
      await this.#awaitCollateral(verified, id);
      try {
        await this.#admitClaim(intent);
        made = await writer.submit(intent, { id });
        break;
      } catch (error) {
        if (!(error instanceof IndraError) || !error.retryable) throw error;
      }
      await clock.sleep(backoffMs(attempt), closing);
    }
    const route = claimed(made.entry?.routes ?? [], transferId);
    if (route === undefined) throw new TypeError('a claim that made no app');
    return this.#closeBy(closeOf(route), payment, id);
  }

  /** Closing and giving back are one intent, and whoever asks joins what is under way: only what was paid is received. */
  async #closeBy(close: CloseIntent, payment: Payment, id: string): Promise<Received> {
    const { writer } = this.#session;
    const { appId, transferId } = close;
    const isPending = writer.isPending(close);
    if (isPending || claimedApp(writer.record, appId) !== null) {
      if (!isPending && !(await this.#isUndisputed())) throw IndraError.from('channel_disputed');
      await writer.submit(close, { id });
    }
    if (this.#givenBack.has(appId)) throw IndraError.from('transfer_expired', { transferId });
    return received(payment);
  }

  /** No app is opened that could not be closed: T_b comes from the hub's word, so it is held against the client's own bound. */
  async #admitClaim({ asset, amount, holdUntil, transferId }: ClaimIntent): Promise<void> {
    const { gate, writer, terms } = this.#session;
    const claim = { asset, amount, actionDeadline: payeeDeadline(terms, holdUntil) };
    const allowed = await gate.mayClaim(writer.record, claim);
    if (!allowed.ok)
      throw IndraError.of({ ...allowed.error, details: { ...allowed.error.details, transferId } });
  }

  async #close(open: AppInstance, verified: VerifiedPayment, id: string): Promise<Received> {
    const { payment, digest, preimage } = verified;
    const { transferId } = payment;
    this.#verified.set(transferId, verified);
    return this.#closeBy(
      { kind: 'close', appId: open.id, transferId, preimage, payment: digest },
      payment,
      id,
    );
  }

  /** The hub pays from its side of this channel, so that side must hold enough first. */
  async #awaitCollateral({ payment, sender }: VerifiedPayment, id: string): Promise<void> {
    const { hub, writer, channel, clock, closing, events } = this.#session;
    const { transferId, asset, amount, expiresAt } = payment;
    for (let attempt = 1; ; attempt++) {
      const held = assetOf(writer.record.agreed.ledger, asset).balances[RESPONDER];
      if (held >= amount || clock.now() > expiresAt || closing.aborted) return;
      if (attempt === 1) events.emit('payment.waiting', { transferId, asset, amount, sender });
      const wanted = { channel: channel.address, asset, amount };
      const answer = await hub.ask('collateral', wanted, { id, signal: closing });
      if (!answer.ok && !answer.error.retryable) throw IndraError.of(answer.error);
      const block = await this.#deposits.confirmedBlock();
      if (block !== null) await this.#deposits.reconcile(asset, block, id);
      if (assetOf(writer.record.agreed.ledger, asset).balances[RESPONDER] === held)
        await clock.sleep(backoffMs(attempt), closing);
    }
  }

  /** No challenge is open, as of now. False too while the chain cannot be asked. */
  async #isUndisputed(): Promise<boolean> {
    const { reader, channel, writer } = this.#session;
    const latest = await reader.latest();
    if (!latest.ok) return false;
    const status = await reader.challenge(channel, latest.value.number);
    return (
      status.ok && status.value.finalizesAt === 0 && status.value.epoch === writer.record.agreed.ledger.epoch
    );
  }
}

const received = ({ transferId, asset, amount }: Payment): Received => ({ transferId, asset, amount });
