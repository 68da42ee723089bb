// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import { publicKey } from '#secp256k1';
import { hashOf } from '../protocol/testing/two-parties.ts';
import { channelKey, keyOfMnemonic } from './channel-key.ts';
import { seal, unseal } from './seal.ts';

const keyOf = (seed: number): Uint8Array => new Uint8Array(32).fill(seed);

test('only the recipient reads a sealed secret', () => {
  const sealed = seal(hashOf(42), publicKey(keyOf(5)), keyOf(6))!;
  expect(sealed).toHaveLength(2 + 2 * 81);
  expect(unseal(sealed, keyOf(5))).toBe(hashOf(42));
  expect(unseal(sealed, keyOf(7))).toBeNull();
  expect(sealed).not.toContain(hashOf(42).slice(2));
});

test('what was damaged or is no seal gives nothing', () => {
  const sealed = seal(hashOf(42), publicKey(keyOf(5)), keyOf(6))!;
  const flipped = `${sealed.slice(0, -1)}${sealed.endsWith('0') ? '1' : '0'}` as const;
  for (const bad of [flipped, '0x', `0x${'00'.repeat(81)}`, sealed.slice(0, -2)])
    expect(unseal(bad as never, keyOf(5))).toBeNull();
  expect(seal(hashOf(1), new Uint8Array(33), keyOf(6))).toBeNull();
});

test('a phrase gives the key of its path, however it is typed; a wrong one is refused without being repeated', () => {
  const phrase = 'test test test test test test test test test test test junk';
  const key = channelKey(keyOfMnemonic(phrase));
  expect(channelKey(keyOfMnemonic(`  ${phrase.toUpperCase().replaceAll(' ', '  ')}`)).address).toBe(
    key.address,
  );
  expect(() => keyOfMnemonic('test test')).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  expect(() => channelKey('0x1234')).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  expect(() => channelKey(`0x${'00'.repeat(32)}`)).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining('0000') }),
  );
});
