// SPDX-License-Identifier: MIT
/** The key of a user's channels: from a BIP-39 phrase at its own path, or any secp256k1 private key. */
import { addressOfPrivateKey, isPrivateKey, publicKey, sign } from '#secp256k1';
import { HDNodeWallet, Mnemonic } from 'ethers';
import { toBytes, toHex } from '../protocol/bytes.ts';
import { identifierOf } from '../protocol/identifier.ts';
import { appSecretKey } from '../protocol/secrets.ts';
import type { Address } from '../protocol/types.ts';
import { invalid } from './door/argument.ts';
import type { ChannelKey } from './ports.ts';
import { unseal } from './seal.ts';

/** docs/formats.md, "Keys and secrets". */
export const KEY_PATH = "m/44'/60'/0'/25446";

/** Fails with `invalid_argument` where the phrase is no BIP-39 phrase. */
export function keyOfMnemonic(phrase: string): Uint8Array {
  const text = phrase.trim().toLowerCase().replace(/\s+/g, ' ');
  if (!Mnemonic.isValidMnemonic(text)) throw invalid('mnemonic', 'that is no BIP-39 phrase');
  return toBytes(HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(text), KEY_PATH).privateKey);
}

/** `key` is 32 bytes, or `0x` hex of them. Fails with `invalid_argument`; the message never holds the key. */
export function channelKey(key: Uint8Array | string): ChannelKey {
  const bytes = typeof key === 'string' ? keyBytes(key) : key.slice();
  if (!isPrivateKey(bytes)) throw invalid('key', 'give a private key: 32 bytes, or 0x and 64 hex digits');
  return {
    address: addressOfPrivateKey(bytes) as string as Address,
    identifier: identifierOf(publicKey(bytes)),
    sign: (digest) => toHex(sign(digest, bytes)),
    appSecretKey: appSecretKey(bytes),
    unseal: (sealed) => unseal(sealed, bytes),
  };
}

function keyBytes(text: string): Uint8Array {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text))
    throw invalid('key', 'give a private key: 32 bytes, or 0x and 64 hex digits');
  return toBytes(text.toLowerCase());
}
