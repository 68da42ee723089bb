// SPDX-License-Identifier: MIT
/** A user of the SDK in a test against real parts: what it put in, what it was told, and how it comes back. */
import type { World } from '../../infra/local/world.ts';
import { waitUntil } from '../../infra/local/wait-until.ts';
import { channelKey } from '../../lib/client/channel-key.ts';
import type { IndraClient } from '../../lib/client/client.ts';
import { connect } from '../../lib/client/connect.ts';
import type { IndraErrorCode } from '../../lib/client/indra-error.ts';
import { ETHER, type Address, type Hash } from '../../lib/protocol/types.ts';
import type { Store } from '../../lib/store/store.ts';

/** Looks at the hub often, so that a lost hint costs a second or two. */
export const POLL_MS = 200;
export const IDLE_MS = 50;

export class PayingUser {
  readonly name: string;
  readonly identifier: string;
  readonly #world: World;
  readonly #key: Uint8Array;
  #store: Store;
  #client: IndraClient | null = null;
  readonly deposits = new Map<Address, bigint>();
  /** False where another process was this user for a while, so that some of its events were told there. */
  wasAlwaysHere = true;
  /** How often each event came, by transfer. */
  readonly received = new Map<Hash, number>();
  readonly completed = new Map<Hash, number>();
  readonly refunded = new Map<Hash, number>();
  /** Why a payment failed, or why this user stopped writing to its channel. Neither should ever happen. */
  readonly failures: (IndraErrorCode | null)[] = [];

  constructor(name: string, world: World, key: Uint8Array, store: Store) {
    this.name = name;
    this.#world = world;
    this.#key = key;
    this.identifier = channelKey(key).identifier;
    this.#store = store;
  }

  get client(): IndraClient {
    if (this.#client === null) throw new Error(`${this.name} is not there`);
    return this.#client;
  }

  /** Goes on where it stopped, from what its store holds. */
  async come(store = this.#store): Promise<this> {
    this.#store = store;
    const { hubUrl, chain } = this.#world;
    const options = {
      hubUrl,
      key: this.#key,
      store,
      chain: { rpcUrl: chain.rpcUrl },
      pollMs: POLL_MS,
      idleMs: IDLE_MS,
    };
    // On a machine this busy a connection may time out; the answer to that is another.
    const client = await waitUntil(`${this.name} to connect`, () => connect(options));
    const count = (events: Map<Hash, number>, { transferId }: { readonly transferId: Hash }): void =>
      void events.set(transferId, (events.get(transferId) ?? 0) + 1);
    client.on('payment.received', (event) => count(this.received, event));
    client.on('payment.completed', (event) => count(this.completed, event));
    client.on('payment.refunded', (event) => count(this.refunded, event));
    client.on('payment.failed', ({ error }) => this.failures.push(error.code));
    client.on('writer', ({ error }) => this.failures.push(error?.code ?? null));
    this.#client = client;
    return this;
  }

  async leave(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.close();
  }

  async end(): Promise<void> {
    await this.leave();
    await this.#store.close();
  }

  /** Sends ether and tokens to the channel. One user at a time: all of it comes from one account. */
  async fund(amount: bigint): Promise<void> {
    await this.#world.fund(this.client.channelAddress, { ether: amount, token: amount });
    for (const asset of this.#assets) this.deposits.set(asset, amount);
  }

  /** Resolves when what was sent is agreed, and the hub can pay this user as much. */
  async isFunded(): Promise<void> {
    await waitUntil(`${this.name}'s deposit`, async () => {
      await this.client.settle();
      return this.#assets.every((asset) => {
        const { certain, receivable } = this.client.balance(asset);
        const deposit = this.deposits.get(asset) ?? 0n;
        return certain >= deposit && receivable >= deposit;
      });
    });
  }

  get #assets(): readonly Address[] {
    return [ETHER, this.#world.chain.token as Address];
  }
}

/** All of them there, each with this much of both assets. */
export async function welcome(users: readonly PayingUser[], deposit: bigint): Promise<void> {
  for (const user of users) {
    await user.come();
    await user.fund(deposit);
  }
  await Promise.all(users.map((user) => user.isFunded()));
}
