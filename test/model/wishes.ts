// SPDX-License-Identifier: MIT
/** What the users of a run want, asked again with the same ids after every death and every unknown outcome. */
import { IndraError } from '../../lib/client/indra-error.ts';
import type { IndraClient } from '../../lib/client/client.ts';
import { ETHER, type Hash } from '../../lib/protocol/types.ts';
import type { ModelUser } from './model-world.ts';

export type Wish =
  | {
      readonly kind: 'pay';
      readonly by: ModelUser;
      readonly to: ModelUser;
      readonly amount: bigint;
      readonly paymentId: Hash;
    }
  | {
      readonly kind: 'link';
      readonly by: ModelUser;
      readonly to: ModelUser | null;
      readonly amount: bigint;
      readonly paymentId: Hash;
      readonly expiresIn: number;
    }
  | {
      readonly kind: 'cancel';
      readonly by: ModelUser;
      readonly to: ModelUser;
      readonly amount: bigint;
      readonly paymentId: Hash;
    }
  | { readonly kind: 'withdraw'; readonly by: ModelUser; readonly amount: bigint; readonly deadline: number };

interface Open {
  readonly wish: Wish;
  isDone: boolean;
  /** The client that works on it; another one must take over when it dies. */
  askedOf: IndraClient | null;
  link: string | null;
}

/** Outcomes a caller may take as the end of it. */
const isFinal = (error: unknown): boolean =>
  error instanceof IndraError && !error.retryable && error.outcome === 'unchanged';

export class Wishes {
  readonly #open: Open[] = [];
  readonly refused: string[] = [];
  readonly unexpected: unknown[] = [];

  add(wish: Wish): void {
    this.#open.push({ wish, isDone: false, askedOf: null, link: null });
  }

  get areDone(): boolean {
    return this.#open.every((open) => open.isDone);
  }

  get waiting(): readonly string[] {
    return this.#open.filter((open) => !open.isDone).map(({ wish }) => `${wish.kind} by ${wish.by.name}`);
  }

  /** Asks whoever is alive for whatever nobody alive works on. */
  pursue(): void {
    for (const open of this.#open) {
      const actor = open.link === null ? open.wish.by : this.#redeemer(open.wish);
      if (open.isDone || actor?.client === null || actor === null || open.askedOf === actor.client) continue;
      open.askedOf = actor.client;
      void this.#ask(open, actor.client);
    }
  }

  #redeemer(wish: Wish): ModelUser | null {
    return wish.kind === 'link' ? wish.to : wish.by;
  }

  async #ask(open: Open, client: IndraClient): Promise<void> {
    try {
      await this.#grant(open, client);
    } catch (error) {
      if (!(error instanceof IndraError)) this.unexpected.push(error);
      if (isFinal(error)) {
        this.refused.push(`${open.wish.kind}: ${(error as IndraError).code}`);
        open.isDone = true;
      } else open.askedOf = null;
    }
  }

  async #grant(open: Open, client: IndraClient): Promise<void> {
    const { wish } = open;
    const { amount } = wish;
    switch (wish.kind) {
      case 'pay':
        await client.transfer({ to: wish.to.identifier, asset: ETHER, amount, paymentId: wish.paymentId });
        break;
      case 'cancel': {
        const { transferId } = await client.transfer({
          to: wish.to.identifier,
          asset: ETHER,
          amount,
          paymentId: wish.paymentId,
        });
        await client.cancel(transferId);
        break;
      }
      case 'link':
        if (open.link === null) {
          const { paymentId, expiresIn } = wish;
          open.link = (await client.createLink({ asset: ETHER, amount, paymentId, expiresIn })).link;
          open.askedOf = null;
          if (wish.to !== null) return;
        } else await client.redeem(open.link);
        break;
      case 'withdraw':
        // Without an id of its own it is asked for once, whatever becomes of it.
        open.isDone = true;
        await client.withdraw({ asset: ETHER, amount, recipient: wish.by.address, deadline: wish.deadline });
        break;
    }
    open.isDone = true;
  }
}
