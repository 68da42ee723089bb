// SPDX-License-Identifier: MIT
import { recoverAddress } from '#secp256k1';
import { toBytes, toHex } from './bytes.ts';
import {
  TYPES,
  appDigest,
  appId,
  appStateDigest,
  cancelDigest,
  challengeDigest,
  domainSeparator,
  ledgerDigest,
  stateHash,
  withdrawalDigest,
} from './digests.ts';
import {
  STATEMENT_TYPES,
  appOfferDigest,
  attestationDigest,
  invoiceDigest,
  keyDelegationDigest,
  paymentDigest,
  quoteDigest,
  receiptDigest,
  swapDigest,
} from './statement-digests.ts';
import type { AppState, Domain } from './types.ts';
import { readVectors } from './vectors/read.ts';
import {
  appOffer,
  attestation,
  invoice,
  keyDelegation,
  payment,
  quote,
  receipt,
  swap,
} from './wire/statements.ts';
import { app, cancel, challenge, ledger, withdrawal } from './wire/structures.ts';

const structures = readVectors('structures');
const keys = readVectors('keys');

const DIGEST: Record<string, (domain: Domain, value: Record<string, unknown>) => Uint8Array> = {
  Ledger: (domain, value) => ledgerDigest(domain, ledger.parse(value)),
  App: (domain, value) => appDigest(domain, app.parse(value)),
  AppState: (domain, value) =>
    appStateDigest(domain, { ...value, version: BigInt(value.version as string) } as unknown as AppState),
  Withdrawal: (domain, value) => withdrawalDigest(domain, withdrawal.parse(value)),
  Cancel: (domain, value) => cancelDigest(domain, cancel.parse(value)),
  Challenge: (domain, value) => challengeDigest(domain, challenge.parse(value)),
  Payment: (domain, value) => paymentDigest(domain, payment.parse(value)),
  Receipt: (domain, value) => receiptDigest(domain, receipt.parse(value)),
  Attestation: (domain, value) => attestationDigest(domain, attestation.parse(value)),
  Invoice: (domain, value) => invoiceDigest(domain, invoice.parse(value)),
  Swap: (domain, value) => swapDigest(domain, swap.parse(value)),
  AppOffer: (domain, value) => appOfferDigest(domain, appOffer.parse(value)),
  KeyDelegation: (domain, value) => keyDelegationDigest(domain, keyDelegation.parse(value)),
  Quote: (domain, value) => quoteDigest(domain, quote.parse(value)),
};

const ALL_TYPES: Readonly<Record<string, string>> = { ...TYPES, ...STATEMENT_TYPES };

const digestOf = (vector: (typeof structures)[number]) =>
  DIGEST[vector.kind]!(vector.domain as Domain, vector.value);

test.each(readVectors('domains'))('domain separator on chain $domain.chainId', ({ domain, separator }) => {
  expect(toHex(domainSeparator(domain as Domain))).toBe(separator);
});

test.each(structures)('$kind, $name: type and digest are those of ethers', (vector) => {
  expect(ALL_TYPES[vector.kind]).toBe(vector.type);
  expect(toHex(digestOf(vector))).toBe(vector.digest);
});

test.each(structures)('$kind, $name: signatures by ethers recover to their signers', (vector) => {
  const signers = vector.signatures.map((signature) => recoverAddress(digestOf(vector), toBytes(signature)));
  expect(signers).toEqual(keys.map((key) => key.address));
});

test('every kind of structure has a vector', () => {
  const nested = ['Asset', 'Stake'];
  expect(new Set([...structures.map(({ kind }) => kind), ...nested])).toEqual(
    new Set(Object.keys(ALL_TYPES)),
  );
});

test('every field of a payment changes its digest (invariant 16)', () => {
  const { domain, value, digest } = structures.find(({ kind }) => kind === 'Payment')!;
  const stated = payment.parse(value);
  const word = `0x${'07'.repeat(32)}`;
  const address = `0x${'07'.repeat(20)}`;
  const others = {
    transferId: word,
    payer: address,
    payee: address,
    toChainId: 7,
    asset: address,
    amount: 7n,
    expiresAt: 7,
    metadataHash: word,
  };
  const digests = Object.entries(others).map(([field, other]) =>
    toHex(paymentDigest(domain as Domain, { ...stated, [field]: other })),
  );
  expect(Object.keys(others)).toEqual(Object.keys(stated));
  expect(new Set([digest, ...digests]).size).toBe(1 + digests.length);
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
