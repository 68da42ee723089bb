// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { address, bytes, hash, pair, period, signature, toJson, uint, uint64, whole } from './primitives.ts';

const hex = (length: number, digit = 'a') => `0x${digit.repeat(length * 2)}`;

test.each([
  ['uint', uint, ['0', '1', '10', (2n ** 256n - 1n).toString()]],
  ['uint64', uint64, ['0', (2n ** 64n - 1n).toString()]],
  ['whole', whole, [0, 1, Number.MAX_SAFE_INTEGER]],
  ['period', period, [1, 0xffffffff]],
  ['address', address, [hex(20), hex(20, '0')]],
  ['hash', hash, [hex(32)]],
  ['bytes', bytes, ['0x', '0x00', hex(16_384)]],
  ['signature', signature, [hex(65)]],
  ['pair', pair(uint), [['0', '1']]],
])('%s takes what it should', (_name, schema, values) => {
  for (const value of values) expect(schema.safeParse(value).success).toBe(true);
});

const notText = [null, undefined, 1, 1n, true, {}, []];
test.each<[string, { safeParse(value: unknown): { success: boolean } }, readonly unknown[]]>([
  [
    'uint',
    uint,
    [
      ...notText,
      '',
      ' 1',
      '1 ',
      '01',
      '00',
      '-1',
      '+1',
      '1.0',
      '1e3',
      '0x1',
      '1_000',
      '١',
      (2n ** 256n).toString(),
      '9'.repeat(78),
      '1'.repeat(79),
    ],
  ],
  ['uint64', uint64, [(2n ** 64n).toString(), '-1', '01', '1.5', 1]],
  ['whole', whole, [-1, 1.5, NaN, Infinity, 2 ** 53, '1', 1n, null, true]],
  ['period', period, [0, -1, 1.5, 2 ** 32, '1']],
  [
    'address',
    address,
    [
      ...notText,
      '',
      '0x',
      hex(19),
      hex(21),
      hex(20, 'A'),
      hex(20, 'g'),
      hex(20).slice(2),
      ` ${hex(20)}`,
      `${hex(20)}\n`,
      hex(20).replace('0x', '0X'),
    ],
  ],
  ['hash', hash, [...notText, hex(31), hex(33), hex(32, 'F'), `${hex(32)}\n`]],
  ['bytes', bytes, [...notText, '', '0x0', '0xA0', '0xzz', 'ab', '0x\n', hex(16_385)]],
  ['signature', signature, [...notText, hex(64), hex(66), hex(65, 'B')]],
  ['pair', pair(uint), [[], ['0'], ['0', '1', '2'], { 0: '0', 1: '1' }, '01']],
])('%s refuses the rest without throwing', (_name, schema, values) => {
  for (const value of values)
    expect({ value, ok: schema.safeParse(value).success }).toEqual({ value, ok: false });
});

test('any amount survives JSON', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (value) => {
      expect(uint.parse(JSON.parse(JSON.stringify(toJson(value))))).toBe(value);
    }),
  );
});

test('toJson turns bigints to text at every depth, drops what is undefined and touches nothing else', () => {
  const value = { a: 1n, b: [2n, { c: 3n, d: null }], e: undefined, f: 'text', g: 4, h: false };
  expect(toJson(value)).toEqual({ a: '1', b: ['2', { c: '3', d: null }], f: 'text', g: 4, h: false });
  expect(Object.keys(toJson(value))).not.toContain('e');
  expect(value.a).toBe(1n);
});
