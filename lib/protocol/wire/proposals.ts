// SPDX-License-Identifier: MIT
import { z } from 'zod';
import type { AppUpdate, Proposal } from '../operations.ts';
import { MAX_OPERATIONS } from '../transition.ts';
import { address, bytes, hash, pair, party, signature, uint, uint64, whole } from './primitives.ts';
import { quote } from './statements.ts';
import { appTerms } from './structures.ts';

const SEALED_MAX = 512;
const NOTE_MAX = 512;

const sendRoute = z.strictObject({
  kind: z.literal('send'),
  paymentId: hash,
  recipient: address.nullable(),
  claimant: address.nullable(),
  sealed: bytes.refine((text) => text.length <= 2 + 2 * SEALED_MAX).nullable(),
  expiresAt: whole,
  note: z.string().max(NOTE_MAX).nullable(),
  sender: z.string().max(200),
});

const claimRoute = z.strictObject({
  kind: z.literal('claim'),
  transferId: hash,
  proof: signature.nullable(),
});

const operation = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('deposit'), asset: address, deposits: pair(uint) }),
  z.strictObject({
    kind: z.literal('install'),
    app: appTerms,
    state: bytes,
    route: z.discriminatedUnion('kind', [sendRoute, claimRoute]).nullable(),
  }),
  z.strictObject({ kind: z.literal('update'), appId: hash, action: bytes }),
  z.strictObject({ kind: z.literal('uninstall'), appId: hash }),
  z.strictObject({
    kind: z.literal('withdraw'),
    party,
    asset: address,
    amount: uint,
    recipient: address,
    nonce: hash,
    deadline: whole,
    handler: address,
    data: bytes,
  }),
  z.strictObject({ kind: z.literal('return'), digest: hash }),
  z.strictObject({ kind: z.literal('swap'), quote, signature }),
]);

export const proposal: z.ZodType<Proposal> = z.strictObject({
  channel: address,
  epoch: uint64,
  version: uint64,
  previous: z.strictObject({ version: uint64, digest: hash }),
  operations: z.array(operation).min(1).max(MAX_OPERATIONS),
  signature,
});

export const appUpdate: z.ZodType<AppUpdate> = z.strictObject({
  channel: address,
  appId: hash,
  version: uint64,
  action: bytes,
  signature,
});
