// SPDX-License-Identifier: MIT
/** Records, intents and answers of one user and one hub, as the tables of the writer's decisions use them. */
import { toHash } from '../../protocol/bytes.ts';
import { ledgerDigest } from '../../protocol/digests.ts';
import { fault, type ErrorCode } from '../../protocol/errors.ts';
import type { Operation } from '../../protocol/operations.ts';
import { transferIdOf } from '../../protocol/secrets.ts';
import {
  CATALOGUE,
  CHANNEL,
  EMPTY,
  STRANGER_KEY,
  TRANSFER,
  USER_KEY,
  agreed,
  deposit,
  after,
  hashOf,
  recover,
  signatureOf,
} from '../../protocol/testing/two-parties.ts';
import { ETHER, NO_ADDRESS, type AgreedState } from '../../protocol/types.ts';
import { toJson } from '../../protocol/wire/primitives.ts';
import { publicKey } from '#secp256k1';
import { identifierOf } from '../../protocol/identifier.ts';
import { channelKey } from '../channel-key.ts';
import { restoredRecord, type ChannelRecord, type SignedProposal } from '../channel-record.ts';
import type { Intent, SendIntent } from '../intents.ts';
import { judgeAnswer, type Answer, type Verdict } from '../judge-answer.ts';
import { operationBuilder } from '../operation-builder.ts';
import { planProposal, type Plan, type PlanLimits, type Waiting } from '../plan-proposal.ts';
import { signDraft } from '../sign-draft.ts';
import type { TransferTerms } from '../transfer-terms.ts';

export const NOW = 1_800_000_000;
export const KEY = channelKey(USER_KEY);
export const PAYEE_IDENTIFIER = identifierOf(publicKey(STRANGER_KEY));

export const TERMS: TransferTerms = {
  transferApp: TRANSFER,
  challengePeriod: 3_600,
  appPeriods: [1_200, 3_600],
  margin: 900,
  maxHold: 30 * 86_400,
};

export const LIMITS: PlanLimits = { maxOperations: 64, maxMessageBytes: 262_144 };

export const builder = operationBuilder({
  channel: CHANNEL,
  key: KEY,
  terms: TERMS,
  ephemeralKey: () => new Uint8Array(32).fill(9),
});

/** Both sides have 1000 of ether, agreed at version 1. */
export const FUNDED: ChannelRecord = {
  ...restoredRecord(CHANNEL, agreed(after(EMPTY, [deposit(1_000n, 1_000n)])), 1n),
  isUnproven: false,
};

export const send = (number: number, amount: bigint, to: string | null = PAYEE_IDENTIFIER): SendIntent => ({
  kind: 'send',
  paymentId: hashOf(number),
  transferId: transferIdOf(CHANNEL.domain.chainId, CHANNEL.address, hashOf(number)),
  to,
  asset: ETHER,
  amount,
  expiresAt: NOW + 86_400,
  note: null,
});

export const withdraw = (number: number, amount: bigint): Intent => ({
  kind: 'withdraw',
  nonce: hashOf(number),
  asset: ETHER,
  amount,
  recipient: CHANNEL.initiator,
  deadline: NOW + 600,
  handler: NO_ADDRESS,
  data: '0x',
});

export const waiting = (...intents: readonly Intent[]): Waiting[] =>
  intents.map((intent) => ({ intent, alone: false }));

export const plan = (record: ChannelRecord, intents: readonly Intent[], limits = LIMITS): Plan<Waiting> =>
  planProposal(record, CATALOGUE, waiting(...intents), builder, limits);

/** The record with a proposal of these intents in flight. */
export function inFlightWith(
  record: ChannelRecord,
  ...intents: readonly Intent[]
): ChannelRecord & { readonly head: SignedProposal } {
  const { draft } = plan(record, intents);
  if (draft === null) throw new Error('nothing to propose');
  const head = signDraft(record, draft, { key: KEY, id: 'call', now: NOW });
  return { ...record, highestSigned: draft.version, signed: [...record.signed, head], head };
}

export function countersign(entry: SignedProposal): AgreedState {
  const digest = ledgerDigest(CHANNEL.domain, entry.next.ledger);
  return { ...entry.next, signatures: [entry.proposal.signature, signatureOf(1, digest)] };
}

export const countersigned = (entry: SignedProposal): Answer => ({
  kind: 'countersigned',
  result: { version: entry.proposal.version, signature: countersign(entry).signatures![1], withdrawals: [] },
});

export const refused = (code: ErrorCode, details?: Record<string, unknown>): Answer => ({
  kind: 'fault',
  fault: fault(code, details),
});

export const elsewhere = (state: AgreedState): Answer => refused('out_of_sync', { state: toJson(state) });

export const judge = (record: ChannelRecord, answer: Answer): Verdict => {
  const head = record.signed.at(-1);
  if (head === undefined) throw new Error('nothing is in flight');
  return judgeAnswer(record, head, answer, recover);
};

/** Agreed as the hub would. */
export function settle(record: ChannelRecord): ChannelRecord {
  const head = record.signed.at(-1);
  if (head === undefined) throw new Error('nothing is in flight');
  const verdict = judge(record, countersigned(head));
  if (verdict.kind !== 'agreed') throw new Error(verdict.kind);
  return verdict.record;
}

export const kindsOf = (operations: readonly Operation[]): readonly string[] =>
  operations.map(({ kind }) => kind);
export const digestHash = (state: AgreedState) => toHash(ledgerDigest(CHANNEL.domain, state.ledger));
