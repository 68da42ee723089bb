// SPDX-License-Identifier: MIT
/// <reference path="./secp256k1-bindings.d.ts" />
// The package's main entry falls back to slow JavaScript in silence. Its bindings refuse to load without the
// native library, so a process that could not keep up never starts.
import secp256k1 from 'secp256k1/bindings.js';
import { createSigning } from './signing.ts';

export { operations } from './signing.ts';

export const { sign, recoverAddress, publicKey, addressOf, addressOfPrivateKey, ecdhX, isPrivateKey } =
  createSigning({
    sign: (digest, privateKey) => secp256k1.ecdsaSign(digest, privateKey),
    recover: (digest, signature, recid) => secp256k1.ecdsaRecover(signature, recid, digest, false),
    publicKey: (privateKey) => secp256k1.publicKeyCreate(privateKey, true),
    decompress: (key) => secp256k1.publicKeyConvert(key, false),
    ecdhX: (privateKey, key) =>
      secp256k1.ecdh(key, privateKey, { hashfn: (x) => x.slice() }, new Uint8Array(32)),
  });
