// SPDX-License-Identifier: MIT
import { check, tell } from './claim.ts';
import { SUITES } from './suites.ts';

describe.each(SUITES.map((suite) => [suite.name, suite] as const))('model %s', (_name, suite) => {
  it.each(suite.claims.map((claim) => [claim.safe ? 'is safe' : 'finds out', claim.rules, claim] as const))(
    '%s: %s',
    (_what, _rules, claim) => {
      const finding = check(claim, 'small');
      expect([finding.unfinished, finding.holds ? '' : tell(finding) || 'nothing wrong was found']).toEqual([
        [],
        '',
      ]);
      if (!claim.safe) expect(finding.counterexample?.verdict.story).not.toEqual([]);
    },
  );
});
