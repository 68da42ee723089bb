// SPDX-License-Identifier: MIT
/** Public identifiers and links: good ones with their parts, and texts that must be refused. */
import { concat, dataSlice, encodeBase58, encodeBase64, sha256, toUtf8Bytes } from 'ethers';
import { INITIATOR, RESPONDER, TOP_WORD, ZERO_WORD, actor, word } from './actors.ts';

const base58check = (payload: string) =>
  encodeBase58(concat([payload, dataSlice(sha256(sha256(payload)), 0, 4)]));
export const identifierOf = (publicKey: string) => `indra${base58check(publicKey)}`;

const [first, second] = [INITIATOR, RESPONDER];
const good = identifierOf(first.publicKey);
const OFF_CURVE = `0x02${'00'.repeat(31)}05`;

export const identifiers = {
  valid: [
    ...[first, second, actor('third'), actor('fourth')].map(({ publicKey, address }) => ({
      text: identifierOf(publicKey),
      identifier: identifierOf(publicKey),
      publicKey,
      address,
      hub: null,
    })),
    ...['hub.example.org', 'localhost:3000', '127.0.0.1:8443', '[::1]:3000'].map((hub) => ({
      text: `${good}@${hub}`,
      identifier: good,
      publicKey: first.publicKey,
      address: first.address,
      hub,
    })),
  ],
  invalid: [
    { name: 'nothing', text: '' },
    { name: 'the prefix alone', text: 'indra' },
    { name: 'another prefix', text: good.replace('indra', 'xpub') },
    { name: 'a prefix in capitals', text: good.replace('indra', 'Indra') },
    { name: 'a character changed', text: good.slice(0, -1) + (good.endsWith('2') ? '3' : '2') },
    { name: 'two characters exchanged', text: `${good.slice(0, 10)}${good[11]}${good[10]}${good.slice(12)}` },
    { name: 'a character missing', text: good.slice(0, -1) },
    { name: 'a character more', text: `${good}2` },
    { name: 'a leading one', text: good.replace('indra', 'indra1') },
    { name: 'a character outside the alphabet', text: `${good.slice(0, -1)}0` },
    { name: 'far too long', text: `indra${'2'.repeat(500)}` },
    { name: 'a key that is no point', text: identifierOf(OFF_CURVE) },
    {
      name: 'a key with another first byte',
      text: identifierOf(concat(['0x05', dataSlice(first.publicKey, 1)])),
    },
    { name: 'a key a byte short', text: identifierOf(dataSlice(first.publicKey, 0, 32)) },
    { name: 'an address instead of a key', text: identifierOf(first.address) },
    { name: 'no hub after the sign', text: `${good}@` },
    { name: 'two hubs', text: `${good}@one.example@two.example` },
    { name: 'a path after the hub', text: `${good}@hub.example/path` },
    { name: 'a space in the hub', text: `${good}@hub example` },
    { name: 'a port that is no number', text: `${good}@hub.example:http` },
  ],
};

const base64url = (bytes: string | Uint8Array) =>
  encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

interface Parts {
  readonly chainId: number;
  readonly transferId: string;
  readonly secret: string;
  readonly hubUrl: string;
}

const origin = 'https://card.example.org';
const fragment = (parts: Parts) =>
  [
    '1',
    parts.chainId,
    base64url(parts.transferId),
    base64url(parts.secret),
    base64url(toUtf8Bytes(parts.hubUrl)),
  ].join('.');

const parts: Parts = {
  chainId: 31337,
  transferId: word('transfer'),
  secret: word('secret'),
  hubUrl: 'https://hub.example.org',
};
const [version, chain, transfer, secret, hub] = fragment(parts).split('.') as [
  string,
  string,
  string,
  string,
  string,
];
const changed = (...segments: string[]) => `${origin}/redeem#${segments.join('.')}`;

export const links = {
  valid: [
    parts,
    { ...parts, chainId: 1, hubUrl: 'http://localhost:3000' },
    { ...parts, chainId: 999_999_999_999_999, transferId: TOP_WORD, secret: ZERO_WORD },
    { ...parts, hubUrl: 'https://hub.example.org:8443/base/path?a=b' },
  ].map((link) => ({ origin, link, text: `${origin}/redeem#${fragment(link)}` })),
  invalid: [
    { name: 'nothing', text: '' },
    { name: 'no fragment', text: `${origin}/redeem` },
    { name: 'another version', text: changed('2', chain, transfer, secret, hub) },
    { name: 'a part missing', text: changed(version, chain, transfer, secret) },
    { name: 'a part more', text: changed(version, chain, transfer, secret, hub, hub) },
    { name: 'chain zero', text: changed(version, '0', transfer, secret, hub) },
    { name: 'a chain with a leading zero', text: changed(version, '031337', transfer, secret, hub) },
    { name: 'a chain in hex', text: changed(version, '0x1', transfer, secret, hub) },
    { name: 'a chain past 2^53', text: changed(version, '9007199254740993', transfer, secret, hub) },
    {
      name: 'a transfer id a byte short',
      text: changed(version, chain, base64url(dataSlice(parts.transferId, 0, 31)), secret, hub),
    },
    {
      name: 'a secret a byte long',
      text: changed(version, chain, transfer, base64url(concat([parts.secret, '0x00'])), hub),
    },
    { name: 'padding', text: changed(version, chain, `${transfer}=`, secret, hub) },
    {
      name: 'the other base64 alphabet',
      text: changed(version, chain, `+${transfer.slice(1)}`, secret, hub),
    },
    {
      name: 'bits beyond the last byte',
      text: changed(version, chain, `${transfer.slice(0, -1)}B`, secret, hub),
    },
    {
      name: 'a hub without a scheme',
      text: changed(version, chain, transfer, secret, base64url(toUtf8Bytes('hub.example.org'))),
    },
    {
      name: 'a script for a hub',
      text: changed(version, chain, transfer, secret, base64url(toUtf8Bytes('javascript:alert(1)'))),
    },
    { name: 'no hub', text: changed(version, chain, transfer, secret, '') },
    {
      name: 'a hub with a line break',
      text: changed(version, chain, transfer, secret, base64url(toUtf8Bytes('https://hub\n.example'))),
    },
  ],
};
