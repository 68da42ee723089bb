// SPDX-License-Identifier: MIT
import { IndraError } from '../../lib/client/indra-error.ts';
import { errorTexts, unexpected, unknownOutcome, type ErrorText } from './errors-en.ts';

export interface Explanation extends ErrorText {
  /** The stable code, for whoever is asked for help. */
  readonly code: string;
}

export function explainError(error: unknown): Explanation {
  if (!(error instanceof IndraError))
    return { code: error instanceof Error ? error.name : 'unknown', ...unexpected };
  return explainCode(error.code, error.outcome);
}

/** Of a fault that was stored with its code. */
export function explainCode(
  code: IndraError['code'],
  outcome: IndraError['outcome'] = 'unchanged',
): Explanation {
  const known = errorTexts[code];
  return { code, ...known, ...(outcome === 'unknown' ? { state: unknownOutcome } : {}) };
}
