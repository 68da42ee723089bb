// SPDX-License-Identifier: MIT
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { createSigning } from './signing.ts';

export { operations } from './signing.ts';

export const { sign, recoverAddress, publicKey, addressOf, addressOfPrivateKey, ecdhX, isPrivateKey } =
  createSigning({
    sign(digest, privateKey) {
      const recovered = secp256k1.sign(digest, privateKey, {
        prehash: false,
        lowS: true,
        format: 'recovered',
      });
      return { signature: recovered.subarray(1), recid: recovered[0] as number };
    },
    recover(digest, signature, recid) {
      const recovered = new Uint8Array(65);
      recovered[0] = recid;
      recovered.set(signature, 1);
      const key = secp256k1.recoverPublicKey(recovered, digest, { prehash: false });
      return secp256k1.Point.fromBytes(key).toBytes(false);
    },
    publicKey: (privateKey) => secp256k1.getPublicKey(privateKey, true),
    decompress: (key) => secp256k1.Point.fromBytes(key).toBytes(false),
    ecdhX: (privateKey, key) => secp256k1.getSharedSecret(privateKey, key, true).slice(1),
  });
