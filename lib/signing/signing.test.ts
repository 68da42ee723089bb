// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';
import { Signature, SigningKey, Wallet, computeAddress, keccak256 as ethersKeccak } from 'ethers';
import * as native from './native.ts';
import * as noble from './noble.ts';
import { keccak256 as keccakNoble } from './keccak-noble.ts';
import { keccak256 as keccakWasm } from './keccak-wasm.ts';

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replace('0x', ''), 'hex'));
const hex = (data: Uint8Array) => `0x${Buffer.from(data).toString('hex')}`;
const word = (value: bigint) => bytes(value.toString(16).padStart(64, '0'));
const digestOf = (seed: number) => keccakWasm(Uint8Array.of(seed, 1));
const keyOf = (seed: number) => keccakWasm(Uint8Array.of(seed, 2));

test.each([
  ['wasm', keccakWasm],
  ['noble', keccakNoble],
])('keccak256 (%s) is that of ethers for every length around the block size', (_name, keccak256) => {
  for (const length of [0, 1, 31, 32, 64, 135, 136, 137, 272, 1000]) {
    const data = Uint8Array.from({ length }, (_, i) => i % 251);
    expect(hex(keccak256(data))).toBe(ethersKeccak(data));
  }
  const first = keccak256(Uint8Array.of(1));
  const copy = first.slice();
  keccak256(Uint8Array.of(2));
  expect(first).toEqual(copy);
});

describe.each([
  ['native', native],
  ['noble', noble],
])('%s', (_name, signing) => {
  test('signs and recovers as ethers does', () => {
    for (let seed = 0; seed < 40; seed += 1) {
      const digest = digestOf(seed);
      const key = keyOf(seed);
      const wallet = new SigningKey(hex(key));
      const signature = signing.sign(digest, key);
      expect(hex(signature)).toBe(wallet.sign(digest).serialized);
      const address = computeAddress(wallet.publicKey).toLowerCase();
      expect(signing.recoverAddress(digest, signature)).toBe(address);
      expect(hex(signing.publicKey(key))).toBe(wallet.compressedPublicKey);
      expect(signing.addressOf(signing.publicKey(key))).toBe(address);
      expect(signing.addressOfPrivateKey(key)).toBe(address);
      const other = signing.publicKey(keyOf(seed + 100));
      const shared = wallet.computeSharedSecret(hex(other)).slice(4, 68);
      expect(hex(signing.ecdhX(key, other) ?? new Uint8Array())).toBe(`0x${shared}`);
    }
  });

  test('a signature by another signer or over another digest recovers to another address', () => {
    const signature = signing.sign(digestOf(1), keyOf(1));
    expect(signing.recoverAddress(digestOf(2), signature)).not.toBe(signing.addressOfPrivateKey(keyOf(1)));
  });

  test('refuses what is malformed', () => {
    const digest = digestOf(7);
    const good = signing.sign(digest, keyOf(7));
    const withV = (v: number) => Uint8Array.from([...good.subarray(0, 64), v]);
    const { s } = Signature.from(hex(good));
    const highS = Uint8Array.from([
      ...good.subarray(0, 32),
      ...word(order - BigInt(s)),
      good[64] === 27 ? 28 : 27,
    ]);
    const bad: Uint8Array[] = [
      new Uint8Array(0),
      good.subarray(0, 64),
      Uint8Array.from([...good, 0]),
      new Uint8Array(65),
      Uint8Array.from([...new Uint8Array(64), 27]),
      Uint8Array.from([...new Uint8Array(32), ...good.subarray(32)]),
      Uint8Array.from([...good.subarray(0, 32), ...new Uint8Array(32), 27]),
      Uint8Array.from([...word(order), ...good.subarray(32)]),
      Uint8Array.from([...word(order + 5n), ...good.subarray(32)]),
      highS,
      ...[0, 1, 2, 3, 26, 29, 30, 255].map(withV),
    ];
    for (const signature of bad) expect(signing.recoverAddress(digest, signature)).toBeNull();
    expect(signing.recoverAddress(digest.subarray(1), good)).toBeNull();
    expect(signing.recoverAddress(digest, good)).not.toBeNull();
  });

  test('s = half the order passes, one more does not', () => {
    const r = signing.publicKey(keyOf(9)).subarray(1);
    const half = order / 2n;
    const at = (s: bigint) => signing.recoverAddress(digestOf(9), Uint8Array.from([...r, ...word(s), 27]));
    expect(at(half)).not.toBeNull();
    expect(at(half + 1n)).toBeNull();
  });

  test('knows a private and a public key', () => {
    expect(signing.isPrivateKey(word(1n))).toBe(true);
    expect(signing.isPrivateKey(word(order - 1n))).toBe(true);
    for (const bad of [word(0n), word(order), word(order + 1n), new Uint8Array(31), new Uint8Array(33)]) {
      expect(signing.isPrivateKey(bad)).toBe(false);
    }
    const offCurve = Uint8Array.from([2, ...word(5n)]);
    for (const bad of [
      offCurve,
      new Uint8Array(33),
      Uint8Array.from([4, ...word(1n)]),
      new Uint8Array(32),
      Uint8Array.from([2, ...word((1n << 256n) - 1n)]),
    ]) {
      expect(signing.addressOf(bad)).toBeNull();
      expect(signing.ecdhX(keyOf(1), bad)).toBeNull();
    }
    expect(() => signing.sign(digestOf(1), word(0n))).toThrow();
  });

  test('both ends of an exchange get the same', () => {
    expect(signing.ecdhX(keyOf(3), signing.publicKey(keyOf(4)))).toEqual(
      signing.ecdhX(keyOf(4), signing.publicKey(keyOf(3))),
    );
  });

  test('counts', () => {
    const before = { ...signing.operations };
    signing.recoverAddress(digestOf(1), signing.sign(digestOf(1), keyOf(1)));
    expect(signing.operations).toEqual({ signs: before.signs + 1, recovers: before.recovers + 1 });
  });
});

test('native and noble agree where ethers has no word', () => {
  for (let seed = 0; seed < 40; seed += 1) {
    const r = keyOf(seed);
    const signature = Uint8Array.from([...r, ...word(BigInt(seed + 1)), 27 + (seed % 2)]);
    expect(native.recoverAddress(digestOf(seed), signature)).toBe(
      noble.recoverAddress(digestOf(seed), signature),
    );
  }
});

test('a wallet of ethers accepts our signature of its message digest', () => {
  const key = keyOf(11);
  const wallet = new Wallet(hex(key));
  expect(native.addressOfPrivateKey(key)).toBe(wallet.address.toLowerCase());
});

test('the package maps the browser to the pure implementation and all else to the native one', () => {
  const { imports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(imports).toMatchObject({
    '#secp256k1': { browser: './lib/signing/noble.ts', default: './lib/signing/native.ts' },
    '#keccak256': { browser: './lib/signing/keccak-noble.ts', default: './lib/signing/keccak-wasm.ts' },
  });
});
