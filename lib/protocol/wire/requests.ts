// SPDX-License-Identifier: MIT
/**
 * Bodies and results of the operations a user may ask for. The operation's name is its subject's last token, its
 * function's folder, its HTTP path and its SDK method.
 */
import { z } from 'zod';
import { address, bytes, hash, period, signature, uint, uint64, whole } from './primitives.ts';
import { appUpdate, proposal } from './proposals.ts';
import { agreedState, cancel, channel } from './structures.ts';

/** What the hub agreed to: its signature on the proposed ledger, and one on each Withdrawal the proposal debits. */
const countersigned = z.strictObject({
  version: uint64,
  signature,
  withdrawals: z.array(z.strictObject({ digest: hash, signature })),
});
export type Countersigned = z.output<typeof countersigned>;

/** Collateral of one asset: what the hub's side of the channel holds, and what is on its way there. */
const receivable = z.strictObject({ asset: address, available: uint, pending: uint });
export type Receivable = z.output<typeof receivable>;

const channelView = z.strictObject({
  channel,
  state: agreedState,
  receivable: z.array(receivable),
  /** True while a challenge is open: nothing is agreed then. */
  disputed: z.boolean(),
});
export type ChannelView = z.output<typeof channelView>;

export const transferStatus = z.enum(['pending', 'claimed', 'resolved', 'cancelled']);
export type TransferStatus = z.output<typeof transferStatus>;

/** A transfer as one of its sides, or the holder of its link, may see it. */
export const transferView = z.strictObject({
  transferId: hash,
  status: transferStatus,
  /** `bearer` holds a link and is neither side yet. */
  role: z.enum(['payer', 'payee', 'bearer']),
  /** What the payer signed, with the transfer's id, `recipient`, `expiresAt` and the hash of `metadata`. */
  payer: address,
  toChainId: whole,
  asset: address,
  amount: uint,
  metadata: bytes.nullable(),
  /** By the payer, on the Payment. */
  signature,
  lockHash: hash,
  claimant: address.nullable(),
  recipient: address.nullable(),
  sealed: bytes.nullable(),
  /** No claim is accepted after it. */
  expiresAt: whole,
  /** The payer's app cannot be refunded on chain before it. */
  holdUntil: whole,
  preimage: hash.nullable(),
  /** By the claimer, on the Payment; null before, and where the preimage was shown on chain alone. */
  claimerSignature: signature.nullable(),
  /** The payer's app; null for anyone else. */
  appId: hash.nullable(),
  createdAt: whole,
});
export type TransferView = z.output<typeof transferView>;

const transferRequest = z.discriminatedUnion('kind', [
  /** What others sent to this user and is not claimed yet. */
  z.strictObject({ kind: z.literal('pending'), after: z.string().max(2000).optional() }),
  z.strictObject({ kind: z.literal('get'), transferId: hash }),
  /** Both directions, newest first. */
  z.strictObject({
    kind: z.literal('history'),
    side: z.enum(['payer', 'payee']),
    after: z.string().max(2000).optional(),
  }),
  z.strictObject({ kind: z.literal('cancel'), transferId: hash }),
]);
export type TransferRequest = z.output<typeof transferRequest>;

const transferResult = z.strictObject({ transfers: z.array(transferView), next: z.string().optional() });

const submitWithdrawal = z.strictObject({ channel: address, digest: hash, signature });

const withdrawalStatus = z.strictObject({
  digest: hash,
  status: z.enum(['queued', 'sent', 'executed']),
  transactionHash: hash.nullable(),
});

/** `[body, result]` of every operation. */
export const OPERATIONS = {
  open: [z.strictObject({ challengePeriod: period }), channelView],
  sync: [z.strictObject({ channel: address }), channelView],
  deposit: [proposal, countersigned],
  propose: [proposal, countersigned],
  install: [proposal, countersigned],
  uninstall: [proposal, countersigned],
  update: [appUpdate, z.strictObject({ version: uint64, signature })],
  /** First the proposal that debits the ledger; then, once that is agreed, the initiator's own signature to be sent on chain. */
  withdraw: [
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('propose'), proposal }),
      z.strictObject({ kind: z.literal('submit'), ...submitWithdrawal.shape }),
      z.strictObject({ kind: z.literal('status'), channel: address, digest: hash }),
    ]),
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('countersigned'), ...countersigned.shape }),
      z.strictObject({ kind: z.literal('withdrawal'), ...withdrawalStatus.shape }),
    ]),
  ],
  transfer: [transferRequest, transferResult],
  /** Asks for hub-side money; the hub decides by its profile. */
  collateral: [z.strictObject({ channel: address, asset: address, amount: uint }), receivable],
  /** A look at the chain for a challenge, now; or the hub's signature beside the initiator's on a Cancel of the ledger's challenge. */
  dispute: [
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('look'), channel: address }),
      z.strictObject({ kind: z.literal('cancel'), cancel, signature }),
    ]),
    z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('looked'), disputed: z.boolean() }),
      z.strictObject({ kind: z.literal('cancelled'), signature }),
    ]),
  ],
} as const satisfies Record<string, readonly [z.ZodType, z.ZodType]>;

export type OperationName = keyof typeof OPERATIONS;
export type BodyOf<O extends OperationName> = z.output<(typeof OPERATIONS)[O][0]>;
export type ResultOf<O extends OperationName> = z.output<(typeof OPERATIONS)[O][1]>;
