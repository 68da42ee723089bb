// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createTestHub, type TestHub } from '../../../test/harness/hub-in-memory.ts';
import { TestUser, type Sent } from '../../../test/harness/test-user.ts';
import { ETHER } from '../../protocol/types.ts';
import { MemoryStore } from '../../store/memory-store.ts';
import type { NewItem, PutResult, Store } from '../../store/store.ts';
import { channelKey } from '../channel-item.ts';
import { loadChannel } from '../channels.ts';
import { transfer } from '../operations/transfer.ts';
import { claimTransfer, transferKey } from '../transfer-item.ts';
import { loadTransfer, saveTransfer } from '../transfers.ts';
import { sweep } from './sweep.ts';

let world: TestHub;
let alice: TestUser;
let bob: TestUser;
let carol: TestUser;
/** Keys of transfers that cannot be written now: the handler dies before it gets there. */
const unreachable = new Set<string>();

function faulty(store: Store): Store {
  const put = async (item: NewItem, expect_: Parameters<Store['put']>[1]): Promise<PutResult> => {
    if (unreachable.has(item.key)) throw new Error('the process died here');
    return store.put(item, expect_);
  };
  return {
    get: (key) => store.get(key),
    put,
    async putInOrder(puts) {
      const results: PutResult[] = [];
      for (const { item, expect: expect_ } of puts) results.push(await put(item, expect_));
      return results;
    },
    remove: (key, etag) => store.remove(key, etag),
    query: (...args) => store.query(...args),
    scan: (...args) => store.scan(...args),
    ready: () => store.ready(),
    close: () => store.close(),
    counters: store.counters,
  };
}

beforeEach(async () => {
  unreachable.clear();
  world = await createTestHub({ store: faulty(new MemoryStore()) });
  [alice, bob, carol] = (await Promise.all(
    [11, 12, 13].map((seed) => new TestUser(world.door, seed).open()),
  )) as [TestUser, TestUser, TestUser];
  await alice.fund(ETHER, 1000n);
  await bob.fund(ETHER, 0n, 500n);
  await carol.fund(ETHER, 0n, 500n);
});

const code = (outcome: { ok: boolean; error?: { code: string } }): string =>
  outcome.ok ? 'ok' : outcome.error!.code;
const statusOf = async ({ transferId }: Sent) =>
  (await loadTransfer(world.hub, transferId))?.transfer.status.kind ?? 'absent';
const entriesOf = async ({ transferId }: Sent) =>
  (await world.hub.store.get(transferKey(transferId)))!.index!;
const dueOf = async (user: TestUser) =>
  (await world.hub.store.get(channelKey(31337, user.channel.address)))!.index!.due?.sort;
const pendingOf = async (user: TestUser): Promise<readonly string[]> => {
  const found = await transfer(world.hub, world.chain, user.caller, { kind: 'pending' });
  return found.ok ? found.value.transfers.map(({ transferId }) => transferId) : [];
};
const sweepLater = async (seconds = 31): Promise<void> => {
  await world.pass(seconds);
  await sweep(world.hub, world.chain);
};

describe('what a payment moves in the indexes', () => {
  test('nothing: its entries are those it was made with, and its payer’s channel is due once', async () => {
    const sent = alice.transfer(ETHER, 100n, bob);
    await alice.propose(sent.operation);
    const [made, due] = [await entriesOf(sent), await dueOf(alice)];
    expect(Object.keys(made).sort()).toEqual(['payee', 'payer']);
    expect(due).toBeDefined();
    await bob.propose(bob.claim(sent));
    expect(await entriesOf(sent)).toEqual(made);
    await bob.propose(...bob.unlock(sent));
    expect(await statusOf(sent)).toBe('resolved');
    expect(await entriesOf(sent)).toEqual(made);
    expect([await dueOf(alice), await dueOf(bob)]).toEqual([due, undefined]);
    await alice.propose(...alice.unlock(sent));
    expect(await dueOf(alice)).toBeUndefined();
  });

  test('a channel that pays on and on keeps the time it was given', async () => {
    await alice.propose(alice.transfer(ETHER, 1n, bob).operation);
    const due = await dueOf(alice);
    for (let count = 0; count < 3; count++) {
      await world.pass(5);
      await alice.propose(alice.transfer(ETHER, 1n, bob).operation);
      expect(await dueOf(alice)).toBe(due);
    }
  });
});

describe('a payee', () => {
  test('sees what waits for it at once, when it is listed, and no longer than it is open', async () => {
    const sent = alice.transfer(ETHER, 100n, bob);
    await alice.propose(sent.operation);
    expect(await pendingOf(bob)).toEqual([sent.transferId]);
    const told = world.told.length;
    await sweepLater();
    expect((await entriesOf(sent)).open).toBeDefined();
    expect(world.told.slice(told)).toMatchObject([
      { user: bob.address, event: { type: 'transfer.pending' } },
    ]);
    expect(await pendingOf(bob)).toEqual([sent.transferId]);
    await world.pass(3_600);
    expect(await pendingOf(bob)).toEqual([sent.transferId]);
    await bob.propose(bob.claim(sent));
    await bob.propose(...bob.unlock(sent));
    expect((await entriesOf(sent)).open).toBeUndefined();
    expect(await pendingOf(bob)).toEqual([]);
  });

  test('gets all that waits, page by page, the newest and the listed ones, each once', async () => {
    const ids: string[] = [];
    const pay = async (count: number): Promise<void> => {
      const sent = Array.from({ length: count }, () => alice.transfer(ETHER, 1n, bob));
      ids.push(...sent.map(({ transferId }) => transferId));
      for (let start = 0; start < count; start += 30)
        await alice.propose(...sent.slice(start, start + 30).map(({ operation }) => operation));
    };
    await pay(60);
    await sweepLater();
    await world.pass(3_600);
    await pay(60);
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await transfer(world.hub, world.chain, bob.caller, {
        kind: 'pending',
        ...(after === undefined ? {} : { after }),
      });
      if (!page.ok) throw new Error(page.error.code);
      seen.push(...page.value.transfers.map(({ transferId }) => transferId));
      after = page.value.next;
    } while (after !== undefined);
    expect(seen.toSorted()).toEqual(ids.toSorted());
  });
});

describe('a handler that dies after its commit (invariant 12)', () => {
  test('leaves a transfer to be made, and the sweep makes it', async () => {
    const sent = alice.transfer(ETHER, 100n, bob);
    unreachable.add(transferKey(sent.transferId));
    await expect(alice.propose(sent.operation)).rejects.toThrow('died');
    unreachable.clear();
    await sweepLater();
    expect(await statusOf(sent)).toBe('pending');
  });

  test('leaves a payee paid, and the sweep finds that from the payer’s channel', async () => {
    const sent = alice.transfer(ETHER, 100n, bob);
    await alice.propose(sent.operation);
    await bob.propose(bob.claim(sent));
    unreachable.add(transferKey(sent.transferId));
    await expect(bob.propose(...bob.unlock(sent))).rejects.toThrow('died');
    unreachable.clear();
    expect(await dueOf(bob)).toBeUndefined();
    await sweepLater();
    expect(await statusOf(sent)).toBe('resolved');
  });

  test('long after the payment too: then the payee’s channel is due itself', async () => {
    const sent = alice.transfer(ETHER, 100n, null);
    await alice.propose(sent.operation);
    await sweepLater();
    await world.pass(3_600);
    await bob.propose(bob.claim(sent));
    unreachable.add(transferKey(sent.transferId));
    await expect(bob.propose(...bob.unlock(sent))).rejects.toThrow('died');
    unreachable.clear();
    await sweepLater();
    expect(await statusOf(sent)).toBe('resolved');
    await sweepLater();
    expect(await dueOf(bob)).toBeUndefined();
  });
});

describe('a claim whose handler died before its commit', () => {
  const claimedOnly = async (): Promise<Sent> => {
    const sent = alice.transfer(ETHER, 100n, null, { expiresAt: world.hub.clock.now() + 60 });
    await alice.propose(sent.operation);
    const { transfer: held, etag } = (await loadTransfer(world.hub, sent.transferId))!;
    const claim = { channel: bob.channel.address, appId: sent.transferId, user: bob.address };
    const claimed = claimTransfer(held, claim, world.hub.clock.now() + 30);
    if (!claimed.ok) throw new Error(claimed.error.code);
    expect(await saveTransfer(world.hub, claimed.value, etag)).toBe(true);
    return sent;
  };

  test('is released by the next who claims, once it is older than a handler', async () => {
    const sent = await claimedOnly();
    expect(code(await carol.propose(carol.claim(sent)))).toBe('transfer_claimed');
    await world.pass(31);
    expect(code(await carol.propose(carol.claim(sent)))).toBe('ok');
  });

  test('and by the payer who wants its money back', async () => {
    const sent = await claimedOnly();
    const refund = { kind: 'uninstall', appId: alice.appOf(sent) } as const;
    await world.pass(20);
    expect(code(await alice.propose(refund))).toBe('transfer_claimed');
    await world.pass(41);
    expect(code(await alice.propose(refund))).toBe('ok');
    expect((await loadChannel(world.hub, 31337, alice.channel.address))!.body.routes).toEqual([]);
  });
});
