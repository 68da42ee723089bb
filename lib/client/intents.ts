// SPDX-License-Identifier: MIT
/**
 * What somebody wants of the channel, before it has a version. An intent is plain data and is stored beside the
 * proposal it went into, so that a refused or superseded proposal can be made anew after a crash (invariant 12).
 */
import { z } from 'zod';
import type { Hash } from '../protocol/types.ts';
import { address, bytes, hash, pair, uint, whole } from '../protocol/wire/primitives.ts';

const send = z.strictObject({
  kind: z.literal('send'),
  paymentId: hash,
  transferId: hash,
  /** Identifier of the payee; null for a link. */
  to: z.string().nullable(),
  asset: address,
  amount: uint,
  expiresAt: whole,
  note: z.string().nullable(),
});

const claim = z.strictObject({
  kind: z.literal('claim'),
  transferId: hash,
  asset: address,
  amount: uint,
  lockHash: hash,
  /** Digest of the Payment that the lock is bound to. */
  payment: hash,
  /** Of the payer's app, or sooner: what the deadline of ours is counted back from. */
  holdUntil: whole,
  secret: hash,
  /** Whether the transfer names nobody, so that the claim must be signed with the key the secret gives. */
  bearer: z.boolean(),
});

/** Unlock and uninstall, on either side of a transfer. */
const close = z.strictObject({
  kind: z.literal('close'),
  appId: hash,
  transferId: hash,
  preimage: hash,
  /** Where this user is the payee: the digest it signs for the payer. */
  payment: hash.nullable(),
});

/** Uninstall at the outcome of a transfer that was never unlocked: the stake goes back to its payer. */
const refund = z.strictObject({ kind: z.literal('refund'), appId: hash, transferId: hash });

const deposit = z.strictObject({ kind: z.literal('deposit'), asset: address, deposits: pair(uint) });

const withdraw = z.strictObject({
  kind: z.literal('withdraw'),
  nonce: hash,
  asset: address,
  amount: uint,
  recipient: address,
  deadline: whole,
  handler: address,
  data: bytes,
});

/** Takes back a withdrawal that passed its deadline unexecuted. */
const takeBack = z.strictObject({ kind: z.literal('return'), digest: hash });

export const intentSchema = z.discriminatedUnion('kind', [
  send,
  claim,
  close,
  refund,
  deposit,
  withdraw,
  takeBack,
]);
export type Intent = z.output<typeof intentSchema>;
export type SendIntent = z.output<typeof send>;
export type ClaimIntent = z.output<typeof claim>;
export type CloseIntent = z.output<typeof close>;
export type WithdrawIntent = z.output<typeof withdraw>;

/** Two intents with one key are one intent: asking again joins the first. */
export function intentKey(intent: Intent): string {
  switch (intent.kind) {
    case 'send':
      return `send ${intent.paymentId}`;
    case 'claim':
      return `claim ${intent.transferId}`;
    case 'close':
    case 'refund':
      return `close ${intent.appId}`;
    case 'deposit':
      return `deposit ${intent.asset}`;
    case 'withdraw':
      return `withdraw ${intent.nonce}`;
    case 'return':
      return `return ${intent.digest}`;
  }
}

/** What raises a balance goes first, so that what lowers one in the same proposal can use it. */
export function intentRank(intent: Intent): number {
  switch (intent.kind) {
    case 'deposit':
      return 0;
    case 'close':
    case 'refund':
    case 'return':
      return 1;
    case 'claim':
    case 'send':
    case 'withdraw':
      return 2;
  }
}

/** A credit is never dropped from the next proposal, whoever asked for it (design, section 2). */
export const isCredit = (intent: Intent): boolean => intentRank(intent) < 2;

/** Which open app is one side of which transfer; the payee's side keeps what opens it. */
export const routeSchema = z.discriminatedUnion('side', [
  z.strictObject({
    side: z.literal('payer'),
    appId: hash,
    transferId: hash,
    paymentId: hash.nullable(),
    to: z.string().nullable(),
  }),
  z.strictObject({ side: z.literal('payee'), appId: hash, transferId: hash, preimage: hash, payment: hash }),
]);
export type Route = z.output<typeof routeSchema>;

/** How a claimed app is closed. */
export const closeOf = (route: Extract<Route, { side: 'payee' }>): CloseIntent => {
  const { appId, transferId, preimage, payment } = route;
  return { kind: 'close', appId, transferId, preimage, payment };
};

export const routeOf = (routes: readonly Route[], appId: Hash): Route | null =>
  routes.find((route) => route.appId === appId) ?? null;
