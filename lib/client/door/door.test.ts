// SPDX-License-Identifier: MIT
/** What is read at the door, and what is refused there, naming the field. */
import { describe, expect, test } from '@jest/globals';
import { publicKey } from '#secp256k1';
import { identifierOf } from '../../protocol/identifier.ts';
import { STRANGER_KEY } from '../../protocol/testing/two-parties.ts';
import { IndraError } from '../indra-error.ts';
import { address } from './address.ts';
import { amount } from './amount.ts';
import { callOptions } from './call-options.ts';
import { bytes, hash } from './hex.ts';
import { payeeAt } from './payee.ts';
import { depositRequest, historyRequest, linkRequest, transferRequest, withdrawRequest } from './requests.ts';
import { link, note, webAddress } from './text.ts';
import { milliseconds, seconds } from './whole-number.ts';

const HUB = 'http://hub.test:3000';
const CHECKSUMMED = '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359';
const LOWER = CHECKSUMMED.toLowerCase();
const PAYEE = identifierOf(publicKey(STRANGER_KEY));
const ID = `0x${'Ab'.repeat(32)}`;

const refusal = (read: () => unknown): Record<string, unknown> | undefined => {
  try {
    return { accepted: read() };
  } catch (error) {
    if (!(error instanceof IndraError)) throw error;
    return { code: error.code, ...error.details };
  }
};

describe('W-D2 amounts', () => {
  test.each([1000, 1000.5, Number.NaN, '1000', '0.1', null, undefined, {}, true, 0n, -1n, 1n << 256n])(
    '%p is refused by name',
    (value) =>
      expect(refusal(() => amount(value, 'amount'))).toMatchObject({
        code: 'invalid_argument',
        field: 'amount',
      }),
  );

  test('a bigint passes, and a number is told what to write', () => {
    expect(amount(1n << 255n, 'amount')).toBe(1n << 255n);
    expect(refusal(() => amount(1000, 'amount'))?.['reason']).toContain('1000n');
  });
});

describe('W-D6 addresses', () => {
  test.each([LOWER, CHECKSUMMED])('%s is read', (value) => expect(address(value, 'asset')).toBe(LOWER));

  test.each([
    ['a wrong capital', CHECKSUMMED.replace('fB', 'FB')],
    ['a wrong digit under a checksum', CHECKSUMMED.replace('69', '68')],
    ['capitals throughout', `0x${LOWER.slice(2).toUpperCase()}`],
    ['one digit short', LOWER.slice(0, -1)],
    ['no prefix', LOWER.slice(2)],
    ['bytes', new Uint8Array(20)],
  ])('%s is refused', (_, value) =>
    expect(refusal(() => address(value, 'asset'))).toMatchObject({
      code: 'invalid_argument',
      field: 'asset',
    }),
  );
});

describe('W-D6 identifiers', () => {
  const payee = payeeAt(HUB);
  test.each([PAYEE, `${PAYEE}@hub.test:3000`, `${PAYEE}@HUB.test:3000`, ` ${PAYEE} `])(
    '%s is paid here',
    (to) => expect(payee(to, 'to')).toBe(PAYEE),
  );
  test.each(['other.hub', 'hub.test', 'hub.test:3001'])('@%s is another hub', (hub) =>
    expect(refusal(() => payee(`${PAYEE}@${hub}`, 'to'))).toMatchObject({
      code: 'other_hub',
      hub,
      own: 'hub.test:3000',
    }),
  );
  test.each(['indra1', '', `${PAYEE}@`, `${PAYEE}@a@b`, 7, null])('%p is none', (to) =>
    expect(refusal(() => payee(to, 'to'))).toMatchObject({ code: 'invalid_argument', field: 'to' }),
  );
});

test.each([
  ['a hash in capitals', () => hash(ID, 'id'), ID.toLowerCase()],
  ['bytes', () => bytes('0xAB', 'action'), '0xab'],
  ['an emoji', () => note('☕️ 🫖', 'note'), '☕️ 🫖'],
  [
    'a hub with a slash',
    () => webAddress('https://card.example/app/', 'cardOrigin'),
    'https://card.example/app',
  ],
  [
    'nothing optional',
    () => withdrawRequest({ asset: LOWER, amount: 1n, recipient: CHECKSUMMED }, ''),
    { asset: LOWER, amount: 1n, recipient: LOWER },
  ],
])('%s is accepted', (_, read, expected) =>
  expect(refusal(read as () => unknown)).toEqual({ accepted: expected }),
);

const pay = { to: PAYEE, asset: LOWER, amount: 1n };
test.each([
  ['a note too long', 'note', () => note('x'.repeat(513), 'note')],
  ['half a character', 'note', () => note('\ud83e', 'note')],
  ['a fraction of a second', 'expiresIn', () => seconds(0.5, 'expiresIn')],
  ['no time at all', 'expiresIn', () => transferRequest(HUB)({ ...pay, expiresIn: 0 }, '')],
  [
    'a time in text',
    'deadline',
    () => withdrawRequest({ asset: LOWER, amount: 1n, recipient: LOWER, deadline: '1' }, ''),
  ],
  ['a pause no timer knows', 'pollMs', () => milliseconds(2 ** 31, 'pollMs')],
  ['an odd number of digits', 'action', () => bytes('0xabc', 'action')],
  ['a link cut off', 'link', () => link('https://card/redeem#1.1.AAAA', 'link')],
  [
    'a script for a link',
    'cardOrigin',
    () => linkRequest({ asset: LOWER, amount: 1n, cardOrigin: 'javascript:1' }, ''),
  ],
  ['an unknown field', 'paymentID', () => transferRequest(HUB)({ ...pay, paymentID: ID }, '')],
  ['no request', 'a transfer', () => transferRequest(HUB)(null, '')],
  ['a signer that is none', 'signer', () => depositRequest({ asset: LOWER, amount: 1n, signer: {} }, '')],
  ['a side that is none', 'side', () => historyRequest({ side: 'both' }, '')],
  ['a signal that is none', 'signal', () => callOptions({ signal: {} }, '')],
  ['a timeout of nothing', 'timeoutMs', () => callOptions({ timeoutMs: 0 }, '')],
  ['a correlation id with spaces', 'id', () => callOptions({ id: 'a b' }, '')],
])('%s is refused by name', (_, field, read) =>
  expect(refusal(read as () => unknown)).toMatchObject({ code: 'invalid_argument', field }),
);

test('what is read is read once: a getter cannot say two things', () => {
  let reads = 0;
  const tricky = {
    ...pay,
    get amount() {
      return BigInt(++reads);
    },
  };
  expect(transferRequest(HUB)(tricky, '').amount).toBe(1n);
  expect(reads).toBe(1);
});
