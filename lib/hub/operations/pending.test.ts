// SPDX-License-Identifier: MIT
/** What waits for a user, whatever strangers send: they may send much, and nothing that they send keeps the rest from its payee. */
import { expect, test } from '@jest/globals';
import { createTestHub } from '../../../test/harness/hub-in-memory.ts';
import { TestUser } from '../../../test/harness/test-user.ts';
import { encodeReply } from '../../messaging/envelope.ts';
import type { Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import { ETHER, type Bytes } from '../../protocol/types.ts';
import { toJson } from '../../protocol/wire/primitives.ts';
import { METADATA_MAX } from '../../protocol/wire/statements.ts';
import { sweep } from '../timers/sweep.ts';
import { transfer } from './transfer.ts';

/** Of one message on the bus (infra/nats). */
const MOST_BYTES = 524_288;
const FAT = { metadata: `0x${'ab'.repeat(METADATA_MAX)}` as Bytes, sealed: `0x${'cd'.repeat(512)}` as Bytes };

function valueOf<T>(outcome: Outcomes<T>): T {
  if (!outcome.ok) throw new Error(outcome.error.code);
  return outcome.value;
}

test('W-C7 a hundred fat payments of a stranger fit the messages that a payee’s list comes in', async () => {
  const world = await createTestHub();
  const [mallory, alice, bob] = (await Promise.all(
    [11, 12, 13].map((seed) => new TestUser(world.door, seed).open()),
  )) as [TestUser, TestUser, TestUser];
  await mallory.fund(ETHER, 1_000n);
  await alice.fund(ETHER, 1_000n);
  const fill = async (): Promise<void> => {
    for (let number = 0; number < 49; number++)
      valueOf(await mallory.propose(mallory.transfer(ETHER, 1n, bob, FAT).operation));
  };
  await fill();
  for (let times = 0; times < 3; times++) {
    await world.pass(200);
    await sweep(world.hub, world.chain);
  }
  await fill();
  const wanted = alice.transfer(ETHER, 500n, bob);
  valueOf(await alice.propose(wanted.operation));

  const seen: string[] = [];
  let after: string | undefined;
  do {
    const request = { kind: 'pending', ...(after === undefined ? {} : { after }) } as const;
    const page = valueOf(await transfer(world.hub, world.chain, bob.caller, request));
    expect(encodeReply('id', ok(toJson(page))).length).toBeLessThan(MOST_BYTES);
    seen.push(...page.transfers.map(({ transferId }) => transferId));
    after = page.next;
  } while (after !== undefined);
  expect(seen).toContain(wanted.transferId);
  expect(new Set(seen).size).toBe(99);
});
