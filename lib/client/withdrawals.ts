// SPDX-License-Identifier: MIT
/**
 * From the channel to the chain: the ledger is debited first, the hub signs the Withdrawal in its reply, the user signs it
 * last. It is executed until its deadline or comes back; either way nothing of it is lost (invariant 14).
 */
import { newCorrelationId } from '../messaging/envelope.ts';
import { toBytes } from '../protocol/bytes.ts';
import {
  INITIATOR,
  type Address,
  type Bytes,
  type Hash,
  type OpenWithdrawal,
  type Withdrawal,
} from '../protocol/types.ts';
import type { ChannelRecord } from './channel-record.ts';
import type { Agreement } from './writer-parts.ts';
import { IndraError } from './indra-error.ts';
import type { Session } from './session.ts';

/** A Withdrawal with the signatures of initiator and responder: whoever holds it may send it to the channel until its deadline. */
export interface SignedWithdrawal {
  readonly digest: Hash;
  readonly withdrawal: Withdrawal;
  readonly signatures: readonly [Bytes, Bytes];
}

export interface WithdrawalReceipt {
  readonly digest: Hash;
  readonly asset: Address;
  readonly amount: bigint;
  readonly recipient: Address;
  /** Of the transaction, where the hub sent it. */
  readonly transactionHash: Hash | null;
}

const own = (record: ChannelRecord): readonly OpenWithdrawal[] =>
  record.agreed.withdrawals.filter((open) => open.withdrawal.party === INITIATOR);

export class Withdrawals {
  readonly #session: Session;
  /** Digests this user sends by itself. */
  readonly #selfSubmitted = new Set<Hash>();
  readonly #submitted = new Set<Hash>();
  /** Executed ones that are no longer in the record, for who asks about them afterwards. */
  readonly #executed = new Map<Hash, Withdrawal>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** The last signature. Null until the debiting ledger is agreed with the hub's signature on the withdrawal. */
  signed(digest: Hash): SignedWithdrawal | null {
    const { record } = this.#session.writer;
    const open = own(record).find((other) => other.digest === digest);
    const theirs = record.withdrawalSignatures.find((held) => held.digest === digest);
    if (open === undefined || theirs === undefined) return null;
    const { withdrawal } = open;
    return { digest, withdrawal, signatures: [this.#session.key.sign(toBytes(digest)), theirs.signature] };
  }

  sendOneself(digest: Hash): void {
    this.#selfSubmitted.add(digest);
  }

  /** Hands a withdrawal to the hub to be sent. Rejects with what the hub refuses; repeating it is harmless. */
  async submit(digest: Hash, id: string, signal?: AbortSignal): Promise<void> {
    const complete = this.signed(digest);
    if (complete === null) return;
    const { hub, channel, closing } = this.#session;
    const [signature] = complete.signatures;
    const body = { kind: 'submit', channel: channel.address, digest, signature } as const;
    await hub.insist('withdraw', body, { id, signal: signal ?? closing });
    this.#submitted.add(digest);
  }

  /** Resolves when it is executed on chain, as this client sees the chain; also if it was before it was asked. */
  async executed(digest: Hash, id: string, signal: AbortSignal): Promise<WithdrawalReceipt> {
    const { clock, pollMs, writer, hub, channel } = this.#session;
    const open = own(writer.record).find((other) => other.digest === digest);
    const withdrawal = open?.withdrawal ?? this.#executed.get(digest);
    if (withdrawal === undefined) throw IndraError.from('unknown_withdrawal', { digest });
    const { asset, amount, recipient, deadline } = withdrawal;
    while (!this.#executed.has(digest) && (await this.isExecuted(digest)) !== true) {
      if (signal.aborted) throw IndraError.from('aborted');
      const isOpen = own(writer.record).some((other) => other.digest === digest);
      if (!isOpen && !this.#executed.has(digest))
        throw IndraError.from('unknown_withdrawal', { digest, deadline });
      await clock.sleep(pollMs, signal);
    }
    const status = await hub.ask(
      'withdraw',
      { kind: 'status', channel: channel.address, digest },
      { id, signal },
    );
    const transactionHash =
      status.ok && status.value.kind === 'withdrawal' ? status.value.transactionHash : null;
    return { digest, asset, amount, recipient, transactionHash };
  }

  /** Looks after every open withdrawal: submits, notices execution, takes back what passed its deadline. */
  async settle(id = newCorrelationId()): Promise<void> {
    for (const open of own(this.#session.writer.record)) await this.#lookAt(open, id);
  }

  agreed({ entry, before }: Agreement): void {
    for (const intent of entry.intents) {
      if (intent.kind !== 'return') continue;
      const open = own(before).find((other) => other.digest === intent.digest);
      if (open === undefined) continue;
      const { asset, amount } = open.withdrawal;
      this.#session.events.emit('withdrawal.returned', { digest: intent.digest, asset, amount });
    }
  }

  async #lookAt({ digest, withdrawal }: OpenWithdrawal, id: string): Promise<void> {
    const { clock, reader, chain, channel, writer, events, hub, closing } = this.#session;
    if (await this.isExecuted(digest)) {
      this.#executed.set(digest, withdrawal);
      this.#forget(digest);
      const { asset, amount, recipient } = withdrawal;
      events.emit('withdrawal.executed', { digest, asset, amount, recipient });
      // Whoever sent it: asking makes the hub look too, and drop it from its own list.
      await hub.ask(
        'withdraw',
        { kind: 'status', channel: channel.address, digest },
        { id, signal: closing },
      );
      return;
    }
    if (clock.now() <= withdrawal.deadline) {
      const isDue = !this.#selfSubmitted.has(digest) && !this.#submitted.has(digest);
      if (isDue) await this.submit(digest, id).catch(() => {});
      return;
    }
    const latest = await reader.latest();
    if (!latest.ok) return;
    const block = await reader.block(Math.max(0, latest.value.number - chain.confirmations));
    if (block.ok && block.value.timestamp > withdrawal.deadline)
      await writer.submit({ kind: 'return', digest }, { id }).catch(() => {});
  }

  /** At a confirmed block. Null while the chain cannot be asked. */
  async isExecuted(digest: Hash): Promise<boolean | null> {
    const { reader, channel, chain } = this.#session;
    const latest = await reader.latest();
    if (!latest.ok) return null;
    const confirmed = Math.max(0, latest.value.number - chain.confirmations);
    const executed = await reader.withdrawalExecuted(channel, digest, confirmed);
    return executed.ok ? executed.value : null;
  }

  /** Nothing can return it any more, so the list of open ones need not hold it. The ledger's counts stay. */
  #forget(digest: Hash): void {
    this.#session.writer.amend((record) => ({
      ...record,
      agreed: {
        ...record.agreed,
        withdrawals: record.agreed.withdrawals.filter((open) => open.digest !== digest),
      },
      withdrawalSignatures: record.withdrawalSignatures.filter((held) => held.digest !== digest),
    }));
  }
}
