// SPDX-License-Identifier: MIT
import { keccak256 } from '#keccak256';

/** What a secp256k1 implementation gives; `createSigning` adds our signature format and its checks. */
export interface Curve {
  /** r ‖ s (64 bytes, low s) and the recovery id. Deterministic (RFC 6979). Throws for an invalid private key. */
  sign(digest: Uint8Array, privateKey: Uint8Array): { signature: Uint8Array; recid: number };
  /** The uncompressed key, 65 bytes. May throw where there is none. */
  recover(digest: Uint8Array, signature: Uint8Array, recid: number): Uint8Array;
  /** Compressed, 33 bytes. Throws for an invalid private key. */
  publicKey(privateKey: Uint8Array): Uint8Array;
  /** 65 bytes. Throws where the bytes are not a point of the curve. */
  decompress(publicKey: Uint8Array): Uint8Array;
  /** The x coordinate of the shared point. Throws where the public key is not a point of the curve. */
  ecdhX(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
}

export interface Signing {
  /** 65 bytes r ‖ s ‖ v, v = 27 or 28, low s; the same for the same digest and key. Throws for an invalid key: keys are checked where they are read. */
  sign(digest: Uint8Array, privateKey: Uint8Array): Uint8Array;
  /** The signer's lowercase address; null for a signature that is malformed, has a high s or another v, or recovers to nothing. */
  recoverAddress(digest: Uint8Array, signature: Uint8Array): string | null;
  /** Compressed, 33 bytes. */
  publicKey(privateKey: Uint8Array): Uint8Array;
  /** Lowercase; null where the 33 bytes are not a public key. */
  addressOf(publicKey: Uint8Array): string | null;
  addressOfPrivateKey(privateKey: Uint8Array): string;
  /** 32 bytes; null where the 33 bytes are not a public key. */
  ecdhX(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array | null;
  /** 32 bytes and between 1 and the order of the curve less 1. */
  isPrivateKey(bytes: Uint8Array): boolean;
}

/** Signatures made and recoveries tried by this process, for the benchmark. */
export const operations = { signs: 0, recovers: 0 };

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const orderBytes = bytes32(order);
const halfOrderBytes = bytes32(order / 2n);
const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function createSigning(curve: Curve): Signing {
  return {
    sign(digest, privateKey) {
      operations.signs += 1;
      const { signature, recid } = curve.sign(digest, privateKey);
      const out = new Uint8Array(65);
      out.set(signature);
      out[64] = 27 + recid;
      return out;
    },

    recoverAddress(digest, signature) {
      if (digest.length !== 32 || signature.length !== 65) return null;
      const v = signature[64];
      if (v !== 27 && v !== 28) return null;
      if (isGreater(signature, 32, halfOrderBytes)) return null;
      operations.recovers += 1;
      const publicKey = orNull(() => curve.recover(digest, signature.subarray(0, 64), v - 27));
      return publicKey && addressOfUncompressed(publicKey);
    },

    publicKey: (privateKey) => curve.publicKey(privateKey),

    addressOf(publicKey) {
      if (!isCompressed(publicKey)) return null;
      const uncompressed = orNull(() => curve.decompress(publicKey));
      return uncompressed && addressOfUncompressed(uncompressed);
    },

    addressOfPrivateKey: (privateKey) => addressOfUncompressed(curve.decompress(curve.publicKey(privateKey))),

    ecdhX(privateKey, publicKey) {
      if (!isCompressed(publicKey) || !orNull(() => curve.decompress(publicKey))) return null;
      return curve.ecdhX(privateKey, publicKey);
    },

    isPrivateKey: (bytes) =>
      bytes.length === 32 && bytes.some((byte) => byte !== 0) && isGreater(orderBytes, 0, bytes),
  };
}

function isCompressed(publicKey: Uint8Array): boolean {
  return publicKey.length === 33 && (publicKey[0] === 2 || publicKey[0] === 3);
}

function addressOfUncompressed(publicKey: Uint8Array): string {
  const hash = keccak256(publicKey.subarray(1));
  let address = '0x';
  for (let i = 12; i < 32; i += 1) address += hexOfByte[hash[i] as number];
  return address;
}

/** Whether the 32 bytes of `left` from `offset` on are more than `right`, both big-endian. */
function isGreater(left: Uint8Array, offset: number, right: Uint8Array): boolean {
  for (let i = 0; i < 32; i += 1) {
    const difference = (left[offset + i] as number) - (right[i] as number);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

function bytes32(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * (31 - i))) & 0xffn));
}

/** Both curve libraries answer bad input by throwing; here it is an expected failure. */
function orNull<T>(compute: () => T): T | null {
  try {
    return compute();
  } catch {
    return null;
  }
}
