// SPDX-License-Identifier: MIT
/**
 * What an answer of the hub makes of the record. Pure. A state is agreed only with the hub's signature on exactly what
 * this client signed; what the hub serves instead is adopted only if this client signed it too (invariants 2, 8).
 */
import { toBytes, toHash } from '../protocol/bytes.ts';
import { withdrawalDigest } from '../protocol/digests.ts';
import { fault, type ErrorCode, type Fault } from '../protocol/errors.ts';
import { withdrawalOf } from '../protocol/apply-operation.ts';
import { digestOf, isSignedBy, verifyAgreed, type Recover } from '../protocol/transition.ts';
import type { AgreedState } from '../protocol/types.ts';
import type { Countersigned } from '../protocol/wire/requests.ts';
import { agreedState } from '../protocol/wire/structures.ts';
import type { ChannelRecord, HeldSignature, SignedProposal } from './channel-record.ts';

export type Answer =
  | { readonly kind: 'countersigned'; readonly result: Countersigned }
  | { readonly kind: 'fault'; readonly fault: Fault };

export type Verdict =
  /** `entry` is agreed. Whatever else was in flight with a higher version is abandoned. */
  | { readonly kind: 'agreed'; readonly record: ChannelRecord; readonly entry: SignedProposal }
  /** The hub said no and changed nothing; `failing` is the number of the intent it named. */
  | {
      readonly kind: 'refused';
      readonly record: ChannelRecord;
      readonly fault: Fault;
      readonly failing: number | null;
    }
  /** Nothing is known: the same bytes again. */
  | { readonly kind: 'resend'; readonly fault: Fault }
  /** The hub's state is needed to go on. */
  | { readonly kind: 'synchronize' }
  /** The hub never heard of the channel: open it, then the same bytes again. */
  | { readonly kind: 'reopen' }
  /** The hub holds a state with this key's signature that this record knows nothing of. */
  | { readonly kind: 'foreign'; readonly state: AgreedState };

/** The proposal is fine and its time has not come. */
const WAIT: ReadonlySet<ErrorCode> = new Set([
  'busy',
  'hub_behind',
  'hub_unfunded',
  'unauthenticated',
  'channel_disputed',
]);

export function judgeAnswer(
  record: ChannelRecord,
  head: SignedProposal,
  answer: Answer,
  recover: Recover,
): Verdict {
  if (answer.kind === 'countersigned') return judgeCountersigned(record, head, answer.result, recover);
  const { fault: said } = answer;
  if (said.outcome !== 'unchanged' || WAIT.has(said.code)) return { kind: 'resend', fault: said };
  switch (said.code) {
    case 'unknown_channel':
      return { kind: 'reopen' };
    case 'out_of_sync':
    case 'stale_version':
    case 'wrong_epoch': {
      const served = agreedState.safeParse(said.details?.['state']);
      return served.success ? judgeServed(record, served.data, recover) : { kind: 'synchronize' };
    }
    default:
      return {
        kind: 'refused',
        record: abandonHead(record),
        fault: said,
        failing: failingIntent(head, said),
      };
  }
}

const invalid = (what: string): Verdict => ({
  kind: 'resend',
  fault: {
    code: 'bad_signature',
    message: `The hub's ${what} does not verify.`,
    retryable: true,
    outcome: 'unknown',
  },
});

function judgeCountersigned(
  record: ChannelRecord,
  head: SignedProposal,
  result: Countersigned,
  recover: Recover,
): Verdict {
  const { channel } = record;
  if (result.version !== head.proposal.version) return invalid('reply');
  if (!isSignedBy(recover, digestOf(channel, head.next), result.signature, channel.responder))
    return invalid('countersignature');
  const withdrawals = result.withdrawals.filter((held) =>
    isSignedBy(recover, toBytes(held.digest), held.signature, channel.responder),
  );
  const isMissing = head.proposal.operations.some((operation) => {
    if (operation.kind !== 'withdraw') return false;
    const digest = toHash(
      withdrawalDigest(channel.domain, withdrawalOf(channel, head.proposal.epoch, operation)),
    );
    return !withdrawals.some((held) => held.digest === digest);
  });
  if (isMissing) return invalid('signature on the withdrawal');
  return { kind: 'agreed', entry: head, record: agree(record, head, result.signature, withdrawals) };
}

function agree(
  record: ChannelRecord,
  entry: SignedProposal,
  signature: HeldSignature['signature'],
  withdrawals: readonly HeldSignature[],
): ChannelRecord {
  const { version } = entry.next.ledger;
  const isOpen = new Set(entry.next.withdrawals.map((open) => open.digest));
  const known = record.withdrawalSignatures.filter(
    (held) => !withdrawals.some((other) => other.digest === held.digest),
  );
  return {
    ...record,
    agreed: { ...entry.next, signatures: [entry.proposal.signature, signature] },
    routes: entry.routes,
    signed: record.signed.filter((other) => other.next.ledger.version > version),
    withdrawalSignatures: [...known, ...withdrawals].filter((held) => isOpen.has(held.digest)),
    shown: record.shown.filter(({ appId }) => entry.next.apps.some(({ id }) => id === appId)),
    isUnproven: record.isUnproven && version < record.highestSigned,
  };
}

/** The head will not be sent again. It still counts until a higher version is agreed. */
export const abandonHead = (record: ChannelRecord): ChannelRecord => ({
  ...record,
  signed: record.signed.map((entry) => (entry.abandoned ? entry : { ...entry, abandoned: true })),
});

/** A double-signed state the hub served instead of a countersignature. */
export function judgeServed(record: ChannelRecord, served: AgreedState, recover: Recover): Verdict {
  const { channel, agreed } = record;
  const behind: Verdict = {
    kind: 'resend',
    fault: {
      code: 'out_of_sync',
      message: 'The hub serves an older state than it signed.',
      retryable: true,
      outcome: 'unknown',
    },
  };
  const verified = verifyAgreed(channel, recover, served);
  if (!verified.ok || served.ledger.epoch < agreed.ledger.epoch) return behind;
  // Whether the channel was settled, the chain says: until then it is what was signed that counts.
  if (served.ledger.epoch > agreed.ledger.epoch)
    return { kind: 'resend', fault: fault('wrong_epoch', { served: served.ledger.epoch.toString() }) };
  if (served.ledger.version < agreed.ledger.version) return behind;
  const digest = toHash(digestOf(channel, served));
  if (served.ledger.version === agreed.ledger.version)
    return digest === toHash(digestOf(channel, agreed)) ? behind : { kind: 'foreign', state: served };
  const entry = record.signed.find((other) => other.next.ledger.version === served.ledger.version);
  if (entry === undefined || served.signatures === null || digest !== toHash(digestOf(channel, entry.next)))
    return { kind: 'foreign', state: served };
  return { kind: 'agreed', entry, record: abandonHead(agree(record, entry, served.signatures[1], [])) };
}

function failingIntent(head: SignedProposal, fault: Fault): number | null {
  if (head.intents.length === 1) return 0;
  const index = fault.details?.['index'];
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0) return null;
  let end = 0;
  for (const [number, count] of head.counts.entries()) {
    end += count;
    if (index < end) return number;
  }
  return null;
}
