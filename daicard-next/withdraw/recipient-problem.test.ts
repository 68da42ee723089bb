// SPDX-License-Identifier: MIT
import { text } from '../strings/en.ts';
import { recipientProblem } from './recipient-problem.ts';

const own = `0x${'11'.repeat(20)}`;
const other = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';

test.each([
  [` ${other} `, null],
  [other.toLowerCase(), null],
  ['', text.withdraw.toWrong],
  [other.slice(0, -1), text.withdraw.toWrong],
  [`0x${'0'.repeat(40)}`, text.withdraw.toWrong],
  [other.replace('f39F', 'F39f'), text.withdraw.toChecksum],
  [own, text.withdraw.toOwn],
])('%s: %s', (typed, problem) => {
  expect(recipientProblem(typed, own)).toBe(problem);
});
