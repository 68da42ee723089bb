// SPDX-License-Identifier: MIT
import fc from 'fast-check';
import { formatLink, parseLink, type Link } from './link.ts';
import type { Hash } from './types.ts';
import { readVectors } from './vectors/read.ts';

const { valid, invalid } = readVectors('links');
const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}` as string as Hash);

test.each(valid)('$text', ({ origin, link, text }) => {
  expect(formatLink(origin, link as Link)).toBe(text);
  expect(formatLink(`${origin}/`, link as Link)).toBe(text);
  expect(parseLink(text)).toEqual({ ok: true, value: link });
  expect(parseLink(text.slice(text.indexOf('#')))).toEqual({ ok: true, value: link });
  expect(parseLink(text.slice(text.indexOf('#') + 1))).toEqual({ ok: true, value: link });
});

test.each(invalid)('refuses $name', ({ text }) => {
  expect(parseLink(text)).toMatchObject({ ok: false, error: { code: 'malformed' } });
});

test('refuses a megabyte of link without choking on it', () => {
  const [{ origin, link }] = valid as [(typeof valid)[number]];
  const text = formatLink(origin, {
    ...(link as Link),
    hubUrl: `https://hub.example.org/${'a'.repeat(1_000_000)}`,
  });
  expect(parseLink(text)).toMatchObject({ ok: false, error: { code: 'malformed' } });
});

test('a link survives formatting and parsing', () => {
  fc.assert(
    fc.property(
      hash,
      hash,
      fc.integer({ min: 1, max: 999_999_999 }),
      fc.webUrl(),
      (transferId, secret, chainId, hubUrl) => {
        const link: Link = { chainId, transferId, secret, hubUrl };
        expect(parseLink(formatLink('https://card.example.org', link))).toEqual({ ok: true, value: link });
      },
    ),
  );
});

test('what is told about a bad link does not contain its secret', () => {
  const [{ text }] = valid as [(typeof valid)[number]];
  const parsed = parseLink(`${text}!`);
  const secret = text.split('.').at(-2)!;
  expect(secret).toHaveLength(43);
  expect(JSON.stringify(parsed)).not.toContain(secret);
});
