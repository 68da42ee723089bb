// SPDX-License-Identifier: MIT
/**
 * Writes the stored fixtures of what a hub's life leaves in its store, in today's shapes:
 * `node test/stored/generate-fixtures.ts`. Only for shapes that were never released; a released fixture never changes.
 */
import { writeFileSync } from 'node:fs';
import { channelKey } from '../../lib/hub/channel-item.ts';
import { sweep } from '../../lib/hub/timers/sweep.ts';
import { watch } from '../../lib/hub/timers/watch.ts';
import { transferKey } from '../../lib/hub/transfer-item.ts';
import type { Operation } from '../../lib/protocol/operations.ts';
import { ETHER, type Hash } from '../../lib/protocol/types.ts';
import { createTestHub, TEST_CHAIN } from '../harness/hub-in-memory.ts';
import { ScriptedChainWriter } from '../harness/scripted-chain-writer.ts';
import { TestUser } from '../harness/test-user.ts';

const folder = new URL('../../infra/migrations/fixtures/v1/', import.meta.url);
const { chainId } = TEST_CHAIN;

const world = await createTestHub({ writer: new ScriptedChainWriter() });
const { store } = world.hub;
const user = (seed: number): Promise<TestUser> => new TestUser(world.door, seed).open();
const [payer, payee, leaver] = [await user(31), await user(32), await user(33)];
await payer.fund(ETHER, 1_000n);
await payee.fund(ETHER, 0n, 500n);
await leaver.fund(ETHER, 1_000n);

async function keep(name: string, key: string): Promise<void> {
  const item = await store.get(key);
  if (item === null) throw new Error(`no ${key}`);
  const { etag: _, ...stored } = item;
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(stored, null, 2)}\n`);
}
async function agree(who: TestUser, ...operations: readonly Operation[]): Promise<void> {
  const reply = await who.propose(...operations);
  if (!reply.ok) throw new Error(JSON.stringify(reply.error));
}
const keyOf = (who: TestUser): string => channelKey(chainId, who.channel.address);

const sealed = `0x${'5e'.repeat(81)}` as const;
const paid = payer.transfer(ETHER, 10n, payee, { sealed });
const claimed = payer.transfer(ETHER, 60n, payee, { sealed });
const link = payer.transfer(ETHER, 7n, null);
await agree(payer, paid.operation, claimed.operation, link.operation);
await agree(payee, payee.claim(paid), payee.claim(claimed));
await agree(payee, ...payee.unlock(paid));
await agree(payer, {
  kind: 'withdraw',
  party: 0,
  asset: ETHER,
  amount: 5n,
  recipient: payer.address,
  nonce: `0x${'77'.repeat(32)}` as string as Hash,
  deadline: world.hub.clock.now() + 86_400,
  handler: ETHER,
  data: '0x',
});
await keep('channel-payer', keyOf(payer));
await keep('channel-payee', keyOf(payee));
await keep('transfer-claimed', transferKey(claimed.transferId));
await keep('transfer-resolved', transferKey(paid.transferId));
await world.pass(31);
await sweep(world.hub, world.chain);
await keep('transfer-link', transferKey(link.transferId));

const left = leaver.transfer(ETHER, 20n, payee, { sealed });
await agree(leaver, left.operation);
const { address } = leaver.channel;
const finalizesAt = world.hub.clock.now() + TEST_CHAIN.challengePeriod;
world.world.challenges.set(address, { epoch: 0n, floorVersion: leaver.state.ledger.version, finalizesAt });
await watch(world.hub, world.chain);
await keep('dispute-open', `dispute#${chainId}#${address}#0`);
world.world.challenges.set(address, { epoch: 1n, floorVersion: 0n, finalizesAt: 0 });
await watch(world.hub, world.chain);
await keep('dispute-past', `dispute#${chainId}#${address}#0`);
