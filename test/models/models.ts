// SPDX-License-Identifier: MIT
import { parseArgs } from 'node:util';
import { check, tell, type Size } from './claim.ts';
import { SUITES } from './suites.ts';

const HELP = `npm run models -- [options]

Looks at every state of the game's rules within small bounds. The rules as chosen must be safe everywhere; every rule that is known
to be wrong must be found out, which shows that the model could have seen it. Ends with "N passed, N failed".

  --small            the bounds of npm test: seconds
  --only a,b         models whose name contains one of these (${SUITES.map(({ name }) => name).join(', ')})
  --stories          print the shortest counterexample of every wrong rule
`;

const { values } = parseArgs({
  options: {
    small: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    stories: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function run(size: Size, only: readonly string[]): boolean {
  let passed = 0;
  let failed = 0;
  for (const suite of SUITES.filter(({ name }) => only.some((part) => name.includes(part)))) {
    console.log(`\n${suite.name}: ${suite.about}`);
    for (const claim of suite.claims) {
      const began = performance.now();
      const finding = check(claim, size);
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      const result = !finding.holds ? 'FAILED' : claim.safe ? 'safe' : 'unsafe, as it must be';
      const extent = `${finding.states.toLocaleString('en')} states, ${finding.settings} settings, ${seconds} s`;
      console.log(`  ${result}: ${claim.rules} (${extent})`);
      for (const name of finding.unfinished) console.log(`  not seen whole: ${name}`);
      if (!finding.holds || (values.stories && !claim.safe))
        console.log(tell(finding) || '  nothing wrong was found');
      if (finding.holds) passed += 1;
      else failed += 1;
    }
  }
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
}

if (values.help) process.stdout.write(HELP);
else process.exitCode = run(values.small ? 'small' : 'full', values.only.split(',')) ? 0 : 1;
