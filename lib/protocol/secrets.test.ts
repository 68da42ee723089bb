// SPDX-License-Identifier: MIT
import { addressOfPrivateKey, recoverAddress, sign } from '#secp256k1';
import { toBytes, toHex } from './bytes.ts';
import {
  appNonce,
  appSecretKey,
  boundPreimage,
  claimDigest,
  claimKeyOf,
  lockHashOf,
  metadataHashOf,
  metadataKeyOf,
  transferIdOf,
  transferSecret,
  type Install,
} from './secrets.ts';
import type { Address, Bytes, Hash } from './types.ts';
import { readVectors } from './vectors/read.ts';

const vectors = readVectors('secrets').map(({ install, ...vector }) => ({
  ...vector,
  install: {
    ...install,
    installVersion: BigInt(install.installVersion),
    amount: BigInt(install.amount),
  } as Install,
}));

test.each(vectors)('$name: from the key to the lock and the claim', (vector) => {
  const key = appSecretKey(toBytes(vector.privateKey));
  const nonce = appNonce(key, vector.install);
  const secret = transferSecret(key, vector.transferId as Hash);
  const preimage = boundPreimage(secret, toBytes(vector.paymentDigest));
  const claimKey = claimKeyOf(secret);
  expect({
    appSecretKey: toHex(key),
    nonce,
    secret,
    preimage,
    lockHash: lockHashOf(preimage),
    claimKey: toHex(claimKey),
    claimant: addressOfPrivateKey(claimKey),
    metadataKey: toHex(metadataKeyOf(secret)),
    metadataHash: metadataHashOf(vector.metadata as Bytes),
  }).toEqual({
    appSecretKey: vector.appSecretKey,
    nonce: vector.nonce,
    secret: vector.secret,
    preimage: vector.preimage,
    lockHash: vector.lockHash,
    claimKey: vector.claimKey,
    claimant: vector.claimant,
    metadataKey: vector.metadataKey,
    metadataHash: vector.metadataHash,
  });
});

test('a secret belongs to one transfer, a lock to one statement (invariant 16)', () => {
  const [vector, other] = vectors as [(typeof vectors)[number], (typeof vectors)[number]];
  const key = appSecretKey(toBytes(vector.privateKey));
  expect(transferSecret(key, other.transferId as Hash)).not.toBe(vector.secret);
  expect(boundPreimage(vector.secret as Hash, toBytes(other.paymentDigest))).not.toBe(vector.preimage);
});

test.each(vectors)('$name: the transfer and the proof of its claim', (vector) => {
  const { chainId, channel } = vector.install;
  const transferId = transferIdOf(chainId, channel, vector.paymentId as Hash);
  const digest = claimDigest(transferId, vector.claimerChannel as Address);
  expect(transferId).toBe(vector.transferId);
  expect(toHex(digest)).toBe(vector.claimDigest);
  expect(toHex(sign(digest, toBytes(vector.claimKey)))).toBe(vector.claimProof);
});

test('a proof made for one channel proves nothing for another (invariant 9)', () => {
  const [vector] = vectors as [(typeof vectors)[number]];
  const elsewhere = claimDigest(vector.transferId as Hash, vector.install.channel);
  expect(recoverAddress(elsewhere, toBytes(vector.claimProof))).not.toBe(vector.claimant);
});

test('every part of an install changes its nonce', () => {
  const [{ privateKey, install }] = vectors as [(typeof vectors)[number]];
  const key = appSecretKey(toBytes(privateKey));
  const other = vectors[2]!.install.recipient;
  const variants: Install[] = [
    install,
    { ...install, chainId: 1 },
    { ...install, channel: other },
    { ...install, installVersion: install.installVersion + 1n },
    { ...install, index: install.index + 1 },
    { ...install, asset: other },
    { ...install, amount: install.amount + 1n },
    { ...install, recipient: other },
  ];
  expect(new Set(variants.map((variant) => appNonce(key, variant))).size).toBe(variants.length);
});

test('nobody can occupy the transfer id of another payer (invariant 9)', () => {
  const [{ install, paymentId, claimerChannel }] = vectors as [(typeof vectors)[number]];
  const ids = [
    transferIdOf(install.chainId, install.channel, paymentId as Hash),
    transferIdOf(install.chainId, claimerChannel as Address, paymentId as Hash),
    transferIdOf(install.chainId + 1, install.channel, paymentId as Hash),
  ];
  expect(new Set(ids).size).toBe(3);
});
