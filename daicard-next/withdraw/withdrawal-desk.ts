// SPDX-License-Identifier: MIT
/** Withdrawals as the user asked for them, followed until they are on chain or back. */
import type { IndraClient } from '../../lib/client/client.ts';
import type { ClientEvents } from '../../lib/client/events.ts';
import { IndraError } from '../../lib/client/indra-error.ts';
import type { Address, Hash } from '../../lib/protocol/types.ts';
import type { WithdrawalEntry } from '../history/journal-entry.ts';
import { untilReopened, type Journal } from '../history/journal.ts';

export interface WithdrawalDraft {
  readonly asset: Address;
  readonly amount: bigint;
  readonly recipient: Address;
}

type Bank = Pick<IndraClient, 'withdraw' | 'withdrawalExecuted' | 'channelAddress'>;

/** Milliseconds until one without an answer is called unknown. */
const PATIENCE_MS = 8_000;

const OVER: readonly WithdrawalEntry['status'][] = ['executed', 'returned', 'refused'];

export class WithdrawalDesk {
  readonly #client: Bank;
  readonly #journal: Journal;

  constructor(client: Bank, journal: Journal) {
    this.#client = client;
    this.#journal = journal;
  }

  /** Resolves with the entry's id once it is written down. It is asked for once: asking again would be a second withdrawal. */
  async withdraw(draft: WithdrawalDraft): Promise<string> {
    const id = crypto.randomUUID();
    const createdAt = Math.floor(Date.now() / 1000);
    const { channelAddress: channel } = this.#client;
    await this.#journal.put({
      kind: 'withdrawal',
      id,
      channel,
      createdAt,
      digest: null,
      transactionHash: null,
      status: 'signing',
      code: null,
      ...draft,
    });
    this.#run(id, draft).catch(untilReopened);
    return id;
  }

  /** What was under way when the card was closed: the client goes on with what was signed, this goes on watching. */
  async recover(): Promise<void> {
    for (const entry of this.#journal.entries) {
      if (entry.kind !== 'withdrawal') continue;
      if (entry.status === 'signing') await this.#set(entry.id, { status: 'unknown' });
      if (entry.status === 'agreed' && entry.digest !== null)
        this.#follow(entry.id, entry.digest).catch(untilReopened);
    }
  }

  async executed({ digest, ...facts }: ClientEvents['withdrawal.executed']): Promise<void> {
    const entry = this.#entryOf(digest, facts);
    if (entry !== null) await this.#set(entry.id, { status: 'executed', digest });
  }

  async returned({ digest }: ClientEvents['withdrawal.returned']): Promise<void> {
    const entry = this.#entryOf(digest, null);
    if (entry !== null) await this.#set(entry.id, { status: 'returned' });
  }

  async #run(id: string, draft: WithdrawalDraft): Promise<void> {
    const timer = setTimeout(
      () => this.#set(id, { status: 'unknown' }, 'signing').catch(untilReopened),
      PATIENCE_MS,
    );
    try {
      const { digest } = await this.#client.withdraw(draft);
      await this.#set(id, { status: 'agreed', digest });
      await this.#follow(id, digest);
    } catch (cause) {
      const error = cause instanceof IndraError ? cause : IndraError.from('internal');
      await this.#set(id, { status: error.outcome === 'unknown' ? 'unknown' : 'refused', code: error.code });
    } finally {
      clearTimeout(timer);
    }
  }

  async #follow(id: string, digest: Hash): Promise<void> {
    const receipt = await this.#client.withdrawalExecuted(digest).catch(() => null);
    const entry = this.#journal.find('withdrawal', id);
    if (receipt !== null && entry !== null)
      await this.#journal.put({ ...entry, status: 'executed', transactionHash: receipt.transactionHash });
  }

  /** One whose digest is not known yet is told by what it was for. */
  #entryOf(digest: Hash, facts: WithdrawalDraft | null): WithdrawalEntry | null {
    const open = this.#journal.entries.flatMap((entry) =>
      entry.kind === 'withdrawal' && !OVER.includes(entry.status) ? [entry] : [],
    );
    const isLike = (entry: WithdrawalEntry): boolean =>
      entry.digest === null &&
      entry.asset === facts?.asset &&
      entry.amount === facts.amount &&
      entry.recipient === facts.recipient;
    return open.find((entry) => entry.digest === digest) ?? open.findLast(isLike) ?? null;
  }

  async #set(id: string, change: Partial<WithdrawalEntry>, only?: WithdrawalEntry['status']): Promise<void> {
    const entry = this.#journal.find('withdrawal', id);
    if (entry === null || OVER.includes(entry.status) || (only !== undefined && entry.status !== only))
      return;
    await this.#journal.put({ ...entry, ...change });
  }
}
