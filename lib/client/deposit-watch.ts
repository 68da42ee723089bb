// SPDX-License-Identifier: MIT
/** Brings what arrived on chain into the ledger: the user's own deposits and the hub's collateral, each looked up on chain by this side too. */
import { newCorrelationId } from '../messaging/envelope.ts';
import { assetOf } from '../protocol/ledger.ts';
import { INITIATOR, type Address } from '../protocol/types.ts';
import type { Agreement } from './writer-parts.ts';
import { IndraError } from './indra-error.ts';
import type { Session } from './session.ts';

export class DepositWatch {
  readonly #session: Session;
  #seen = -1;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The last block that counts. Null while the chain cannot be asked. */
  async confirmedBlock(): Promise<number | null> {
    const { reader, chain } = this.#session;
    const latest = await reader.latest();
    return latest.ok ? Math.max(0, latest.value.number - chain.confirmations) : null;
  }

  /** Looks at every asset if there is a new block, or if told to look whatever there is. */
  async look(isForced = false): Promise<void> {
    const block = await this.confirmedBlock();
    if (block === null || (block === this.#seen && !isForced)) return;
    const { chain } = this.#session;
    const looked = await Promise.all(chain.assets.map(({ address }) => this.reconcile(address, block)));
    if (looked.every((isDone) => isDone)) this.#seen = block;
  }

  /** False if it must be tried again at this very block. */
  async reconcile(asset: Address, block: number, id = newCorrelationId()): Promise<boolean> {
    const { reader, writer, channel } = this.#session;
    const received = await reader.received(channel, asset, block);
    if (!received.ok) return false;
    const processed = assetOf(writer.record.agreed.ledger, asset).deposits;
    const [mine, hubs] = received.value;
    const isNew = mine > processed[0] || hubs > processed[1];
    // Less than was processed: the chain was reorganized, or its node is behind. Nothing to propose either way.
    if (!isNew || mine < processed[0] || hubs < processed[1]) return true;
    try {
      await writer.submit({ kind: 'deposit', asset, deposits: received.value }, { id });
      return true;
    } catch (error) {
      // The hub's own look at the chain may be a block behind ours.
      return !(error instanceof IndraError && error.retryable);
    }
  }

  /** What of this asset the user put in until `block`, processed or not. */
  async received(asset: Address, block: number): Promise<bigint | null> {
    const { reader, channel } = this.#session;
    const received = await reader.received(channel, asset, block);
    return received.ok ? received.value[INITIATOR] : null;
  }

  agreed({ entry, before }: Agreement): void {
    const { events } = this.#session;
    for (const intent of entry.intents) {
      if (intent.kind !== 'deposit') continue;
      const amount =
        intent.deposits[INITIATOR] - assetOf(before.agreed.ledger, intent.asset).deposits[INITIATOR];
      if (amount > 0n) events.emit('deposit.confirmed', { asset: intent.asset, amount });
    }
  }
}
