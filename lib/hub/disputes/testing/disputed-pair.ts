// SPDX-License-Identifier: MIT
/** Two channels of one hub over a scripted chain: what it shows is what the test says. */
import { expect } from '@jest/globals';
import { createTestHub, TEST_CHAIN, type TestHub } from '../../../../test/harness/hub-in-memory.ts';
import { ScriptedChainWriter } from '../../../../test/harness/scripted-chain-writer.ts';
import { TestUser, type Sent } from '../../../../test/harness/test-user.ts';
import { firstOpen } from '../../../lane/lane.ts';
import { encodeTransferState } from '../../../protocol/apps/transfer-app.ts';
import { stateHash } from '../../../protocol/digests.ts';
import { UNDISPUTED, type AppOnChain } from '../../../protocol/dispute.ts';
import { lockHashOf } from '../../../protocol/secrets.ts';
import { ETHER, ZERO_HASH, type Hash } from '../../../protocol/types.ts';
import type { Store } from '../../../store/store.ts';
import { loadChannel } from '../../channels.ts';
import { defenceLane } from '../../lanes.ts';
import { watch } from '../../timers/watch.ts';
import { loadTransfer } from '../../transfers.ts';
import { loadDispute } from '../dispute-item.ts';

export const PERIOD = TEST_CHAIN.challengePeriod;

export let world: TestHub;
export let writer: ScriptedChainWriter;
export let alice: TestUser;
export let bob: TestUser;

/** A hub between Alice, who has money, and Bob, in whose channel the hub has some. */
export async function begin(options: { confirmations?: number; store?: Store } = {}): Promise<void> {
  writer = new ScriptedChainWriter();
  const { confirmations = 0, store } = options;
  world = await createTestHub({
    writer,
    config: { confirmations },
    ...(store === undefined ? {} : { store }),
  });
  alice = await new TestUser(world.door, 11).open();
  bob = await new TestUser(world.door, 12).open();
  await alice.fund(ETHER, 1000n);
  await bob.fund(ETHER, 0n, 500n);
}

export const code = (outcome: { ok: boolean; error?: { code: string } }): string =>
  outcome.ok ? 'ok' : outcome.error!.code;
export const now = (): number => world.hub.clock.now();
export const bodyOf = async (user: TestUser) =>
  (await loadChannel(world.hub, TEST_CHAIN.chainId, user.channel.address))!.body;
export const disputeOf = async (user: TestUser, epoch = 0n) =>
  (await loadDispute(world.hub, TEST_CHAIN.chainId, user.channel.address, epoch))?.dispute;
export const statusOf = async (sent: Sent) =>
  (await loadTransfer(world.hub, sent.transferId))?.transfer.status.kind;
export const tick = () => watch(world.hub, world.chain);
export const waiting = async () =>
  (await firstOpen(defenceLane(world.hub, world.chain), 99)).map(({ key }) => key.split(' ')[0]);

/** What the chain shows of a user's ledger: challenged at its version, unless it is said otherwise. */
export function challenge(
  user: TestUser,
  version = user.state.ledger.version,
  finalizesAt = now() + PERIOD,
): void {
  world.world.challenges.set(user.channel.address, { epoch: 0n, floorVersion: version, finalizesAt });
}

export const settle = (user: TestUser, epoch = 1n): void =>
  void world.world.challenges.set(user.channel.address, { epoch, floorVersion: 0n, finalizesAt: 0 });

export const onChain = (appId: Hash, change: Partial<AppOnChain>): void =>
  void world.world.apps.set(appId, { ...UNDISPUTED, challengeId: 1n, ...change });

/** Alice pays Bob, who has claimed and not yet shown the preimage. */
export async function claimed(amount = 100n): Promise<Sent> {
  const sent = alice.transfer(ETHER, amount, bob);
  expect(code(await alice.propose(sent.operation))).toBe('ok');
  expect(code(await bob.propose(bob.claim(sent)))).toBe('ok');
  return sent;
}

/** The payee's app as the chain shows it after the preimage was shown there. */
export function showPreimage(sent: Sent, appId: Hash, finalizesAt = now() + PERIOD): void {
  const preimage = sent.preimage;
  const amount = sent.operation.app.stakes[0]!.amounts[0];
  const state = encodeTransferState({ amount, lockHash: lockHashOf(preimage), preimage });
  world.world.paths.set(appId, [{ version: 1n, stateHash: stateHash(state), before: ZERO_HASH, state }]);
  onChain(appId, { version: 1n, steps: 1n, turnEndsAt: finalizesAt, finalizesAt });
}
