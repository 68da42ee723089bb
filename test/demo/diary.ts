// SPDX-License-Identifier: MIT
/** What the demo had each user do, as it was told or agreed, and never as a ledger says. */
import type { Address } from '../../lib/protocol/types.ts';
import type { Amount } from './messages.ts';

export type Deed = 'funded' | 'deposited' | 'paid' | 'received' | 'withdrawn';

export class Diary {
  readonly #totals = new Map<string, bigint>();

  add(user: string, deed: Deed, { asset, amount }: Amount): void {
    const key = `${user} ${deed} ${asset}`;
    this.#totals.set(key, (this.#totals.get(key) ?? 0n) + amount);
  }

  paid(payer: string, payee: string, amount: Amount): void {
    this.add(payer, 'paid', amount);
    this.add(payee, 'received', amount);
  }

  total(user: string, deed: Deed, asset: Address): bigint {
    return this.#totals.get(`${user} ${deed} ${asset}`) ?? 0n;
  }

  /** What the user should have with the hub. */
  balance(user: string, asset: Address): bigint {
    const total = (deed: Deed) => this.total(user, deed, asset);
    return total('deposited') + total('received') - total('paid') - total('withdrawn');
  }
}
