// SPDX-License-Identifier: MIT
/** The main flows with the SDK against real parts, on each durable store: from a plain transfer to the chain and back. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Wallet } from 'ethers';
import { rpc } from '../../infra/local/local-chain.ts';
import { startWorld, type World } from '../../infra/local/world.ts';
import { channelKey, keyOfMnemonic } from '../../lib/client/channel-key.ts';
import type { IndraClient } from '../../lib/client/client.ts';
import { connect, type ConnectOptions } from '../../lib/client/connect.ts';
import type { ClientEventName, ClientEvents } from '../../lib/client/events.ts';
import { newPaymentId } from '../../lib/client/payments.ts';
import { httpTransport } from '../../lib/messaging/http-transport.ts';
import { keepSession } from '../../lib/messaging/session-keeper.ts';
import { toBytes } from '../../lib/protocol/bytes.ts';
import { ETHER, type Address } from '../../lib/protocol/types.ts';
import { MemoryStore } from '../../lib/store/memory-store.ts';

const POLL_MS = 150;
const IDLE_MS = 20;
const seed = (): string => Wallet.createRandom().mnemonic!.phrase;
const someone = (): Address => Wallet.createRandom().address.toLowerCase() as Address;

/** Resolves with the first such event that fits, from now on. */
function event<Name extends ClientEventName>(
  client: IndraClient,
  name: Name,
  fits: (event: ClientEvents[Name]) => boolean = () => true,
): Promise<ClientEvents[Name]> {
  return new Promise((resolve) => {
    const stop = client.on(name, (given) => {
      if (!fits(given)) return;
      stop();
      resolve(given);
    });
  });
}

/** Resolves when it is so, now or after some agreement. */
async function until(client: IndraClient, isSo: () => boolean): Promise<void> {
  while (!isSo()) await event(client, 'channel.updated');
}

const has = (client: IndraClient, asset: Address, certain: bigint): Promise<void> =>
  until(client, () => client.balance(asset).certain === certain);

const settled = (client: IndraClient): Promise<void> =>
  until(client, () => client.balances().every(({ locked, incoming }) => locked + incoming === 0n));

const STORES = ['sqlite', 'dynamodb'] as const;
const worlds = new Map<(typeof STORES)[number], Promise<World>>();

// Both at once: the second comes up while the first is in use.
beforeAll(() => {
  for (const store of STORES) {
    const starting = startWorld({ store, logLevel: 'warn' });
    starting.catch(() => {});
    worlds.set(store, starting);
  }
});

afterAll(async () => {
  const started = await Promise.allSettled(worlds.values());
  await Promise.all(started.map((world) => (world.status === 'fulfilled' ? world.value.stop() : undefined)));
}, 60_000);

describe.each(STORES)('payments with %s', (store) => {
  let world: World;
  let token: Address;
  let alice: IndraClient;
  let bob: IndraClient;
  const bobs = { mnemonic: seed(), store: new MemoryStore() };
  const clients = new Set<IndraClient>();
  /** What left the channels for the chain. */
  const withdrawn = new Map<Address, bigint>();
  const deposited = new Map<Address, bigint>();

  const join = async (options: Partial<ConnectOptions> = {}): Promise<IndraClient> => {
    const fresh = { mnemonic: seed(), store: new MemoryStore() };
    const client = await connect({
      hubUrl: world.hubUrl,
      chain: { rpcUrl: world.chain.rpcUrl },
      pollMs: POLL_MS,
      idleMs: IDLE_MS,
      ...fresh,
      ...options,
    });
    clients.add(client);
    return client;
  };
  const leave = async (client: IndraClient): Promise<void> => {
    clients.delete(client);
    await client.close();
  };
  const onChain = async (owner: Address, asset: Address): Promise<bigint> => {
    if (asset === ETHER)
      return BigInt((await rpc(world.chain.rpcUrl, 'eth_getBalance', [owner, 'latest'])) as string);
    const data = `0x70a08231${owner.slice(2).padStart(64, '0')}`;
    return BigInt((await rpc(world.chain.rpcUrl, 'eth_call', [{ to: asset, data }, 'latest'])) as string);
  };
  const put = async (client: IndraClient, asset: Address, amount: bigint): Promise<void> => {
    const confirmed = event(client, 'deposit.confirmed', (deposit) => deposit.asset === asset);
    const funds = { ether: 0n, token: 0n, [asset === ETHER ? 'ether' : 'token']: amount };
    await world.fund(client.channelAddress, funds);
    expect((await confirmed).amount).toBe(amount);
    deposited.set(asset, (deposited.get(asset) ?? 0n) + amount);
  };

  beforeAll(async () => {
    world = await worlds.get(store)!;
    token = world.chain.token as Address;
    [alice, bob] = await Promise.all([join(), join(bobs)]);
  }, 120_000);

  afterAll(async () => {
    await Promise.all([...clients].map(leave));
  }, 30_000);

  test('a plain transfer to the channel address is a deposit, of ether and of a token', async () => {
    for (const client of [alice, bob]) {
      await put(client, ETHER, 10_000n);
      await put(client, token, 20_000n);
    }
    expect([alice.balance(ETHER).certain, alice.balance(token).certain]).toEqual([10_000n, 20_000n]);
    expect(alice.balance(ETHER).available).toBe(10_000n);
  }, 60_000);

  test('both pay each other in both assets at once', async () => {
    const note = 'for the coffee';
    const received = event(bob, 'payment.received', (payment) => payment.note === note);
    const amounts = [1n, 20n, 300n];
    const pay = (from: IndraClient, to: IndraClient, factor: bigint) =>
      [ETHER, token].flatMap((asset) =>
        amounts.map((amount) =>
          from.transfer({
            to: to.identifier,
            asset,
            amount: amount * factor,
            ...(amount === 20n ? { note } : {}),
          }),
        ),
      );
    await Promise.all([...pay(alice, bob, 1n), ...pay(bob, alice, 2n)]);
    await Promise.all([has(alice, ETHER, 10_321n), has(alice, token, 20_321n)]);
    await Promise.all([has(bob, ETHER, 9_679n), has(bob, token, 19_679n)]);
    await Promise.all([settled(alice), settled(bob)]);
    expect(await received).toMatchObject({ amount: 20n, sender: alice.identifier });
  }, 60_000);

  test('a payment asked for twice under one id is made once', async () => {
    const request = { to: bob.identifier, asset: ETHER, amount: 21n, paymentId: newPaymentId() };
    const [first, second] = await Promise.all([alice.transfer(request), alice.transfer(request)]);
    await has(bob, ETHER, 9_700n);
    await settled(alice);
    const third = await alice.transfer(request);
    expect([second.transferId, third.transferId]).toEqual([first.transferId, first.transferId]);
    await expect(alice.transfer({ ...request, amount: 22n })).rejects.toMatchObject({
      code: 'duplicate_payment',
    });
    expect(alice.balance(ETHER).available).toBe(10_300n);
    await expect(
      alice.transfer({ ...request, amount: 10_301n, paymentId: newPaymentId() }),
    ).rejects.toMatchObject({ code: 'insufficient_balance' });
  }, 60_000);

  test('a payee who is offline has it once it is back', async () => {
    await leave(bob);
    const sent = await alice.transfer({ to: bob.identifier, asset: token, amount: 321n });
    expect(await alice.transferStatus(sent.transferId)).toMatchObject({
      status: 'pending',
      direction: 'sent',
    });
    expect(alice.balance(token)).toMatchObject({ certain: 20_000n, locked: 321n });
    const completed = event(alice, 'payment.completed', ({ transferId }) => transferId === sent.transferId);
    bob = await join(bobs);
    await has(bob, token, 20_000n);
    expect(await completed).toMatchObject({ amount: 321n, to: bob.identifier });
  }, 60_000);

  test('a link pays somebody who has no channel yet, once', async () => {
    const { link, transferId } = await alice.createLink({ asset: ETHER, amount: 300n });
    const completed = event(alice, 'payment.completed', (payment) => payment.transferId === transferId);
    const [carol, dave] = await Promise.all([join(), join()]);
    expect(await carol.redeem(link)).toEqual({ transferId, asset: ETHER, amount: 300n });
    expect(carol.balance(ETHER).certain).toBe(300n);
    expect((await completed).to).toBeNull();
    await expect(dave.redeem(link)).rejects.toMatchObject({ outcome: 'unchanged' });
    expect(dave.balance(ETHER).certain).toBe(0n);
    await carol.transfer({ to: alice.identifier, asset: ETHER, amount: 300n });
    await has(alice, ETHER, 10_300n);
    await Promise.all([leave(carol), leave(dave)]);
  }, 60_000);

  test('a link nobody opened is cancelled and comes back, and is worth nothing from then on', async () => {
    const { link, transferId } = await alice.createLink({ asset: token, amount: 77n });
    expect(alice.balance(token)).toMatchObject({ certain: 19_923n, locked: 77n });
    await alice.cancel(transferId);
    expect(alice.balance(token)).toMatchObject({ certain: 20_000n, locked: 0n });
    expect(alice.linkOf(transferId)).toBeNull();
    await expect(bob.redeem(link)).rejects.toMatchObject({ code: 'transfer_cancelled' });
  }, 60_000);

  test('a withdrawal reaches its recipient on chain', async () => {
    for (const [asset, amount] of [
      [ETHER, 1_300n],
      [token, 5_000n],
    ] as const) {
      const recipient = someone();
      const executed = event(
        alice,
        'withdrawal.executed',
        (withdrawal) => withdrawal.recipient === recipient,
      );
      const { digest } = await alice.withdraw({ asset, amount, recipient });
      withdrawn.set(asset, amount);
      expect(await executed).toMatchObject({ digest, amount });
      // Asked after it was over: it is told all the same.
      expect(await alice.withdrawalExecuted(digest)).toMatchObject({ digest, asset, amount, recipient });
      expect(await onChain(recipient, asset)).toBe(amount);
    }
    expect([alice.balance(ETHER).certain, alice.balance(token).certain]).toEqual([9_000n, 15_000n]);
  }, 60_000);

  test('the seed alone brings everything back, also what came meanwhile, and pays again', async () => {
    const before = bob.balance(ETHER).certain;
    await leave(bob);
    await alice.transfer({ to: bob.identifier, asset: ETHER, amount: 1_000n });
    bob = await join({ mnemonic: bobs.mnemonic, store: new MemoryStore() });
    await has(bob, ETHER, before + 1_000n);
    await bob.transfer({ to: alice.identifier, asset: ETHER, amount: 2_000n });
    await has(alice, ETHER, 10_000n);
    await settled(bob);
    expect(bob.balance(ETHER).certain).toBe(before - 1_000n);
    expect(bob.balance(token).certain).toBe(20_000n);
  }, 60_000);

  test('history tells all of it, newest first', async () => {
    const [sent, received] = await Promise.all([
      alice.history({ side: 'sent' }),
      alice.history({ side: 'received' }),
    ]);
    const told = ({ entries }: typeof sent) =>
      entries.map(({ status, amount }) => `${status} ${amount}`).sort();
    // Six at once and one under a chosen id; to somebody offline, two links, and one while the payee was being restored.
    expect(told(sent)).toEqual(
      ['1', '1', '20', '20', '300', '300', '21', '321', '300', '1000']
        .map((amount) => `resolved ${amount}`)
        .concat('cancelled 77')
        .sort(),
    );
    expect(told(received)).toEqual(
      ['2', '2', '40', '40', '600', '600', '300', '2000'].map((amount) => `resolved ${amount}`).sort(),
    );
    const restoring = sent.entries.find(({ amount }) => amount === 1_000n);
    expect(restoring).toMatchObject({ direction: 'sent', to: bob.identifier, asset: ETHER });
    const afterwards = received.entries.find(({ amount }) => amount === 2_000n);
    expect(afterwards).toMatchObject({ direction: 'received', from: bob.identifier, asset: ETHER });
    const times = sent.entries.map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect([sent.next, received.next]).toEqual([null, null]);
  }, 60_000);

  if (store === 'sqlite')
    test('somebody without a bus does the same over HTTP', async () => {
      const erin = await overHttp(seed());
      await put(erin, ETHER, 500n);
      await erin.transfer({ to: alice.identifier, asset: ETHER, amount: 200n });
      await has(alice, ETHER, 10_200n);
      await alice.transfer({ to: erin.identifier, asset: token, amount: 100n });
      await has(erin, token, 100n);
      await Promise.all([settled(erin), settled(alice)]);
      expect(erin.balance(ETHER).certain).toBe(300n);
      const recipient = someone();
      const { digest } = await erin.withdraw({ asset: ETHER, amount: 300n, recipient });
      await erin.withdrawalExecuted(digest);
      expect(await onChain(recipient, ETHER)).toBe(300n);
      await erin.transfer({ to: alice.identifier, asset: token, amount: 100n });
      await has(alice, token, 15_000n);
      withdrawn.set(ETHER, (withdrawn.get(ETHER) ?? 0n) + 300n);
    }, 60_000);

  test('in the end the users have what they put in, less what they took out', async () => {
    for (const asset of [ETHER, token]) {
      const left = alice.balance(asset).certain + bob.balance(asset).certain;
      expect(left + (withdrawn.get(asset) ?? 0n)).toBe(deposited.get(asset));
    }
  });

  async function overHttp(mnemonic: string): Promise<IndraClient> {
    const key = channelKey(keyOfMnemonic(mnemonic));
    const { hubUrl, chain } = world;
    const sign = (digest: Uint8Array) => toBytes(key.sign(digest));
    const keeper = await keepSession({ hubUrl, address: key.address, chainId: chain.chainId, sign });
    if (!keeper.ok) throw new Error(keeper.error.code);
    const line = httpTransport({ keeper: keeper.value, chainId: chain.chainId });
    const close = async (): Promise<void> => {
      keeper.value.close();
      await line.close();
    };
    return join({ mnemonic, transport: { ...line, close } });
  }
});
