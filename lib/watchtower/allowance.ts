// SPDX-License-Identifier: MIT
/** How much a sender may ask for: so much a minute, and as much again at once. In memory; a restart forgives. */
const MAX_SENDERS = 10_000;

export class Allowance {
  readonly #perMinute: number;
  /** Oldest use first. */
  readonly #left = new Map<string, { readonly amount: number; readonly at: number }>();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** False if it is used up. `now` in seconds. */
  take(sender: string, now: number): boolean {
    const last = this.#left.get(sender) ?? { amount: this.#perMinute, at: now };
    const regained = (Math.max(0, now - last.at) * this.#perMinute) / 60;
    const amount = Math.min(this.#perMinute, last.amount + regained);
    const isAllowed = amount >= 1;
    this.#left.delete(sender);
    this.#left.set(sender, { amount: isAllowed ? amount - 1 : amount, at: now });
    const [oldest] = this.#left.keys();
    if (this.#left.size > MAX_SENDERS && oldest !== undefined) this.#left.delete(oldest);
    return isAllowed;
  }
}
