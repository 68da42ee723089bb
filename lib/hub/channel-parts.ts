// SPDX-License-Identifier: MIT
/** What a channel item holds besides the double-signed state. */
import { z } from 'zod';
import { address, bytes, hash, signature, uint, uint64, whole } from '../protocol/wire/primitives.ts';

const payerSide = z.strictObject({ side: z.literal('payer'), transferId: hash });
/**
 * `payment`: the Payment's digest, which the claimer signs when it shows the preimage. `dead`: its time is over and its transfer was
 * given back, so that nothing unlocks it any more, whatever a clock says (rule 6).
 */
const payeeSide = z.strictObject({
  side: z.literal('payee'),
  transferId: hash,
  payment: hash,
  dead: z.literal(true).optional(),
});

/** Which transfer an open app is one side of, and how. */
export const routeSide = z.discriminatedUnion('side', [payerSide, payeeSide]);
export const route = z.discriminatedUnion('side', [
  payerSide.extend({ appId: hash }),
  payeeSide.extend({ appId: hash }),
]);
export type Route = z.output<typeof route>;

/** A side of a transfer whose app was open when its epoch was settled: the chain decides it. */
export const departed = z.strictObject({
  appId: hash,
  side: z.enum(['payer', 'payee']),
  transferId: hash,
  actionDeadline: whole,
});
export type Departed = z.output<typeof departed>;

/** The responder's signature on an open withdrawal. */
export const heldSignature = z.strictObject({ digest: hash, signature });

/** What the payer's committed install makes of a transfer: enough to create T at any later time. */
export const transferSeed = z.strictObject({
  transferId: hash,
  chainId: whole,
  payer: address,
  payerChannel: address,
  appId: hash,
  recipient: address.nullable(),
  claimant: address.nullable(),
  sealed: bytes.nullable(),
  /** What the payee gets, and on which chain. */
  toChainId: whole,
  asset: address,
  amount: uint,
  lockHash: hash,
  expiresAt: whole,
  holdUntil: whole,
  metadata: bytes.nullable(),
  /** By the payer, on the Payment. */
  signature,
  createdAt: whole,
});
export type TransferSeed = z.output<typeof transferSeed>;

/** Commit, then act: what a commit owes the rest of the world. Each may be repeated without harm. */
export const effect = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('create'), transfer: transferSeed, at: whole }),
  /** Rule 4: the payee was paid under this commit; T must become resolved. */
  z.strictObject({
    kind: z.literal('paid'),
    transferId: hash,
    appId: hash,
    preimage: hash,
    claimerSignature: signature.nullable(),
    at: whole,
  }),
  /** The initiator signed last: the withdrawal is to be sent. */
  z.strictObject({ kind: z.literal('execute'), digest: hash, signature, at: whole }),
]);
export type Effect = z.output<typeof effect>;

/** An open challenge seen on chain: nothing is agreed while it stands. */
export const challenge = z.strictObject({ version: uint64, finalizesAt: whole }).nullable();
