// SPDX-License-Identifier: MIT
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { endChildrenOnSignals } from '../harness/child.ts';
import { regress } from './regress.ts';

const HELP = `npm run regress -- [options]

Takes each fix out again (test/reverted/<letter>.patch, in a scratch worktree) and requires the test named in the patch to go red.
Works on this checkout as it is; new files count once git knows them. Ends with "N passed, N failed".

  --only W-A5,W-B2   these patches alone
  --seconds N        for each run of a test file (600)
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '600' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else {
  endChildrenOnSignals();
  try {
    const reports = await regress({
      root: fileURLToPath(new URL('../../', import.meta.url)),
      only: values.only === '' ? [] : values.only.split(','),
      seconds: Number(values.seconds),
      onReport: ({ patch, result, ok, seconds, detail }) => {
        console.log(
          `${ok ? 'ok    ' : 'FAILED'}  ${patch.name.padEnd(16)} ${result.padEnd(36)} ${seconds} s  ${patch.test}`,
        );
        if (detail !== undefined) console.log(detail.replace(/^/gm, '        '));
      },
    });
    const failed = reports.filter(({ ok }) => !ok).length;
    console.log(`${reports.length - failed} passed, ${failed} failed`);
    process.exitCode = failed === 0 && reports.length > 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
