// SPDX-License-Identifier: MIT
import { beforeEach, describe, expect, test } from '@jest/globals';
import { createTestHub, type TestHub } from '../../../test/harness/hub-in-memory.ts';
import { ScriptedChainWriter } from '../../../test/harness/scripted-chain-writer.ts';
import { TestUser, type Sent } from '../../../test/harness/test-user.ts';
import { encodeTransferState } from '../../protocol/apps/transfer-app.ts';
import { appStateDigest, stateHash } from '../../protocol/digests.ts';
import type { Operation } from '../../protocol/operations.ts';
import { lockHashOf } from '../../protocol/secrets.ts';
import { METADATA_MAX } from '../../protocol/wire/statements.ts';
import { ETHER, NO_ADDRESS, type Address, type Bytes, type Hash } from '../../protocol/types.ts';
import { maxBodyBytes } from '../../store/item-form.ts';
import { loadChannel } from '../channels.ts';
import { transfer } from '../operations/transfer.ts';
import { update } from '../operations/update.ts';
import { watch } from '../timers/watch.ts';
import { bytesOf, ROOM_OF_HUB, ROOM_TO_GROW, ROOM_TO_MOVE } from './room.ts';

let world: TestHub;
let alice: TestUser;
let bob: TestUser;

beforeEach(async () => {
  world = await createTestHub({ writer: new ScriptedChainWriter() });
  [alice, bob] = (await Promise.all([11, 12].map((seed) => new TestUser(world.door, seed).open()))) as [
    TestUser,
    TestUser,
  ];
  await alice.fund(ETHER, 1_000_000n);
  await bob.fund(ETHER, 0n, 1_000_000n);
});

const code = (outcome: { ok: boolean; error?: { code: string } }): string =>
  outcome.ok ? 'ok' : outcome.error!.code;
const bodyOf = async (user: TestUser) => (await loadChannel(world.hub, 31337, user.channel.address))!.body;

const hexOf = (bytes: number): Bytes => `0x${'ab'.repeat(bytes)}`;
const HANDLER = `0x${'ad'.repeat(20)}` as string as Address;
const withdrawal = (count: number, handler: Address, data: Bytes): Operation => ({
  kind: 'withdraw',
  party: 0,
  asset: ETHER,
  amount: 1n,
  recipient: alice.address,
  nonce: `0x${count.toString(16).padStart(64, '0')}` as string as Hash,
  deadline: world.hub.clock.now() + 86_400,
  handler,
  data,
});

/** As many of them as the hub takes, a batch at a time. What it said at last. */
async function pour(user: TestUser, next: () => Operation, batch: number): Promise<string> {
  for (let size = batch; ;) {
    const said = code(await user.propose(...Array.from({ length: size }, next)));
    if (said === 'ok') continue;
    if (size === 1) return said;
    size = 1;
  }
}

/** Each character of it takes six bytes of JSON, and a longer one is refused at the door. */
const LONGEST = { metadata: hexOf(METADATA_MAX), sealed: hexOf(512) };

async function isMarked(user: TestUser): Promise<void> {
  const finalizesAt = world.hub.clock.now() + 3_600;
  world.world.challenges.set(user.channel.address, { epoch: 0n, floorVersion: 1n, finalizesAt });
  await watch(world.hub, world.chain);
  expect((await bodyOf(user)).challenge).toEqual({ version: 1n, finalizesAt });
  world.world.challenges.set(user.channel.address, { epoch: 0n, floorVersion: 1n, finalizesAt: 0 });
  await watch(world.hub, world.chain);
  expect((await bodyOf(user)).challenge).toBeNull();
}

describe('W-A1 a padded item', () => {
  test('is not had by data of withdrawals: none without a handler, little with one, and only its hash is kept', async () => {
    expect(code(await alice.propose(withdrawal(1, NO_ADDRESS, hexOf(1))))).toBe('withdrawal_data');
    expect(code(await alice.propose(withdrawal(1, HANDLER, hexOf(16_000))))).toBe('withdrawal_data');
    let count = 0;
    const next = () => withdrawal((count += 1), HANDLER, hexOf(1_024));
    expect(await pour(alice, next, 16)).toBe('too_many');
    expect((await bodyOf(alice)).state.withdrawals).toHaveLength(32);
    expect(bytesOf(await bodyOf(alice))).toBeLessThan(32_000);
  });

  test('nor by all of it at once: the item stays below its bound, and the hub’s marks fit', async () => {
    let count = 0;
    await pour(alice, () => withdrawal((count += 1), HANDLER, hexOf(1_024)), 16);
    const sent: Sent[] = [];
    const said = await pour(
      alice,
      () => {
        sent.push(alice.transfer(ETHER, 1n, null, LONGEST));
        return sent.at(-1)!.operation;
      },
      40,
    );
    expect(['channel_full', 'too_many']).toContain(said);
    const bytes = bytesOf(await bodyOf(alice));
    expect(bytes).toBeLessThanOrEqual(ROOM_TO_GROW);
    expect(maxBodyBytes - bytes).toBeGreaterThan(ROOM_OF_HUB);
    await isMarked(alice);
  });

  test('leaves credits, cancels, refunds and returns their way out when nothing else fits', async () => {
    const sent: Sent[] = [];
    const next = () => {
      sent.push(alice.transfer(ETHER, 1n, null, LONGEST));
      return sent.at(-1)!.operation;
    };
    expect(code(await alice.propose(...Array.from({ length: 64 }, next)))).toBe('channel_full');
    expect(code(await alice.propose(...Array.from({ length: 32 }, next)))).toBe('ok');
    const open = sent.slice(64);
    world.world.put(alice.channel.address, ETHER, [1_000_001n, 0n]);
    expect(code(await alice.propose({ kind: 'deposit', asset: ETHER, deposits: [1_000_001n, 0n] }))).toBe(
      'ok',
    );
    const gone: Operation[] = [];
    for (const one of open) {
      const request = { kind: 'cancel', transferId: one.transferId } as const;
      expect(code(await transfer(world.hub, world.chain, alice.caller, request))).toBe('ok');
      gone.push({ kind: 'uninstall', appId: alice.appOf(one) });
    }
    expect(code(await alice.propose(...gone))).toBe('ok');
    expect(alice.balance(ETHER)).toBe(1_000_001n);
  });

  test('nor by moves outside the ledger: two hundred apps, each with both signatures and its preimage shown', async () => {
    const sent: Sent[] = [];
    for (let round = 0; round < 5; round++) {
      const some = Array.from({ length: 40 }, () => alice.transfer(ETHER, 1n, bob));
      expect(code(await alice.propose(...some.map(({ operation }) => operation)))).toBe('ok');
      expect(code(await bob.propose(...some.map((one) => bob.claim(one))))).toBe('ok');
      sent.push(...some);
    }
    for (const one of sent) {
      const { preimage } = one;
      const appId = bob.appOf(one);
      const state = encodeTransferState({ amount: 1n, lockHash: lockHashOf(preimage), preimage });
      const signature = bob.sign(
        appStateDigest(bob.channel.domain, { appId, version: 1n, stateHash: stateHash(state) }),
      );
      const moved = await update(world.hub, world.chain, bob.caller, {
        channel: bob.channel.address,
        appId,
        version: 1n,
        action: preimage,
        signature,
        claimerSignature: bob.sign(one.digest),
      });
      expect(['ok', 'channel_full']).toContain(code(moved));
    }
    expect(bytesOf(await bodyOf(bob))).toBeLessThanOrEqual(ROOM_TO_MOVE);
    await isMarked(bob);
  });
});
