// SPDX-License-Identifier: MIT
/**
 * The client's half of a channel as it is stored: one item, one conditional write per step. It holds the agreed state,
 * the highest version ever signed and every signed proposal that the agreed state has not overtaken (invariants 2, 3).
 */
import { z } from 'zod';
import type { AppCatalogue } from '../protocol/apps/app-logic.ts';
import type { Proposal } from '../protocol/operations.ts';
import { applyOperations } from '../protocol/transition.ts';
import type { AgreedState, Address, Bytes, Channel, ChannelState, Hash } from '../protocol/types.ts';
import { hash, signature, toJson, uint64, whole } from '../protocol/wire/primitives.ts';
import { proposal as proposalSchema } from '../protocol/wire/proposals.ts';
import type { OperationName } from '../protocol/wire/requests.ts';
import { agreedState, channel } from '../protocol/wire/structures.ts';
import type { Item, NewItem } from '../store/store.ts';
import { intentSchema, routeSchema, type Intent, type Route } from './intents.ts';

export const RECORD_SCHEMA = 1;

export type ProposalOperation = Extract<
  OperationName,
  'deposit' | 'propose' | 'install' | 'uninstall' | 'withdraw'
>;

/** A proposal this client signed. It stays until the agreed version has passed it: until then the hub may make it agreed. */
export interface SignedProposal {
  readonly operation: ProposalOperation;
  /** The request's body as JSON text: what is sent, every time, byte for byte (invariant 3). */
  readonly body: string;
  /** Correlation id of the message that carries it. */
  readonly id: string;
  readonly proposal: Proposal;
  readonly next: ChannelState;
  readonly routes: readonly Route[];
  readonly intents: readonly Intent[];
  /** Operations of each intent, in order. */
  readonly counts: readonly number[];
  /** Seconds since 1970. */
  readonly signedAt: number;
  /** The hub said no, or is elsewhere: it will not be sent again, but counts until it is overtaken. */
  readonly abandoned: boolean;
}

export interface HeldSignature {
  readonly digest: Hash;
  readonly signature: Bytes;
}

export interface ChannelRecord {
  readonly channel: Channel;
  readonly agreed: AgreedState;
  readonly routes: readonly Route[];
  readonly highestSigned: bigint;
  /** In order of version. At most the last one is not abandoned: it is the one in flight. */
  readonly signed: readonly SignedProposal[];
  /** The hub's signatures on the withdrawals that are open. */
  readonly withdrawalSignatures: readonly HeldSignature[];
  /** Restored from the hub alone: a newer state may exist, so nothing counts until the next countersignature. */
  readonly isUnproven: boolean;
}

export const inFlight = (record: ChannelRecord): SignedProposal | null => {
  const last = record.signed.at(-1);
  return last === undefined || last.abandoned ? null : last;
};

/**
 * A channel without local state: new, or lost. All that is known is what the hub serves and this key's signature proves, so
 * versions go on beyond everything that can have been signed before (`versionAfterRestore`).
 */
export const restoredRecord = (of: Channel, agreed: AgreedState, highestSigned: bigint): ChannelRecord => ({
  channel: of,
  agreed,
  routes: [],
  highestSigned,
  signed: [],
  withdrawalSignatures: [],
  isUnproven: agreed.ledger.version > 0n,
});

export const recordKey = (chainId: number, address: Address): string => `channel#${chainId}#${address}`;

const storedProposal = z.strictObject({
  operation: z.enum(['deposit', 'propose', 'install', 'uninstall', 'withdraw']),
  body: z.string(),
  id: z.string(),
  /** Left out where it follows from the agreed state and the operations. */
  next: agreedState.optional(),
  routes: z.array(routeSchema),
  intents: z.array(intentSchema),
  counts: z.array(whole),
  signedAt: whole,
  abandoned: z.boolean(),
});

const storedRecord = z.strictObject({
  channel,
  agreed: agreedState,
  routes: z.array(routeSchema),
  highestSigned: uint64,
  signed: z.array(storedProposal),
  withdrawalSignatures: z.array(z.strictObject({ digest: hash, signature })),
  isUnproven: z.boolean(),
});

const buildsOn = (agreed: AgreedState, proposal: Proposal): boolean =>
  proposal.previous.version === agreed.ledger.version;

export function recordItem(record: ChannelRecord): NewItem {
  const { channel: of, agreed, routes, highestSigned, withdrawalSignatures, isUnproven } = record;
  const signed = record.signed.map(({ proposal, next, ...rest }) => ({
    ...rest,
    ...(buildsOn(agreed, proposal) ? {} : { next: { ...next, signatures: null } }),
  }));
  return {
    key: recordKey(of.domain.chainId, of.address),
    schema: RECORD_SCHEMA,
    body: toJson({ channel: of, agreed, routes, highestSigned, signed, withdrawalSignatures, isUnproven }),
  };
}

/** Throws on an item that this code did not write: a store that lost or mixed its items must not be signed upon. */
export function parseRecord(item: Item, catalogue: AppCatalogue): ChannelRecord {
  const stored = storedRecord.parse(item.body);
  return {
    ...stored,
    signed: stored.signed.map((entry) => {
      const proposal = proposalIn(entry.operation, entry.body);
      return {
        ...entry,
        proposal,
        next: entry.next ?? nextOf(stored.channel, catalogue, stored.agreed, proposal),
      };
    }),
  };
}

const withdrawBody = z.object({ proposal: proposalSchema });

function proposalIn(operation: ProposalOperation, body: string): Proposal {
  const value: unknown = JSON.parse(body);
  return operation === 'withdraw' ? withdrawBody.parse(value).proposal : proposalSchema.parse(value);
}

function nextOf(of: Channel, catalogue: AppCatalogue, agreed: AgreedState, proposal: Proposal): ChannelState {
  const applied = applyOperations(of, catalogue, agreed, proposal.version, proposal.operations);
  if (!applied.ok) throw new TypeError(`a stored proposal does not apply: ${applied.error.code}`);
  return applied.value;
}
