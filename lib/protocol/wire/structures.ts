// SPDX-License-Identifier: MIT
/** Schemas of the signed structures and of the states that hold them. */
import { z } from 'zod';
import type { AppTerms } from '../operations.ts';
import {
  MAX_APPS,
  MAX_ASSETS,
  MAX_WITHDRAWALS,
  type AgreedState,
  type App,
  type AppInstance,
  type AssetLedger,
  type Cancel,
  type Challenge,
  type Channel,
  type Ledger,
  type OpenWithdrawal,
  type Stake,
  type Withdrawal,
} from '../types.ts';
import {
  address,
  bytes,
  hash,
  outcomeType,
  pair,
  party,
  period,
  signature,
  uint,
  uint64,
  whole,
} from './primitives.ts';

export const assetLedger: z.ZodType<AssetLedger> = z.strictObject({
  asset: address,
  balances: pair(uint),
  deposits: pair(uint),
  withdrawn: pair(uint),
  locked: uint,
});

export const ledger: z.ZodType<Ledger> = z.strictObject({
  channel: address,
  epoch: uint64,
  version: uint64,
  assets: z.array(assetLedger).max(MAX_ASSETS),
  appsRoot: hash,
});

export const stake: z.ZodType<Stake> = z.strictObject({ asset: address, amounts: pair(uint) });

const terms = {
  nonce: hash,
  definition: address,
  participants: pair(address),
  outcomeType,
  stakes: z.array(stake).min(1).max(MAX_ASSETS),
  periods: pair(period),
  actionDeadline: whole,
  holdUntil: whole,
};

export const appTerms: z.ZodType<AppTerms> = z.strictObject(terms);

export const app: z.ZodType<App> = z.strictObject({
  channel: address,
  epoch: uint64,
  installVersion: uint64,
  ...terms,
  initialStateHash: hash,
});

export const appInstance: z.ZodType<AppInstance> = z.strictObject({
  id: hash,
  app,
  version: uint64,
  state: bytes,
  signatures: pair(signature.nullable()),
});

export const withdrawal: z.ZodType<Withdrawal> = z.strictObject({
  channel: address,
  epoch: uint64,
  party,
  asset: address,
  amount: uint,
  recipient: address,
  nonce: hash,
  deadline: whole,
  handler: address,
  data: bytes,
});

/** `subject` is zero for the ledger's challenge, an app's id for that app's. */
export const cancel: z.ZodType<Cancel> = z.strictObject({
  channel: address,
  epoch: uint64,
  subject: hash,
  challengeId: uint64,
  deadline: whole,
});

export const challenge: z.ZodType<Challenge> = z.strictObject({
  channel: address,
  epoch: uint64,
  challengeId: uint64,
  subject: hash,
  minVersion: uint64,
  deadline: whole,
});

export const openWithdrawal: z.ZodType<OpenWithdrawal> = z.strictObject({ digest: hash, withdrawal });

export const agreedState: z.ZodType<AgreedState> = z.strictObject({
  ledger,
  apps: z.array(appInstance).max(MAX_APPS),
  withdrawals: z.array(openWithdrawal).max(MAX_WITHDRAWALS),
  signatures: pair(signature).nullable(),
});

export const channel: z.ZodType<Channel> = z.strictObject({
  domain: z.strictObject({ chainId: whole, registry: address }),
  address,
  initiator: address,
  responder: address,
  challengePeriod: period,
});
