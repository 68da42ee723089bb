// SPDX-License-Identifier: MIT
import { fault, type Outcomes } from '../protocol/errors.ts';
import { OPERATIONS, type Countersigned } from '../protocol/wire/requests.ts';
import type { SignedProposal } from './channel-record.ts';
import type { Answer } from './judge-answer.ts';

const withdrawReply = OPERATIONS.withdraw[1];
const countersigned = OPERATIONS.propose[1];

/** What the hub answered to a proposal. What cannot be read leaves the outcome unknown. */
export function readAnswer(head: SignedProposal, reply: Outcomes<unknown>): Answer {
  if (!reply.ok) return { kind: 'fault', fault: reply.error };
  const result =
    head.operation === 'withdraw' ? fromWithdraw(reply.value) : countersigned.safeParse(reply.value).data;
  return result === undefined
    ? { kind: 'fault', fault: fault('internal', { reason: 'unreadable result' }) }
    : { kind: 'countersigned', result };
}

function fromWithdraw(value: unknown): Countersigned | undefined {
  const parsed = withdrawReply.safeParse(value).data;
  return parsed?.kind === 'countersigned' ? parsed : undefined;
}
