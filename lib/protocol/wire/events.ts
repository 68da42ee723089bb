// SPDX-License-Identifier: MIT
/** What the hub tells a user without being asked. Events are hints: all they say can be fetched again. */
import { z } from 'zod';
import { address, hash, signature } from './primitives.ts';
import { transferView } from './requests.ts';

export const hubEvent = z.discriminatedUnion('type', [
  /** A transfer waits to be claimed. As the payee sees it, so that it need not ask first. */
  z.object({
    type: z.literal('transfer.pending'),
    transferId: hash,
    transfer: transferView.optional(),
  }),
  /** The payee was paid: here is the preimage the payer's app is to be closed with, and the claimer's word that it was. */
  z.object({
    type: z.literal('transfer.resolved'),
    transferId: hash,
    preimage: hash,
    claimerSignature: signature.nullable(),
  }),
  /** The payer may take the stake back. */
  z.object({ type: z.literal('transfer.cancelled'), transferId: hash }),
  /** Hub-side money arrived on chain and waits to be processed by a deposit proposal. */
  z.object({ type: z.literal('deposit.requested'), channel: address, asset: address }),
  /** A withdrawal was executed on chain. */
  z.object({ type: z.literal('withdrawal.executed'), channel: address, digest: hash }),
  z.object({ type: z.literal('channel.disputed'), channel: address }),
]);
export type HubEvent = z.output<typeof hubEvent>;
