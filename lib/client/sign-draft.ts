// SPDX-License-Identifier: MIT
/** A draft signed and put into the bytes that will be sent, every time the same (invariant 3). */
import { toHash } from '../protocol/bytes.ts';
import type { Operation, Proposal } from '../protocol/operations.ts';
import { digestOf } from '../protocol/transition.ts';
import { toJson } from '../protocol/wire/primitives.ts';
import type { ChannelRecord, ProposalOperation, SignedProposal } from './channel-record.ts';
import type { Draft } from './plan-proposal.ts';
import type { ChannelKey } from './ports.ts';

export interface Signing {
  readonly key: ChannelKey;
  /** Correlation id. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly now: number;
}

const OWN_OPERATION: Record<Operation['kind'], ProposalOperation> = {
  deposit: 'deposit',
  install: 'install',
  update: 'uninstall',
  uninstall: 'uninstall',
  withdraw: 'withdraw',
  return: 'withdraw',
  swap: 'propose',
};

/** The operation a proposal is sent as: the one that is for just this, or `propose` for a mixture. */
export function operationFor(operations: readonly Operation[]): ProposalOperation {
  const names = new Set(operations.map((operation) => OWN_OPERATION[operation.kind]));
  const [name, ...others] = names;
  return name === undefined || others.length > 0 ? 'propose' : name;
}

export function signDraft(record: ChannelRecord, draft: Draft, { key, id, now }: Signing): SignedProposal {
  const { channel, agreed } = record;
  const proposal: Proposal = {
    channel: channel.address,
    epoch: agreed.ledger.epoch,
    version: draft.version,
    previous: { version: agreed.ledger.version, digest: toHash(digestOf(channel, agreed)) },
    operations: draft.operations,
    signature: key.sign(digestOf(channel, draft.next)),
  };
  const operation = operationFor(draft.operations);
  const body = operation === 'withdraw' ? { kind: 'propose', proposal } : proposal;
  return {
    operation,
    body: JSON.stringify(toJson(body)),
    id,
    proposal,
    next: draft.next,
    routes: draft.routes,
    intents: draft.intents,
    counts: draft.counts,
    signedAt: now,
    abandoned: false,
  };
}
