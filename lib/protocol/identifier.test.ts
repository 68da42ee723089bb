// SPDX-License-Identifier: MIT
import { toBytes, toHex } from './bytes.ts';
import { addressOfKey, identifierOf, parseIdentifier } from './identifier.ts';
import { readVectors } from './vectors/read.ts';

const { valid, invalid } = readVectors('identifiers');

test.each(valid)('$text', ({ text, identifier, publicKey, address, hub }) => {
  const key = toBytes(publicKey);
  expect(identifierOf(key, hub ?? undefined)).toBe(text);
  expect(addressOfKey(key)).toBe(address);
  const parsed = parseIdentifier(text);
  expect(parsed.ok && { ...parsed.value, publicKey: toHex(parsed.value.publicKey) }).toEqual({
    identifier,
    publicKey,
    address,
    hub,
  });
});

test.each(invalid)('refuses $name', ({ text }) => {
  expect(parseIdentifier(text)).toMatchObject({ ok: false, error: { code: 'malformed' } });
});

test('spaces around a pasted identifier do not matter', () => {
  const [{ text, address }] = valid as [(typeof valid)[number]];
  expect(parseIdentifier(`  ${text}\n`)).toMatchObject({ ok: true, value: { address } });
});

test('no single mistyped character passes', () => {
  const [{ text }] = valid as [(typeof valid)[number]];
  for (let at = 'indra'.length; at < text.length; at += 1) {
    const mistyped = text.slice(0, at) + (text[at] === 'a' ? 'b' : 'a') + text.slice(at + 1);
    expect(parseIdentifier(mistyped).ok).toBe(false);
  }
});
