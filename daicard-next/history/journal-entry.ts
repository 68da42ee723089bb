// SPDX-License-Identifier: MIT
/** What only this device knows: what was asked for here, before and besides what the hub can tell. No secret is in it. */
import { z } from 'zod';
import type { IndraErrorCode } from '../../lib/client/indra-error.ts';
import { errorTexts } from '../strings/errors-en.ts';
import { address, hash } from '../../lib/protocol/wire/primitives.ts';

const common = {
  id: z.string(),
  /** Whose: a device may have held several wallets. */
  channel: address,
  asset: address,
  /** In the asset's smallest unit. */
  amount: z.bigint(),
  /** Seconds since 1970. */
  createdAt: z.int(),
};

const code = z.custom<IndraErrorCode>((value) => typeof value === 'string' && value in errorTexts).nullable();

/** `id` is the payment's id: made once, and used again by every retry. */
const payment = z.strictObject({
  ...common,
  kind: z.literal('payment'),
  id: hash,
  transferId: hash,
  /** Identifier of the payee; null for a link. */
  to: z.string().nullable(),
  note: z.string().nullable(),
  /** Seconds the payee has. */
  expiresIn: z.int().nullable(),
  /** `sent`: the hub has it, and knows the rest. `unknown`: asked for, and not answered yet. */
  status: z.enum(['sending', 'unknown', 'sent', 'refused']),
  code,
});
export type PaymentEntry = z.output<typeof payment>;

const withdrawal = z.strictObject({
  ...common,
  kind: z.literal('withdrawal'),
  recipient: address,
  /** Null until both have signed. */
  digest: hash.nullable(),
  transactionHash: hash.nullable(),
  status: z.enum(['signing', 'unknown', 'agreed', 'executed', 'returned', 'refused']),
  code,
});
export type WithdrawalEntry = z.output<typeof withdrawal>;

const deposit = z.strictObject({ ...common, kind: z.literal('deposit') });
export type DepositEntry = z.output<typeof deposit>;

export const journalEntrySchema = z.discriminatedUnion('kind', [payment, withdrawal, deposit]);
export type JournalEntry = z.output<typeof journalEntrySchema>;
