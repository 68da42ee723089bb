// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { createTestHub, TEST_CHAIN } from '../../../test/harness/hub-in-memory.ts';
import { ScriptedChainWriter } from '../../../test/harness/scripted-chain-writer.ts';
import { TestUser } from '../../../test/harness/test-user.ts';
import { firstOpen } from '../../lane/lane.ts';
import { toBytes, toHash } from '../../protocol/bytes.ts';
import { ETHER, INITIATOR, NO_ADDRESS } from '../../protocol/types.ts';
import { treasuryLane } from '../lanes.ts';
import { withdraw } from './withdraw.ts';

const NONCE = toHash(new Uint8Array(32).fill(0xab));

describe('W-A8 a withdrawal that is not worth its gas', () => {
  test.each([
    [99n, 'amount_out_of_range', 0],
    [100n, 'ok', 1],
  ])('of %d is countersigned, and %s where the hub is to send it', async (amount, code, sends) => {
    const assets = TEST_CHAIN.assets.map((asset) => ({ ...asset, withdrawal: { min: 100n } }));
    const { hub, chain, door } = await createTestHub({
      writer: new ScriptedChainWriter(),
      config: { assets },
    });
    const alice = await new TestUser(door, 11).open();
    await alice.fund(ETHER, 1000n);
    const proposed = await alice.propose({
      kind: 'withdraw',
      party: INITIATOR,
      asset: ETHER,
      amount,
      recipient: alice.address,
      nonce: NONCE,
      deadline: hub.clock.now() + 3_600,
      handler: NO_ADDRESS,
      data: '0x',
    });
    expect(proposed.ok).toBe(true);
    const { digest } = alice.state.withdrawals[0]!;
    const { address: channel } = alice.channel;
    const signature = alice.sign(toBytes(digest));
    const submitted = await withdraw(hub, chain, alice.caller, {
      kind: 'submit',
      channel,
      digest,
      signature,
    });
    expect(submitted.ok ? 'ok' : submitted.error.code).toBe(code);
    expect(await firstOpen(treasuryLane(hub, chain), 9)).toHaveLength(sends);
  });
});
