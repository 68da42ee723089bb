// SPDX-License-Identifier: MIT
import { ERRORS, fault, refuse, type ErrorCode } from './errors.ts';

const codes = Object.keys(ERRORS) as ErrorCode[];

test.each(codes)('%s tells a person what happened and what became of the request', (code) => {
  const { message, outcome } = ERRORS[code];
  expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
  expect(message).toMatch(/^[A-Z].*\.$/);
  if (outcome === 'unchanged') expect(message).toMatch(/Nothing was changed\.|not made twice\./);
  if (outcome === 'unknown') expect(message).toMatch(/same request/);
});

test('what may have happened is worth asking again', () => {
  const unknown = codes.filter((code) => (ERRORS[code].outcome as string) === 'unknown');
  expect(unknown).toContain('timeout');
  for (const code of unknown) expect(ERRORS[code].retryable).toBe(true);
});

test('a fault carries the offending values, or no details at all', () => {
  expect(fault('stale_version', { agreed: 3n })).toEqual({
    code: 'stale_version',
    ...ERRORS.stale_version,
    details: { agreed: 3n },
  });
  expect(Object.keys(fault('busy'))).not.toContain('details');
  expect(refuse('busy')).toEqual({ ok: false, error: fault('busy') });
});
