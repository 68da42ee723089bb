// SPDX-License-Identifier: MIT
import { recoverAddress } from '#secp256k1';
import { toBytes, toHex } from './bytes.ts';
import {
  TYPES,
  appDigest,
  appId,
  appStateDigest,
  cancelDigest,
  domainSeparator,
  ledgerDigest,
  quoteDigest,
  stateHash,
  withdrawalDigest,
} from './digests.ts';
import type { AppState, Cancel, Domain } from './types.ts';
import { readVectors } from './vectors/read.ts';
import { app, ledger, quote, withdrawal } from './wire/structures.ts';

const structures = readVectors('structures');
const keys = readVectors('keys');

const DIGEST: Record<string, (domain: Domain, value: Record<string, unknown>) => Uint8Array> = {
  Ledger: (domain, value) => ledgerDigest(domain, ledger.parse(value)),
  App: (domain, value) => appDigest(domain, app.parse(value)),
  AppState: (domain, value) =>
    appStateDigest(domain, { ...value, version: BigInt(value.version as string) } as unknown as AppState),
  Withdrawal: (domain, value) => withdrawalDigest(domain, withdrawal.parse(value)),
  Cancel: (domain, value) =>
    cancelDigest(domain, {
      ...value,
      epoch: BigInt(value.epoch as string),
      challengeId: BigInt(value.challengeId as string),
    } as unknown as Cancel),
  Quote: (domain, value) => quoteDigest(domain, quote.parse(value)),
};

const digestOf = (vector: (typeof structures)[number]) =>
  DIGEST[vector.kind]!(vector.domain as Domain, vector.value);

test.each(readVectors('domains'))('domain separator on chain $domain.chainId', ({ domain, separator }) => {
  expect(toHex(domainSeparator(domain as Domain))).toBe(separator);
});

test.each(structures)('$kind, $name: type and digest are those of ethers', (vector) => {
  expect(TYPES[vector.kind as keyof typeof TYPES]).toBe(vector.type);
  expect(toHex(digestOf(vector))).toBe(vector.digest);
});

test.each(structures)('$kind, $name: signatures by ethers recover to their signers', (vector) => {
  const signers = vector.signatures.map((signature) => recoverAddress(digestOf(vector), toBytes(signature)));
  expect(signers).toEqual(keys.map((key) => key.address));
});

test('every kind of structure has a vector', () => {
  const nested = ['Asset', 'Stake'];
  expect(new Set([...structures.map(({ kind }) => kind), ...nested])).toEqual(new Set(Object.keys(TYPES)));
});

test('no two digests meet', () => {
  expect(new Set(structures.map(({ digest }) => digest)).size).toBe(structures.length);
});

test('the id of an app is the digest of the App', () => {
  const vector = structures.find(({ kind }) => kind === 'App')!;
  expect(appId(vector.domain as Domain, app.parse(vector.value))).toBe(vector.digest);
});

test('a state is hashed as bytes', () => {
  expect(stateHash('0x')).toBe('0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');
});

test('two domain objects of one content give one digest, two contents two', () => {
  const { domain, value, digest } = structures.find(({ kind }) => kind === 'Ledger')!;
  const digestIn = (other: Partial<Domain>) =>
    toHex(ledgerDigest({ ...(domain as Domain), ...other }, ledger.parse(value)));
  expect(digestIn({})).toBe(digest);
  expect(digestIn({ chainId: domain.chainId + 1 })).not.toBe(digest);
  expect(digestIn({ registry: value.channel as Domain['registry'] })).not.toBe(digest);
});
