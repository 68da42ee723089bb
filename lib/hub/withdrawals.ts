// SPDX-License-Identifier: MIT
/** Withdrawals the hub sends for its users, through the nonce lane. */
import { enqueue } from '../lane/lane.ts';
import type { Hash } from '../protocol/types.ts';
import { withdrawalWith } from '../protocol/apply-operation.ts';
import type { ChannelBody, Effect } from './channel-item.ts';
import { treasuryLane } from './lanes.ts';
import type { Hub } from './hub.ts';

export const withdrawalSendKey = (digest: Hash): string => `withdrawal#${digest}`;

const WITHDRAWAL_RANK = 6;

/** Puts the withdrawal into the lane once. False if the chain could not be asked or the hub's own signature is gone. */
export async function enqueueWithdrawal(
  hub: Hub,
  body: ChannelBody,
  effect: Extract<Effect, { kind: 'execute' }>,
): Promise<boolean> {
  const { channel, state, withdrawalSignatures } = body;
  const chain = hub.chains.get(channel.domain.chainId);
  const open = state.withdrawals.find((other) => other.digest === effect.digest);
  const ours = withdrawalSignatures.find((held) => held.digest === effect.digest);
  if (chain === undefined || open === undefined || ours === undefined) return open === undefined;
  // Only those without a handler, and so without data, are sent by the hub.
  const withdrawal = withdrawalWith(open, '0x');
  if (withdrawal === null) return true;
  const call = await chain.treasury.withdrawalCall(channel, {
    withdrawal,
    signatures: [effect.signature, ours.signature],
  });
  if (!call.ok) return false;
  await enqueue(treasuryLane(hub, chain), [
    {
      key: withdrawalSendKey(effect.digest),
      rank: WITHDRAWAL_RANK,
      call: call.value,
      after: null,
      purpose: {
        kind: 'withdrawal',
        channel: channel.address,
        user: channel.initiator,
        digest: effect.digest,
      },
    },
  ]);
  return true;
}
