// SPDX-License-Identifier: MIT
/** A channel that holds as much as it may: it is closed for new payments only. */
import { describe, expect, test } from '@jest/globals';
import { ETHER, type Address } from '../../lib/protocol/types.ts';
import { TwoUsers } from './two-users.ts';

const DEPOSIT = 10_000n;
const OUTSIDE = `0x${'99'.repeat(20)}` as const as Address;
const FULL = 200;

describe('W-D1 a full channel', () => {
  test('of 200 open payments is paid into, withdrawn from, cancelled and refunded', async () => {
    const two = await TwoUsers.create(DEPOSIT);
    const { alice, bob } = two;
    const open = await two.once(
      Promise.all(
        Array.from({ length: FULL }, () => alice.createLink({ asset: ETHER, amount: 1n, expiresIn: 400 })),
      ),
    );
    expect(alice.balance(ETHER)).toMatchObject({ certain: DEPOSIT - 200n, locked: 200n });
    expect(await two.failure(alice.createLink({ asset: ETHER, amount: 1n }))).toMatchObject({
      code: 'too_many',
      outcome: 'unchanged',
    });

    const { link } = await two.once(bob.createLink({ asset: ETHER, amount: 50n }));
    await two.once(alice.redeem(link));
    expect(alice.balance(ETHER).certain).toBe(DEPOSIT - 150n);
    await two.once(bob.transfer({ to: alice.identifier, asset: ETHER, amount: 5n, note: 'x'.repeat(500) }));
    await two.pass(10);
    expect(alice.balance(ETHER).certain).toBe(DEPOSIT - 145n);
    await two.once(alice.withdraw({ asset: ETHER, amount: 100n, recipient: OUTSIDE }));
    expect(alice.balance(ETHER).certain).toBe(DEPOSIT - 245n);
    const [cancelled, taken] = open;
    await two.once(alice.cancel(cancelled!.transferId));
    expect(alice.balance(ETHER)).toMatchObject({ certain: DEPOSIT - 244n, locked: 199n });
    await two.once(bob.redeem(taken!.link));
    await two.pass(40);
    expect(alice.balance(ETHER)).toMatchObject({ certain: DEPOSIT - 244n, locked: 198n });
    // There is room again; and what nobody opened comes back.
    await two.once(alice.createLink({ asset: ETHER, amount: 1n }));
    await two.pass(450);
    expect(alice.balance(ETHER)).toMatchObject({ certain: DEPOSIT - 47n, locked: 1n });
    expect(two.world.failures).toEqual([]);
  }, 240_000);

  test('60 payments at once with long notes are all made', async () => {
    const two = await TwoUsers.create(DEPOSIT);
    const { alice, bob } = two;
    const note = '☕'.repeat(500);
    await two.once(
      Promise.all(
        Array.from({ length: 60 }, () =>
          alice.transfer({ to: bob.identifier, asset: ETHER, amount: 1n, note }),
        ),
      ),
    );
    await two.pass(60);
    expect(bob.balance(ETHER).certain).toBe(DEPOSIT + 60n);
    expect(two.world.failures).toEqual([]);
  }, 240_000);
});
