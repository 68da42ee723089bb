// SPDX-License-Identifier: MIT
/** What a watchtower is told and what it answers (docs/formats.md, "Watchtower"). */
import { z } from 'zod';
import { MAX_APPS } from '../types.ts';
import { address, hash, pair, period, signature, uint, uint64, whole } from './primitives.ts';
import { appInstance, ledger } from './structures.ts';

/**
 * The body of `POST /v1/states`: one channel's newest agreed ledger, and of its open apps those whose state both signed.
 * The others are known by their ids alone: at version 0 there is nothing to show, so who is paid through them stays private.
 */
export const shownState = z.strictObject({
  chainId: whole,
  initiator: address,
  responder: address,
  challengePeriod: period,
  ledger,
  /** By party. */
  signatures: pair(signature),
  /** Of every open app: what the ledger's root is made of. */
  appIds: z.array(hash).max(MAX_APPS),
  apps: z.array(appInstance).max(MAX_APPS),
});
export type ShownState = z.output<typeof shownState>;

/** The newest ledger the tower holds of the channel now, at least as new as the one it was shown, over the tower's signature. */
export const towerReceipt = z.strictObject({
  epoch: uint64,
  version: uint64,
  /** Seconds since 1970, by the tower's clock. */
  at: whole,
  tower: address,
  signature,
});
export type TowerReceipt = z.output<typeof towerReceipt>;

const watchedChain = z.object({
  chainId: whole,
  registry: address,
  channels: whole,
  /** Channels looked at in every round: something may have to be answered. */
  attended: whole,
  /** Answers on their way to the chain. */
  waiting: whole,
  /** Null before the first round. */
  cursor: z.object({ block: whole, seenAt: whole }).nullable(),
  /** Wei; null while the chain cannot be asked. */
  balance: uint.nullable(),
  /** Answers that the balance pays for at today's fees. */
  answersLeft: whole.nullable(),
});

/** The result of `GET /v1/status`. */
export const towerStatus = z.object({
  protocol: z.number(),
  /** Pays for the answers and signs the receipts. */
  tower: address,
  chains: z.array(watchedChain),
});
export type TowerStatus = z.output<typeof towerStatus>;
