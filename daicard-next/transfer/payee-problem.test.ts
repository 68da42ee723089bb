// SPDX-License-Identifier: MIT
import { channelKey } from '../../lib/client/channel-key.ts';
import { text } from '../strings/en.ts';
import { payeeOf, payeeProblem } from './payee-problem.ts';

const keyOf = (digit: string) => channelKey(`0x${digit.repeat(64)}`).identifier;
const self = keyOf('1');
const other = keyOf('2');
const hub = 'http://hub.example:3000';
const problem = (typed: string) => payeeProblem(typed, self, hub);

test('someone of this hub, with or without its name', () => {
  expect(problem(` ${other} `)).toBeNull();
  expect(problem(`${other}@hub.example:3000`)).toBeNull();
  expect(payeeOf(` ${other}@hub.example:3000`)).toBe(other);
});

test('oneself, another hub, a typing mistake', () => {
  expect(problem(self)).toBe(text.transfer.toSelf);
  expect(problem(`${other}@elsewhere.example`)).toBe(text.transfer.toOtherHub);
  expect(problem(other.slice(0, -1))).toBe(text.transfer.toWrong);
  expect(problem('')).toBe(text.transfer.toWrong);
});
