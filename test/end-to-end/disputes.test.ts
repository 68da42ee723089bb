// SPDX-License-Identifier: MIT
/**
 * Nobody can be cheated, seen on a real chain with real hubs: one that is gone for good, as the worst hub there is, and
 * one that is there while its users cheat. All scenarios of a world run side by side, because each waits for the chain.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Wallet } from 'ethers';
import { rpc } from '../../infra/local/local-chain.ts';
import { waitUntil } from '../../infra/local/wait-until.ts';
import { startWorld, type World } from '../../infra/local/world.ts';
import { channelKey } from '../../lib/client/channel-key.ts';
import type { ChannelRecord } from '../../lib/client/channel-record.ts';
import type { IndraClient } from '../../lib/client/client.ts';
import type { Payment } from '../../lib/client/payments.ts';
import { connect, type ConnectOptions } from '../../lib/client/connect.ts';
import type { Line } from '../../lib/client/ports.ts';
import { connectNode } from '../../lib/messaging/connect-node.ts';
import { keepSession } from '../../lib/messaging/session-keeper.ts';
import { toBytes } from '../../lib/protocol/bytes.ts';
import type { Holding } from '../../lib/protocol/dispute.ts';
import { fault } from '../../lib/protocol/errors.ts';
import { err } from '../../lib/protocol/result.ts';
import type { Address, Channel } from '../../lib/protocol/types.ts';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import { LoneParty, nowOf, readerOf, recordIn, thievingHub, valueOf } from './lone-party.ts';

const PERIODS = { challengePeriod: 30, appPeriods: [30, 60], patience: 5, reaction: 12 } as const;
const MARGIN = 4;
const DEPOSIT = 1_000n;
const ETHER_FOR_GAS = 10n ** 18n;
const TIMEOUT = 240_000;

/** A user with a key to go to the chain with, whose line to the hub can be cut. */
class Person {
  readonly key = toBytes(Wallet.createRandom().privateKey);
  readonly store = new MemoryStore();
  readonly #world: World;
  /** Requests with this in them get no answer from now on. */
  ignored: string | null = null;
  #client: IndraClient | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  get client(): IndraClient {
    if (this.#client === null) throw new Error('this person is away');
    return this.#client;
  }

  get address(): Address {
    return channelKey(this.key).address;
  }

  get identifier(): string {
    return channelKey(this.key).identifier;
  }

  async come(options: Partial<ConnectOptions> = {}): Promise<this> {
    const transport = await this.#line();
    const own = { ...this.#options, key: this.key, store: this.store };
    this.#client = await connect({ ...own, transport, ...options });
    return this;
  }

  /** With what the store remembers, while the hub does not answer. */
  async comeAlone(): Promise<this> {
    this.#client = await connect({ ...this.#options, key: this.key, store: this.store });
    return this;
  }

  get #options() {
    const { hubUrl, chain } = this.#world;
    return { hubUrl, chain: { rpcUrl: chain.rpcUrl }, pollMs: 300, idleMs: 20 };
  }

  async leave(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.close();
  }

  /** Gas for this person, and a deposit that hub and person agree on. */
  async fund(amount = DEPOSIT): Promise<this> {
    await this.#world.fund(this.address, { ether: ETHER_FOR_GAS, token: 0n });
    await this.#world.fund(this.client.channelAddress, { ether: 0n, token: amount });
    await this.has(amount);
    return this;
  }

  /** A hub that a busy machine kept from looking at the chain refuses for a moment; that changed nothing. */
  pay(to: Person, amount: bigint, expiresIn?: number): Promise<Payment> {
    const request = { to: to.identifier, asset: this.token, amount, expiresIn };
    return waitUntil('a payment to be taken', () => this.client.transfer(request), { everyMs: 500 });
  }

  async has(certain: bigint): Promise<void> {
    await waitUntil(
      `a balance of ${certain}`,
      async () => {
        await this.client.settle();
        return this.client.balance(this.token).certain === certain;
      },
      { timeoutMs: 60_000, everyMs: 100 },
    );
  }

  get token(): Address {
    return this.#world.chain.token as Address;
  }

  record(): Promise<ChannelRecord> {
    return recordIn(this.#world, this.store, this.client.channelAddress);
  }

  async onChain(): Promise<bigint> {
    const data = `0x70a08231${this.address.slice(2).padStart(64, '0')}`;
    const { rpcUrl, token } = this.#world.chain;
    return BigInt((await rpc(rpcUrl, 'eth_call', [{ to: token, data }, 'latest'])) as string);
  }

  async #line(): Promise<Line> {
    const { chainId } = this.#world.chain;
    const own = channelKey(this.key);
    const keeper = valueOf(
      await keepSession({
        hubUrl: this.#world.hubUrl,
        address: own.address,
        chainId,
        sign: (digest) => toBytes(own.sign(digest)),
      }),
    );
    const line = valueOf(await connectNode(keeper, chainId));
    return {
      events: () => line.events(),
      publishToPeer: (to, body) => line.publishToPeer(to, body),
      peerMessages: () => line.peerMessages(),
      request: async (operation, body, options) => {
        const text = JSON.stringify(body, (_name, value: unknown) =>
          typeof value === 'bigint' ? value.toString() : value,
        );
        if (this.ignored !== null && text.includes(this.ignored)) {
          const error = fault('timeout');
          return { id: options?.id ?? 'ignored', ...err(error) } as Awaited<ReturnType<Line['request']>>;
        }
        return line.request(operation, body, options);
      },
      close: async () => {
        keeper.close();
        await line.close();
      },
    };
  }
}

const join = async (world: World, options: Partial<ConnectOptions> = {}): Promise<Person> =>
  new Person(world).come(options);

const joinWith = async (world: World, amount = DEPOSIT): Promise<Person> => (await join(world)).fund(amount);

/** One after the other: test money comes from one account, whose transactions would disturb each other. */
const funding = new WeakMap<World, Promise<unknown>>();
const inTurn = <T>(world: World, act: () => Promise<T>): Promise<T> => {
  const turn = (funding.get(world) ?? Promise.resolve()).then(act);
  funding.set(
    world,
    turn.catch(() => {}),
  );
  return turn;
};

const statusOf = async (world: World, channel: Channel) => {
  const reader = readerOf(world);
  return valueOf(await reader.challenge(channel, valueOf(await reader.latest()).number));
};

/** Who sent the transaction that answered the channel's last challenge. */
async function answeredBy(world: World, channel: Channel): Promise<Address> {
  const reader = readerOf(world);
  return waitUntil(
    'an answer',
    async () => {
      const latest = valueOf(await reader.latest()).number;
      const events = valueOf(await reader.registryEvents(0, latest, channel.address));
      const answer = events.find(({ name }) => name === 'LedgerAnswered');
      if (answer === undefined) return undefined;
      const sent = (await rpc(world.chain.rpcUrl, 'eth_getTransactionByHash', [answer.transactionHash])) as {
        from: Address;
      };
      return sent.from.toLowerCase() as Address;
    },
    { timeoutMs: 20_000 },
  );
}

const holdingOf = (record: ChannelRecord, self: Address, token: Address): Holding => ({
  channel: record.channel,
  epoch: record.agreed.ledger.epoch,
  self,
  states: [record.agreed],
  moves: new Map(),
  assets: [token],
});

/** Puts an old state on chain, as a party that kept it can. */
async function showStale({ channel, agreed }: ChannelRecord, by: LoneParty): Promise<void> {
  await by.step(channel, { kind: 'challenge', ledger: agreed.ledger, signatures: agreed.signatures });
}

const pause = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, seconds * 1000)));

/** What happens while the hub is there, and what once it is gone. */
type WithoutHub = (world: World) => Promise<() => Promise<void>>;
type WithHub = (world: World) => Promise<void>;

const withoutHub: Readonly<Record<string, WithoutHub>> = {
  'a stale state is answered by the running client (invariants 10 and 13)': async (world) => {
    const [payer, payee] = await inTurn(
      world,
      async () => [await joinWith(world), await joinWith(world)] as const,
    );
    const stale = await payee.record();
    await payer.pay(payee, 300n);
    await payee.has(DEPOSIT + 300n);
    const cheat = await thievingHub(world);
    return async () => {
      const { channel, agreed } = await payee.record();
      await showStale(stale, cheat);
      expect(await answeredBy(world, channel)).toBe(payee.address);
      expect(await statusOf(world, channel)).toMatchObject({
        finalizesAt: 0,
        floorVersion: agreed.ledger.version,
      });
      await payer.leave();
      await payee.leave();
    };
  },

  'a payee enforces on chain what the hub ignored (invariant 14)': async (world) => {
    const [payer, payee] = await inTurn(
      world,
      async () => [await joinWith(world), await joinWith(world)] as const,
    );
    payee.ignored = '"uninstall"';
    await payer.pay(payee, 200n);
    await waitUntil('the payee to hold an open app', async () => {
      const { agreed } = await payee.record();
      return agreed.apps.length === 1;
    });
    return async () => {
      const { finalizesAt } = await payee.client.dispute();
      expect(finalizesAt).toBeGreaterThan(nowOf());
      await payee.client.settled();
      expect(await payee.onChain()).toBe(DEPOSIT + 200n);
      await payer.leave();
      await payee.leave();
    };
  },

  'a payer gets back on chain what nobody claimed, though the hub is silent (invariant 14)': async (
    world,
  ) => {
    const payer = await inTurn(world, () => joinWith(world));
    const nobody = new Person(world);
    await payer.pay(nobody, 150n, 2);
    return async () => {
      await payer.client.dispute();
      await payer.client.settled();
      expect(await payer.onChain()).toBe(DEPOSIT);
      await payer.leave();
    };
  },

  'a deposit is no hostage to a first signature (invariant 14)': async (world) => {
    const person = await inTurn(world, async () => {
      const joined = await join(world);
      await world.fund(joined.address, { ether: ETHER_FOR_GAS, token: 0n });
      return joined;
    });
    return async () => {
      await inTurn(world, () => world.fund(person.client.channelAddress, { ether: 0n, token: 70n }));
      await person.client.dispute();
      await person.client.settled();
      expect(await person.onChain()).toBe(70n);
      await person.leave();
    };
  },

  'a dispute goes on where a client that died left it, without the hub (invariants 12 and 14)': async (
    world,
  ) => {
    const person = await inTurn(world, () => joinWith(world));
    return async () => {
      await person.client.dispute();
      await person.leave();
      await person.comeAlone();
      await person.client.settled();
      expect(await person.onChain()).toBe(DEPOSIT);
      await person.leave();
    };
  },
};

const withHub: Readonly<Record<string, WithHub>> = {
  'a user who shows an old state loses to the hub, and the channel goes on (invariants 10 and 13)': async (
    world,
  ) => {
    const [cheat, victim] = await inTurn(
      world,
      async () => [await joinWith(world), await joinWith(world)] as const,
    );
    const stale = await cheat.record();
    await cheat.pay(victim, 400n);
    await victim.has(DEPOSIT + 400n);
    await cheat.has(DEPOSIT - 400n);
    await cheat.leave();
    await showStale(stale, new LoneParty(world, cheat.key));
    expect(await answeredBy(world, stale.channel)).toBe(world.hubAddress.toLowerCase());
    await cheat.come();
    await cheat.pay(victim, 100n);
    await victim.has(DEPOSIT + 500n);
    await cheat.leave();
    await victim.leave();
  },

  'payer and payee together cannot leave the hub between two deadlines (invariant 7)': async (world) => {
    const [payer, payee] = await inTurn(
      world,
      async () => [await joinWith(world), await joinWith(world)] as const,
    );
    payee.ignored = '"uninstall"';
    const { transferId } = await payer.pay(payee, 250n, 5);
    await waitUntil('both apps to be open', async () => (await payee.record()).agreed.apps.length === 1);
    const [leaving, late] = [await payer.record(), await payee.record()];
    await payer.leave();
    await payee.leave();
    const route = late.routes.find((found) => found.transferId === transferId);
    const instance = late.agreed.apps[0];
    if (route?.side !== 'payee' || instance === undefined) throw new Error('the payee holds no claim');

    // The payer leaves at once, as if nothing had been claimed; the payee shows the preimage at the last moment.
    const first = new LoneParty(world, payer.key);
    const second = new LoneParty(world, payee.key);
    const payers = holdingOf(leaving, payer.address, payer.token);
    const silent = holdingOf(late, payee.address, payee.token);
    const moves = new Map([[instance.id, second.unlock(late.channel, instance, route.preimage)]]);
    const payees = { ...silent, moves };
    await first.leave(payers);
    await first.leave(payers);
    await pause(instance.app.actionDeadline - nowOf() - PERIODS.challengePeriod / 2);
    await showStale(late, second);
    await pause(instance.app.actionDeadline - nowOf() - 6);
    expect(await second.leave(payees)).toContain('open-app');

    const drive = (party: LoneParty, holding: Holding) =>
      waitUntil(
        'a lone party to be paid out',
        async () => {
          await party.leave(holding);
          return party.isOver(holding);
        },
        { timeoutMs: 150_000, everyMs: 1_000 },
      );
    await Promise.all([drive(first, payers), drive(second, payees)]);
    expect([await payer.onChain(), await payee.onChain()]).toEqual([DEPOSIT - 250n, DEPOSIT + 250n]);
  },

  'a preimage shown on chain charges the payer, who is there (invariants 6 and 7)': async (world) => {
    const [payer, payee] = await inTurn(
      world,
      async () => [await joinWith(world), await joinWith(world)] as const,
    );
    payee.ignored = '"uninstall"';
    await payer.pay(payee, 120n);
    await waitUntil('the claim to be open', async () => (await payee.record()).agreed.apps.length === 1);
    await payee.client.dispute();
    await payer.has(DEPOSIT - 120n);
    await payee.client.settled();
    expect(await payee.onChain()).toBe(DEPOSIT + 120n);
    await payer.leave();
    await payee.leave();
  },

  'a challenge is cancelled by agreement and payments go on (invariant 13)': async (world) => {
    const [one, other] = await inTurn(
      world,
      async () => [await joinWith(world), await joinWith(world)] as const,
    );
    await one.client.dispute();
    await expect(
      one.client.transfer({ to: other.identifier, asset: one.token, amount: 1n }),
    ).rejects.toMatchObject({ code: 'channel_disputed' });
    await one.client.cancelDispute();
    expect(await statusOf(world, (await one.record()).channel)).toMatchObject({ epoch: 0n, finalizesAt: 0 });
    await one.pay(other, 60n);
    await other.has(DEPOSIT + 60n);
    await one.leave();
    await other.leave();
  },

  'who left comes back: the next epoch pays like the first (invariant 13)': async (world) => {
    const [one, other] = await inTurn(
      world,
      async () => [await joinWith(world), await joinWith(world)] as const,
    );
    await one.client.dispute();
    await one.client.settled();
    expect(await one.onChain()).toBe(DEPOSIT);
    await inTurn(world, () => world.fund(one.client.channelAddress, { ether: 0n, token: 500n }));
    await one.has(500n);
    await one.pay(other, 200n);
    await other.has(DEPOSIT + 200n);
    await one.leave();
    await other.leave();
  },
};

const settings = {
  store: 'sqlite',
  logLevel: 'warn',
  periods: PERIODS,
  env: { INDRA_LIMITS: JSON.stringify({ margin: MARGIN, minHold: 60 }) },
} as const;

let gone: World;
let present: World;
const running = new Map<string, Promise<void>>();

const run = (name: string, scenario: Promise<void>): void => {
  scenario.catch(() => {});
  running.set(name, scenario);
};

/** Both at once: nearly all of the time they wait for the chain. */
beforeAll(async () => {
  [gone, present] = await Promise.all([startWorld(settings), startWorld(settings)]);
  for (const [name, scenario] of Object.entries(withHub)) run(name, scenario(present));
  const prepared = await Promise.all(
    Object.entries(withoutHub).map(async ([name, scenario]) => [name, await scenario(gone)] as const),
  );
  await gone.part('functions-1').kill();
  for (const [name, go] of prepared) run(name, go());
}, TIMEOUT);

afterAll(async () => {
  await Promise.allSettled(running.values());
  await Promise.all([gone?.stop(), present?.stop()]);
}, TIMEOUT);

describe('a hub that is gone for good', () => {
  test.each(Object.keys(withoutHub))('%s', async (name) => running.get(name), TIMEOUT);
});

describe('users who cheat, and a hub that is there', () => {
  test.each(Object.keys(withHub))('%s', async (name) => running.get(name), TIMEOUT);
});
