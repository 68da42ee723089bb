// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { createTestHub } from '../../../test/harness/hub-in-memory.ts';
import { TestUser } from '../../../test/harness/test-user.ts';
import { transferApp } from '../../protocol/apps/transfer-app.ts';
import { ETHER, type Address, type AppInstance, type ChannelState } from '../../protocol/types.ts';
import { loadChannel } from '../channels.ts';
import { admitUpdate } from './update-policy.ts';

const OTHER_APP = `0x${'0a'.repeat(20)}` as string as Address;

/** An open app in which participant `taker` is to move: the payer's transfer, or a game of the same shape. */
async function situation(taker: 0 | 1, definition: 'transfer' | 'game', payer: 'user' | 'hub') {
  const world = await createTestHub();
  const user = await new TestUser(world.door, 31).open();
  await user.fund(ETHER, 100n);
  const sent = user.transfer(ETHER, 10n, null);
  await user.propose(sent.operation);
  const { body } = (await loadChannel(world.hub, 31337, user.channel.address))!;
  const open = body.state.apps[0]!;
  const [first, second] = open.app.participants;
  const instance: AppInstance = {
    ...open,
    app: {
      ...open.app,
      definition: definition === 'transfer' ? open.app.definition : OTHER_APP,
      participants: payer === 'user' ? [first, second] : [second, first],
    },
  };
  const catalogue = new Map([
    ...world.chain.catalogue,
    [OTHER_APP, { ...transferApp, turnTaker: () => taker }],
  ]);
  const before: ChannelState = { ...body.state, apps: [instance] };
  const admitted = admitUpdate({ chain: { ...world.chain, catalogue }, body }, before, instance.id);
  return admitted.ok ? 'ok' : admitted.error.code;
}

describe('an action in a proposal', () => {
  test('is taken on the initiator’s own turn', async () => {
    expect(await situation(0, 'game', 'user')).toBe('ok');
    expect(await situation(1, 'transfer', 'hub')).toBe('ok');
  });

  test('on the hub’s turn only where a transfer pays the hub, which its countersignature agrees to', async () => {
    expect(await situation(1, 'transfer', 'user')).toBe('ok');
    expect(await situation(1, 'game', 'user')).toBe('not_turn_taker');
    expect(await situation(0, 'game', 'hub')).toBe('not_turn_taker');
  });
});
