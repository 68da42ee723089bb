// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, test } from '@jest/globals';
import { mortalStore, type Death, type Life } from '../../../test/model/mortal-store.ts';
import { toBytes } from '../../protocol/bytes.ts';
import { ETHER, type Hash } from '../../protocol/types.ts';
import { MemoryStore } from '../../store/memory-store.ts';
import { type Hub } from '../hub.ts';
import { withdraw } from '../operations/withdraw.ts';
import { watch } from '../timers/watch.ts';
import {
  alice,
  begin,
  bob,
  bodyOf,
  claimed,
  code,
  disputeOf,
  now,
  onChain,
  settle,
  tick,
  waiting,
  world,
} from './testing/disputed-pair.ts';

beforeEach(() => begin());

describe('the epoch of a channel', () => {
  test('is left only when the settlement is deep enough; until then nothing is agreed', async () => {
    await begin({ confirmations: 3 });
    settle(alice);
    world.world.since.set(alice.channel.address, world.world.block.number);
    await tick();
    expect((await bodyOf(alice)).state.ledger.epoch).toBe(0n);
    expect(code(await alice.propose(alice.transfer(ETHER, 1n, bob).operation))).toBe('channel_disputed');
    for (let blocks = 0; blocks < 3; blocks++) await world.pass(1);
    await tick();
    expect((await bodyOf(alice)).state.ledger.epoch).toBe(1n);
  });

  test('brought back by a reorganization goes on where it stood: no version is signed twice (invariant 2)', async () => {
    await alice.propose(alice.transfer(ETHER, 10n, bob).operation);
    const before = await bodyOf(alice);
    settle(alice);
    await tick();
    world.world.challenges.set(alice.channel.address, { epoch: 0n, floorVersion: 0n, finalizesAt: 0 });
    await tick();
    expect(await bodyOf(alice)).toEqual(before);
    settle(alice);
    await tick();
    expect((await bodyOf(alice)).state.ledger).toMatchObject({ epoch: 1n, version: 0n });
  });

  test('takes withdrawals with it that were signed and not mined: the settlement pays them', async () => {
    const proposal = alice.proposal([
      {
        kind: 'withdraw',
        party: 0,
        asset: ETHER,
        amount: 5n,
        recipient: alice.address,
        nonce: `0x${'01'.repeat(32)}` as Hash,
        deadline: now() + 3600,
        handler: ETHER,
        data: '0x',
      },
    ]);
    const signed = await withdraw(world.hub, world.chain, alice.caller, { kind: 'propose', proposal });
    if (!signed.ok || signed.value.kind !== 'countersigned') throw new Error(code(signed));
    const { digest } = signed.value.withdrawals[0]!;
    const signature = alice.sign(toBytes(digest));
    const submitted = { kind: 'submit', channel: alice.channel.address, digest, signature } as const;
    settle(alice);
    await tick();
    expect(code(await withdraw(world.hub, world.chain, alice.caller, submitted))).toBe('unknown_withdrawal');
    expect(await waiting()).toEqual([]);
    expect((await bodyOf(alice)).outbox).toEqual([]);
  });
});

describe('a process killed at any write (invariant 12)', () => {
  /** Alice is gone with an open app while Bob is paid; one process dies at one write, and another goes on. */
  async function play(deathAt: (write: number) => Death): Promise<number> {
    const durable = new MemoryStore();
    await begin({ store: durable });
    const sent = await claimed();
    const appId = alice.appOf(sent);
    let writes = 0;
    const asProcess = async (run: (hub: Hub) => Promise<unknown>): Promise<void> => {
      const life: Life = { isDead: false, onDeath: () => {} };
      const died = new Promise<void>((resolve) => (life.onDeath = resolve));
      const store = mortalStore(durable, 'hub', life, { deathAt: () => deathAt((writes += 1)) });
      await Promise.race([run({ ...world.hub, store }), died]);
    };
    settle(alice);
    for (let ticks = 0; ticks < 3; ticks++) await asProcess((hub) => watch(hub, world.chain));
    await bob.propose(...bob.unlock(sent));
    for (let ticks = 0; ticks < 3; ticks++) {
      await world.pass(300);
      await asProcess((hub) => watch(hub, world.chain));
    }
    expect(new Set(await waiting())).toEqual(new Set(['open-app']));
    expect(await waiting()).toHaveLength(1);
    onChain(appId, { version: 1n, steps: 1n, stage: 'settled', finalizesAt: now() });
    for (let ticks = 0; ticks < 3; ticks++) {
      await world.pass(300);
      await asProcess((hub) => watch(hub, world.chain));
    }
    expect(await disputeOf(alice)).toBeUndefined();
    expect((await bodyOf(alice)).departed).toEqual([]);
    return writes;
  }

  test.each(['before', 'after'] as const)('%s it landed', async (death) => {
    const writes = await play(() => null);
    expect(writes).toBeGreaterThan(8);
    for (let number = 1; number <= writes; number++) await play((write) => (write === number ? death : null));
  });
});
