// SPDX-License-Identifier: MIT
import type { Bytes, Hash } from '../protocol/types.ts';
import { readVectors } from '../protocol/vectors/read.ts';
import { decryptMetadata, encryptMetadata } from './metadata.ts';

test.each(readVectors('secrets'))('$name: metadata is read with the secret alone', (vector) => {
  const secret = vector.secret as Hash;
  const { from, to, note } = vector;
  const metadata = { from, to, paymentId: vector.paymentId as Hash, note: note || null };
  expect(encryptMetadata(secret, metadata)).toBe(vector.metadata);
  expect(decryptMetadata(secret, vector.metadata as Bytes)).toEqual(metadata);
  expect(decryptMetadata(vector.preimage as Hash, vector.metadata as Bytes)).toBeNull();
});

test('what is damaged or too short is no metadata', () => {
  const [vector] = readVectors('secrets');
  const { secret, metadata } = vector!;
  const flipped = metadata.endsWith('0') ? `${metadata.slice(0, -1)}1` : `${metadata.slice(0, -1)}0`;
  for (const damaged of [flipped, `${metadata}00`, metadata.slice(0, -2), metadata.slice(0, 50), '0x'])
    expect(decryptMetadata(secret as Hash, damaged as Bytes)).toBeNull();
});
