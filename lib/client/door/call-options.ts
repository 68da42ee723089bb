// SPDX-License-Identifier: MIT
import type { CallOptions } from '../patience.ts';
import { invalid, optional, shape, type Parser } from './argument.ts';
import { correlationId } from './text.ts';
import { LONGEST_MS, wholeNumber } from './whole-number.ts';

export const signal: Parser<AbortSignal> = (value, field) => {
  const given = value as Partial<AbortSignal> | null | undefined;
  if (typeof given?.aborted !== 'boolean' || typeof given.addEventListener !== 'function')
    throw invalid(field, 'give the signal of an AbortController');
  return value as AbortSignal;
};

export const callOptions = shape<CallOptions>(
  { signal: optional(signal), timeoutMs: optional(wholeNumber(1, LONGEST_MS)), id: optional(correlationId) },
  'call options',
);
