// SPDX-License-Identifier: MIT
/** One seed on two devices that both lost everything, and a hub that serves both the same state. */
import { expect, test } from '@jest/globals';
import { ETHER } from '../../lib/protocol/types.ts';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import { TwoUsers } from './two-users.ts';

test('W-A11 they never sign one version twice, and only one of them writes', async () => {
  const two = await TwoUsers.create(1_000n);
  const [alice, bob] = two.users;
  await two.once(two.alice.transfer({ to: bob.identifier, asset: ETHER, amount: 10n }));
  await two.pass(5);
  await two.once(two.alice.close());
  const first = await two.start({ ...alice, store: new MemoryStore() });
  const second = await two.start({ ...alice, store: new MemoryStore() });
  expect(second.restoredVersion).toBe(first.restoredVersion);
  const pay = (client: typeof first) => client.transfer({ to: bob.identifier, asset: ETHER, amount: 5n });
  const outcomes = await two.once(Promise.allSettled([pay(first), pay(second)]));
  await two.pass(10);
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect([first.isReadOnly, second.isReadOnly].toSorted()).toEqual([false, true]);
  expect(two.bob.balance(ETHER).certain).toBe(1_015n);
  expect(two.world.book.violations).toEqual([]);
});
