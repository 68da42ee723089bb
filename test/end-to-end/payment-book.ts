// SPDX-License-Identifier: MIT
/** Every payment a test asked for, until it is settled on both sides; and what must then be true of all the money. */
import { expect } from '@jest/globals';
import type { World } from '../../infra/local/world.ts';
import { rpc } from '../../infra/local/local-chain.ts';
import { waitUntil } from '../../infra/local/wait-until.ts';
import type { TransferRequest } from '../../lib/client/client.ts';
import { IndraError } from '../../lib/client/indra-error.ts';
import { channelKey, parseChannel } from '../../lib/hub/channel-item.ts';
import { parseTransfer, transferKey } from '../../lib/hub/transfer-item.ts';
import { assetOf } from '../../lib/protocol/ledger.ts';
import { transferIdOf } from '../../lib/protocol/secrets.ts';
import { ETHER, type Address, type Hash } from '../../lib/protocol/types.ts';
import { openStore } from '../../lib/store/open-store.ts';
import type { Random } from '../model/random.ts';
import type { PayingUser } from './paying-user.ts';

export interface BookedPayment {
  readonly from: PayingUser;
  readonly to: PayingUser;
  readonly asset: Address;
  readonly amount: bigint;
  readonly paymentId: Hash;
  readonly transferId: Hash;
}

/** Of the largest payment made at random: far below what everybody has. */
const LARGEST = 1_000;
/** Until a caller gives up and asks again. */
const PATIENCE_MS = 2_500;

export class PaymentBook {
  readonly #world: World;
  readonly #users: readonly PayingUser[];
  readonly #random: Random;
  readonly assets: readonly Address[];
  readonly payments: BookedPayment[] = [];
  /** How often a caller was told that the outcome is unknown. */
  unknown = 0;
  /** Payments that both payer and payee know to be over. */
  #settled = 0;

  constructor(world: World, users: readonly PayingUser[], random: Random) {
    this.#world = world;
    this.#users = users;
    this.#random = random;
    this.assets = [ETHER, world.chain.token as Address];
  }

  enter(
    from: PayingUser,
    to: PayingUser,
    channel: Address,
    { asset = ETHER, amount = 1n }: { readonly asset?: Address; readonly amount?: bigint } = {},
  ): BookedPayment {
    const paymentId = `0x${this.#hex(64)}` as string as Hash;
    const transferId = transferIdOf(this.#world.chain.chainId, channel, paymentId);
    const payment = { from, to, asset, amount, paymentId, transferId };
    this.payments.push(payment);
    return payment;
  }

  /** Asks until the answer is known, always under the same id. Anything but "unknown" or success fails the test. */
  async send(payment: BookedPayment): Promise<void> {
    for (;;) {
      try {
        await payment.from.client.transfer(requestOf(payment), { timeoutMs: PATIENCE_MS });
        return;
      } catch (error) {
        if (!(error instanceof IndraError) || error.outcome !== 'unknown') throw error;
        this.unknown += 1;
      }
    }
  }

  async isOver({ from, to, transferId }: BookedPayment): Promise<void> {
    await waitUntil(
      `a payment of ${from.name} to ${to.name}`,
      () => from.completed.has(transferId) && to.received.has(transferId),
      { timeoutMs: 60_000, everyMs: 5 },
    );
    this.#settled += 1;
  }

  /** Random payments among all users, `inFlight` at a time, for as long as `during` takes. All of them are over after it. */
  async flow(inFlight: number, during: () => Promise<void>): Promise<void> {
    let isFlowing = true;
    const lane = async (): Promise<void> => {
      while (isFlowing) {
        const payment = this.#atRandom();
        await this.send(payment);
        await this.isOver(payment);
      }
    };
    const lanes = Promise.all(Array.from({ length: inFlight }, lane));
    const stop = () => void (isFlowing = false);
    await Promise.all([lanes.finally(stop), during().finally(stop)]);
  }

  /** Resolves when so many more payments of this book are over. */
  async advances(by: number): Promise<void> {
    const count = this.#settled + by;
    await waitUntil(`${count} payments`, () => this.#settled >= count, { timeoutMs: 60_000, everyMs: 5 });
  }

  /** Everything is over, both sides hold the same ledgers, and no unit of any asset is missing or there twice. */
  async addsUp(): Promise<void> {
    await waitUntil('all apps to be closed', () =>
      this.#users.every(({ client }) => client.balances().every((one) => one.locked + one.incoming === 0n)),
    );
    const store = await openStore(this.#world.store);
    try {
      await this.#everyTransferIsDecidedOnce(store);
      for (const asset of this.assets) await this.#everyUnitIsThere(store, asset);
    } finally {
      await store.close();
    }
    expect(this.#users.flatMap((user) => user.failures)).toEqual([]);
  }

  async #everyTransferIsDecidedOnce(store: Awaited<ReturnType<typeof openStore>>): Promise<void> {
    for (const { from, to, transferId } of this.payments) {
      const isRefunded = from.refunded.has(transferId);
      const status = await waitUntil('the hub to close the transfer', async () => {
        const found = await store.get(transferKey(transferId));
        const kind = found === null ? null : parseTransfer(found).transfer.status.kind;
        return kind === 'resolved' || kind === 'cancelled' ? kind : undefined;
      });
      expect(from.refunded.get(transferId) ?? 0).toBe(isRefunded ? 1 : 0);
      expect(status).toBe(isRefunded ? 'cancelled' : 'resolved');
      if (to.wasAlwaysHere) expect(to.received.get(transferId) ?? 0).toBe(isRefunded ? 0 : 1);
    }
  }

  async #everyUnitIsThere(store: Awaited<ReturnType<typeof openStore>>, asset: Address): Promise<void> {
    const { chainId } = this.#world.chain;
    const total = { users: 0n, hub: 0n, processed: 0n, hubsDeposits: 0n };
    for (const user of this.#users) {
      const { channelAddress } = user.client;
      const item = await store.get(channelKey(chainId, channelAddress));
      if (item === null) throw new Error(`the hub lost the channel of ${user.name}`);
      const entry = assetOf(parseChannel(item).body.state.ledger, asset);
      const [own, hubs] = entry.balances;
      const [deposited, collateral] = entry.deposits;
      const view = { name: user.name, asset, balance: own, locked: entry.locked, deposited };
      expect(view).toEqual({ ...view, balance: this.#expected(user, asset), locked: 0n });
      expect(user.client.balance(asset)).toMatchObject({ available: own, certain: own, receivable: hubs });
      expect(deposited).toBe(user.deposits.get(asset) ?? 0n);
      expect(await this.#onChain(channelAddress, asset)).toBe(deposited + collateral);
      total.users += own;
      total.hub += hubs;
      total.processed += deposited + collateral;
      total.hubsDeposits += collateral;
    }
    expect(total.users + total.hub).toBe(total.processed);
    expect(total.hub).toBe(total.hubsDeposits);
  }

  #expected(user: PayingUser, asset: Address): bigint {
    let balance = user.deposits.get(asset) ?? 0n;
    for (const { from, to, amount, asset: of, transferId } of this.payments) {
      if (of !== asset || from.refunded.has(transferId)) continue;
      if (from === user) balance -= amount;
      if (to === user) balance += amount;
    }
    return balance;
  }

  async #onChain(channel: Address, asset: Address): Promise<bigint> {
    const { rpcUrl } = this.#world.chain;
    const balanceOf = `0x70a08231${channel.slice(2).padStart(64, '0')}`;
    const answer =
      asset === ETHER
        ? await rpc(rpcUrl, 'eth_getBalance', [channel, 'latest'])
        : await rpc(rpcUrl, 'eth_call', [{ to: asset, data: balanceOf }, 'latest']);
    return BigInt(answer as string);
  }

  #atRandom(): BookedPayment {
    const random = this.#random;
    const from = this.#users[random.between(0, this.#users.length - 1)]!;
    const others = this.#users.filter((user) => user !== from);
    const to = others[random.between(0, others.length - 1)]!;
    const asset = this.assets[random.between(0, this.assets.length - 1)]!;
    const amount = BigInt(random.between(1, LARGEST));
    return this.enter(from, to, from.client.channelAddress, { asset, amount });
  }

  #hex(digits: number): string {
    return Array.from({ length: digits }, () => this.#random.between(0, 15).toString(16)).join('');
  }
}

/** What its payer asks for. */
export const requestOf = ({ to, asset, amount, paymentId }: BookedPayment): TransferRequest => ({
  to: to.identifier,
  asset,
  amount,
  paymentId,
});
