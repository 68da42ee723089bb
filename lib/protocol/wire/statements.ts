// SPDX-License-Identifier: MIT
/** Schemas of what people and hubs sign for each other. */
import { z } from 'zod';
import {
  MAX_ASSETS,
  type AppOffer,
  type Attestation,
  type Invoice,
  type KeyDelegation,
  type Payment,
  type Quote,
  type Receipt,
  type Swap,
} from '../types.ts';
import { address, hash, outcomeType, pair, period, uint, whole } from './primitives.ts';
import { stake } from './structures.ts';

/** Ample for any origin of a web page. */
const ORIGIN_MAX = 300;

/** Bytes of a payment's encrypted metadata: ample for an identifier with a hub and a note of 512 characters. */
export const METADATA_MAX = 2076;

export const payment: z.ZodType<Payment> = z.strictObject({
  transferId: hash,
  payer: address,
  payee: address,
  toChainId: whole,
  asset: address,
  amount: uint,
  expiresAt: whole,
  metadataHash: hash,
});

export const receipt: z.ZodType<Receipt> = z.strictObject({ paymentId: hash, paid: uint });

export const attestation: z.ZodType<Attestation> = z.strictObject({ paymentId: hash, attested: hash });

export const invoice: z.ZodType<Invoice> = z.strictObject({
  invoiceId: hash,
  payee: address,
  toChainId: whole,
  asset: address,
  amount: uint,
  lockHash: hash,
  expiresAt: whole,
  metadataHash: hash,
});

export const quote: z.ZodType<Quote> = z.strictObject({
  channel: address,
  nonce: hash,
  paymentId: hash,
  fromAsset: address,
  fromAmount: uint,
  toChainId: whole,
  toAsset: address,
  toAmount: uint,
  validUntil: whole,
});

export const swap: z.ZodType<Swap> = z.strictObject({
  swapId: hash,
  maker: address,
  taker: address,
  fromChainId: whole,
  fromAsset: address,
  fromAmount: uint,
  toChainId: whole,
  toAsset: address,
  toAmount: uint,
  expiresAt: whole,
});

export const appOffer: z.ZodType<AppOffer> = z.strictObject({
  offerId: hash,
  proposer: address,
  counterparty: address,
  definition: address,
  outcomeType,
  stakes: z.array(stake).min(1).max(MAX_ASSETS),
  periods: pair(period),
  expiresAt: whole,
  initialStateHash: hash,
});

export const keyDelegation: z.ZodType<KeyDelegation> = z.strictObject({
  owner: address,
  key: address,
  responder: address,
  origin: z.string().min(1).max(ORIGIN_MAX),
  issuedAt: whole,
  expiresAt: whole,
});
