// SPDX-License-Identifier: MIT
import { IndraError } from '../../lib/client/indra-error.ts';
import { ERRORS } from '../../lib/protocol/errors.ts';
import { errorTexts } from './errors-en.ts';
import { explainError } from './explain-error.ts';

test('every code of the wire has a text that says what happened, what was not changed and what to do', () => {
  for (const code of Object.keys(ERRORS)) {
    const { happened, state, next } = errorTexts[code as keyof typeof ERRORS];
    for (const sentence of [happened, state, next]) expect(sentence).toMatch(/\w.*[.!]$/);
  }
});

test('an unknown outcome is never told as a failure', () => {
  for (const code of ['timeout', 'unreachable', 'internal', 'store_unavailable', 'aborted'] as const) {
    const told = explainError(IndraError.from(code, undefined, 'unknown'));
    expect(`${told.happened} ${told.state}`).not.toMatch(/fail|refused|was not paid|Nothing was changed/i);
    expect(told.state).toContain('not known yet');
  }
  expect(explainError(IndraError.from('closed', undefined, 'unknown')).state).toContain('not known yet');
});

test('what has no code is a fault of the card', () => {
  expect(explainError(new TypeError('x'))).toMatchObject({
    code: 'TypeError',
    happened: 'The card made a mistake.',
  });
});
