// SPDX-License-Identifier: MIT
/** What every method of the SDK rejects with: the same stable codes as on the wire, and a few of the client's own. */
import { ERRORS, type ErrorCode, type Fault, type Outcome } from '../protocol/errors.ts';

const CLIENT_ERRORS = {
  invalid_argument:
    'An argument cannot be used: `field` in the details says which, `reason` why. Nothing was changed. Correct it and call again.',
  other_hub:
    'That payee or link is of another hub, which this client does not speak with. Nothing was changed. Connect to that hub, or ask for an identifier at this one.',
  id_in_use:
    'That id belongs to an earlier call with other terms. Nothing was changed. Use a new id for something new.',
  hub_changed:
    'The hub says of itself what it did not say when it was first used here. Nothing was changed, nothing is signed, and the channel that is stored is watched and can be left. Ask its operator; see `field`, `pinned` and `served` in the details.',
  hub_unsafe:
    'The terms of this hub leave too little time to defend a channel. Nothing was changed. Use another hub, or allow its terms explicitly.',
  client_fault:
    'Something went wrong inside this client. Nothing was changed by it, and the channel is watched as before. Please report it.',
  another_writer:
    'Another device or tab writes to this channel, so this one only reads. Nothing was changed. Take over explicitly to write here.',
  newer_state_exists:
    'A watchtower holds a newer state of this channel than is known here, so nothing is signed on the older one. Nothing was changed. Restore from a copy of the store, or leave the channel.',
  closed: 'The client was closed. Nothing was changed.',
  aborted: 'The caller stopped waiting. What was signed may still happen: ask for its status.',
  hub_mismatch:
    'The hub says something that cannot be true for this key and chain. Nothing was changed. Do not use this hub.',
} as const;

export type ClientErrorCode = keyof typeof CLIENT_ERRORS;
export type IndraErrorCode = ErrorCode | ClientErrorCode;

export interface IndraErrorFields {
  readonly code: IndraErrorCode;
  readonly retryable: boolean;
  /** `unchanged`: nothing happened. `unknown`: it may have happened, or still will; ask before trying anew. */
  readonly outcome: Outcome;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

export class IndraError extends Error {
  override readonly name = 'IndraError';
  readonly code: IndraErrorCode;
  readonly retryable: boolean;
  readonly outcome: Outcome;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(fields: IndraErrorFields, message: string) {
    super(message);
    this.code = fields.code;
    this.retryable = fields.retryable;
    this.outcome = fields.outcome;
    this.details = fields.details;
  }

  withOutcome(outcome: Outcome): IndraError {
    const { code, retryable, details } = this;
    return new IndraError({ code, retryable, outcome, details }, this.message);
  }

  /** What is said already stays. */
  withDetails(more: Readonly<Record<string, unknown>>): IndraError {
    const { code, retryable, outcome, details } = this;
    return new IndraError({ code, retryable, outcome, details: { ...more, ...details } }, this.message);
  }

  static of(fault: Fault): IndraError {
    return new IndraError(fault, fault.message);
  }

  /** A protocol code raised by the client itself, or one of the client's own. */
  static from(
    code: IndraErrorCode,
    details?: Readonly<Record<string, unknown>>,
    outcome?: Outcome,
  ): IndraError {
    if (code in ERRORS) {
      const kind = ERRORS[code as ErrorCode];
      return new IndraError(
        { code, retryable: kind.retryable, outcome: outcome ?? kind.outcome, details },
        kind.message,
      );
    }
    const standard: Outcome = code === 'aborted' ? 'unknown' : 'unchanged';
    return new IndraError(
      { code, retryable: code === 'aborted', outcome: outcome ?? standard, details },
      CLIENT_ERRORS[code as ClientErrorCode],
    );
  }
}

/** What was thrown where nothing should be. */
export const clientFault = (cause: unknown): IndraError =>
  IndraError.from('client_fault', { reason: cause instanceof Error ? cause.message : String(cause) });
