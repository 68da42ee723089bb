// SPDX-License-Identifier: MIT
/** What follows from a finished send. Losing it costs time only: every user can find the same on chain. */
import type { FinishedSend } from '../lane/lane.ts';
import type { Address, Hash } from '../protocol/types.ts';
import { commitChannel, loadChannel } from './channels.ts';
import { lookSoon } from './disputes/hint.ts';
import type { Hub, HubChain } from './hub.ts';
import type { SendPurpose } from './send-purpose.ts';

export async function afterSend(hub: Hub, chain: HubChain, send: FinishedSend<SendPurpose>): Promise<void> {
  if (send.outcome !== 'succeeded') return;
  switch (send.purpose.kind) {
    case 'collateral': {
      const { channel, asset, user } = send.purpose;
      hub.bus.event(user, { type: 'deposit.requested', channel, asset });
      return;
    }
    case 'withdrawal': {
      const { channel, digest, user } = send.purpose;
      await forgetWithdrawal(hub, chain.config.chainId, channel, digest);
      hub.bus.event(user, { type: 'withdrawal.executed', channel, digest });
      return;
    }
    case 'dispute':
      // What did not succeed is planned again when the dispute's time comes, not at once and over and over.
      lookSoon(hub, chain.config.chainId, send.purpose.channel);
      return;
    case 'claim':
      return;
  }
}

/** An executed withdrawal is no longer open: it can neither be sent again nor come back. */
export async function forgetWithdrawal(
  hub: Hub,
  chainId: number,
  channel: Address,
  digest: Hash,
): Promise<void> {
  const loaded = await loadChannel(hub, chainId, channel);
  if (loaded === null || !loaded.body.state.withdrawals.some((open) => open.digest === digest)) return;
  const { body, etag } = loaded;
  const committed = await commitChannel(
    hub,
    {
      ...body,
      state: { ...body.state, withdrawals: body.state.withdrawals.filter((open) => open.digest !== digest) },
      withdrawalSignatures: body.withdrawalSignatures.filter((held) => held.digest !== digest),
      outbox: body.outbox.filter((effect) => effect.kind !== 'execute' || effect.digest !== digest),
    },
    etag,
  );
  if (committed === null) return forgetWithdrawal(hub, chainId, channel, digest);
}
