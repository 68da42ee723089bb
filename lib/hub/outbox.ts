// SPDX-License-Identifier: MIT
/** Effects of a commit. Each looks before it acts, so repeating one is harmless; what is done leaves the outbox with the next commit. */
import type { ChannelBody, Effect, TransferSeed } from './channel-item.ts';
import { hintPayer } from './disputes/hint.ts';
import type { Hub } from './hub.ts';
import { newTransfer } from './transfer-item.ts';
import { viewOf } from './transfer-view.ts';
import { enqueueWithdrawal } from './withdrawals.ts';
import type { Transfer } from './transfer-item.ts';
import { createTransfer, writeResolved, type TransfersOfStep } from './transfers.ts';

export function tellPayee(hub: Hub, seed: TransferSeed): void {
  const { recipient: user, chainId, transferId } = seed;
  if (user === null) return;
  const transfer = viewOf(newTransfer(seed), { chainId, user }) ?? undefined;
  hub.bus.event(user, { type: 'transfer.pending', transferId, transfer });
}

export async function tellPayer(
  hub: Hub,
  transfer: Transfer,
  { preimage, claimerSignature }: Pick<Extract<Effect, { kind: 'paid' }>, 'preimage' | 'claimerSignature'>,
): Promise<void> {
  const { payer, transferId } = transfer;
  hub.bus.event(payer, { type: 'transfer.resolved', transferId, preimage, claimerSignature });
  await hintPayer(hub, transfer);
}

/** Makes one effect true. False where it could not be: it stays due. */
async function perform(hub: Hub, body: ChannelBody, effect: Effect): Promise<boolean> {
  switch (effect.kind) {
    case 'create': {
      if (await createTransfer(hub, effect.transfer)) tellPayee(hub, effect.transfer);
      return true;
    }
    case 'paid': {
      const resolved = await writeResolved(hub, effect.transferId, effect);
      if (!resolved.ok) return false;
      await tellPayer(hub, resolved.value, effect);
      return true;
    }
    case 'execute':
      return enqueueWithdrawal(hub, body, effect);
  }
}

/** Acts on what a commit owes. A fault is logged and left to the sweep: the commit stands and its reply may go out. */
export async function performEffects(hub: Hub, body: ChannelBody, effects: readonly Effect[]): Promise<void> {
  await Promise.all(
    effects.map(async (effect) => {
      try {
        await perform(hub, body, effect);
      } catch (cause) {
        hub.log.warn(
          { effect: effect.kind, channel: body.channel.address, cause },
          'an effect is left to the sweep',
        );
      }
    }),
  );
}

async function isDone(
  hub: Hub,
  body: ChannelBody,
  effect: Effect,
  transfers: TransfersOfStep,
): Promise<boolean> {
  switch (effect.kind) {
    case 'create':
      if ((await transfers.load(effect.transfer.transferId)) !== null) return true;
      transfers.forget(effect.transfer.transferId);
      return perform(hub, body, effect);
    case 'paid': {
      const loaded = await transfers.load(effect.transferId);
      if (loaded?.transfer.status.kind === 'resolved') return true;
      transfers.forget(effect.transferId);
      return perform(hub, body, effect);
    }
    case 'execute':
      return perform(hub, body, effect);
  }
}

/** What of the outbox is not yet true, after trying once more. Whatever is missing from the answer was seen done. */
export async function remainingEffects(
  hub: Hub,
  body: ChannelBody,
  transfers: TransfersOfStep,
): Promise<readonly Effect[]> {
  if (body.outbox.length === 0) return body.outbox;
  const done = await Promise.all(body.outbox.map((effect) => isDone(hub, body, effect, transfers)));
  return body.outbox.filter((_, index) => !done[index]);
}
