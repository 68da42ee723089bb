// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, test } from '@jest/globals';
import { firstOpen } from '../../lane/lane.ts';
import { submit } from '../../lane/submit.ts';
import { ok } from '../../protocol/result.ts';
import { ETHER } from '../../protocol/types.ts';
import type { Expectation, NewItem } from '../../store/store.ts';
import { BUNDLES } from '../../../test/harness/scripted-chain-writer.ts';
import { defenceLane } from '../lanes.ts';
import { watch, watchChannel } from '../timers/watch.ts';
import { leaveChannel } from './leave.ts';
import {
  PERIOD,
  alice,
  begin,
  bob,
  bodyOf,
  challenge,
  claimed,
  code,
  disputeOf,
  now,
  settle,
  showPreimage,
  tick,
  waiting,
  world,
  writer,
} from './testing/disputed-pair.ts';

beforeEach(() => begin());

describe('a stale ledger on chain', () => {
  test('is answered once with the latest one, and nothing is agreed meanwhile (invariant 10)', async () => {
    await alice.propose(alice.transfer(ETHER, 10n, bob).operation);
    challenge(alice, 1n);
    await tick();
    await tick();
    expect(await waiting()).toEqual(['answer']);
    expect(writer.steps[0]).toMatchObject({
      kind: 'answer',
      ledger: { version: 2n },
      signatures: alice.state.signatures,
    });
    expect(world.told.at(-1)).toMatchObject({ user: alice.address, event: { type: 'channel.disputed' } });
    expect(code(await alice.propose(alice.transfer(ETHER, 10n, bob).operation))).toBe('channel_disputed');
  });

  test('is answered though nothing can be written of its channel (invariant 15)', async () => {
    challenge(alice, 0n);
    const { store } = world.hub;
    const spoiled = new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        if (name !== 'put') return member.bind(target) as unknown;
        return async (item: NewItem, expect: Expectation) =>
          /^(lane|send)#/.test(item.key) ? target.put(item, expect) : { ok: false, reason: 'conflict' };
      },
    });
    const looked = await watchChannel({ ...world.hub, store: spoiled }, world.chain, alice.channel.address);
    expect(code(looked)).toBe('busy');
    expect(await waiting()).toEqual(['answer']);
  });

  test('answered leaves the channel usable, and nothing behind (invariant 13)', async () => {
    challenge(alice, 0n);
    await tick();
    expect(await disputeOf(alice)).toMatchObject({ kept: null, leave: false });
    world.world.challenges.set(alice.channel.address, { epoch: 0n, floorVersion: 1n, finalizesAt: 0 });
    await tick();
    expect(await disputeOf(alice)).toBeUndefined();
    expect(code(await alice.propose(alice.transfer(ETHER, 10n, bob).operation))).toBe('ok');
  });

  test('answered and then reorganized away is answered again', async () => {
    challenge(alice, 0n);
    await tick();
    const lane = defenceLane(world.hub, world.chain);
    await submit(lane);
    writer.mine(world.world.block.number);
    await submit(lane);
    expect(await waiting()).toEqual([]);
    expect(world.triggered.at(-1)).toMatchObject({
      functionName: 'watch',
      body: { channel: alice.channel.address },
    });
    await watchChannel(world.hub, world.chain, alice.channel.address);
    const sends = await firstOpen(lane, 99);
    expect(sends.map(({ key }) => key)).toEqual([expect.stringMatching(/^answer .*~1$/)]);
  });

  test('that was reorganized away is forgotten when its time comes, without any event', async () => {
    await begin({ confirmations: 2 });
    challenge(alice);
    await tick();
    world.world.challenges.clear();
    for (let looks = 0; looks < 4; looks++) {
      await world.pass(300);
      await tick();
    }
    expect(await disputeOf(alice)).toBeUndefined();
    expect((await bodyOf(alice)).challenge).toBeNull();
  });

  test('that cannot be looked at is written down and looked at when the chain is back', async () => {
    challenge(alice, 0n);
    const { dispute: readDispute } = world.world.reader;
    const broken = {
      ...world.chain,
      reader: { ...world.world.reader, dispute: () => Promise.reject(new Error('no')) },
    };
    expect((await watch(world.hub, broken)).ok).toBe(true);
    expect(await disputeOf(alice)).toBeDefined();
    expect(await waiting()).toEqual([]);
    await world.pass(60);
    const silent = {
      ...world.chain,
      reader: {
        ...world.world.reader,
        dispute: readDispute,
        disputesIn: async () => ok({ channels: [], moves: [] }),
      },
    };
    await watch(world.hub, silent);
    expect(await waiting()).toEqual(['answer']);
  });
});

describe('a ledger that is final', () => {
  /** The payer left with an app that the hub has unlocked on chain; both are final at the same time. */
  async function unlocked(): Promise<void> {
    const sent = await claimed();
    await bob.propose(...bob.unlock(sent));
    challenge(alice);
    showPreimage(sent, alice.appOf(sent), now() + PERIOD);
    await world.pass(2 * PERIOD);
  }

  test('is settled in one transaction with the apps that pay', async () => {
    await unlocked();
    await tick();
    expect(writer.steps.at(-1)).toMatchObject({
      kind: 'bundle',
      parts: [{ kind: 'settle' }, { kind: 'settle-app' }],
    });
    expect(await waiting()).toEqual(['settle']);
  });

  test('is settled alone where an app cannot pay yet', async () => {
    await unlocked();
    writer.reverting.add(BUNDLES);
    await tick();
    expect(writer.steps.at(-1)).toMatchObject({ kind: 'settle' });
    await tick();
    expect(await waiting()).toEqual(['settle']);
  });
});

describe('the operator leaves a channel (invariant 14)', () => {
  test('with the latest ledger, and pays for the settlement as soon as it can', async () => {
    expect(code(await leaveChannel(world.hub, world.chain, bob.channel.address))).toBe('ok');
    expect(writer.steps).toMatchObject([{ kind: 'challenge', ledger: { version: 1n } }]);
    challenge(bob);
    await world.pass(PERIOD);
    await tick();
    expect(await waiting()).toEqual(['challenge', 'settle']);
    settle(bob);
    await world.pass(1);
    await tick();
    expect(await disputeOf(bob)).toBeUndefined();
    expect((await bodyOf(bob)).state.ledger.epoch).toBe(1n);
  });

  test('and what is no channel of the hub’s cannot be left', async () => {
    expect(code(await leaveChannel(world.hub, world.chain, alice.address))).toBe('unknown_channel');
  });
});
