// SPDX-License-Identifier: MIT
/**
 * The wallet's words at rest: AES-256-GCM under a key stretched from the passphrase. Whoever takes the stored record must
 * guess the passphrase at the price of the stretching, once per guess.
 */
import { z } from 'zod';

/** PBKDF2-HMAC-SHA-256: about a second on a phone. Stored with the record, so that it can be raised later. */
export const ITERATIONS = 1_000_000;

/** A record with fewer was not made here, and would let its maker guess cheaply. */
const FEWEST_ITERATIONS = 600_000;

const bytes = z.instanceof(Uint8Array<ArrayBuffer>);

export const vaultSchema = z.strictObject({
  version: z.literal(1),
  kdf: z.strictObject({
    name: z.literal('PBKDF2-SHA-256'),
    iterations: z.int().min(FEWEST_ITERATIONS),
    salt: bytes,
  }),
  cipher: z.strictObject({ name: z.literal('AES-256-GCM'), iv: bytes, text: bytes }),
});
export type Vault = z.output<typeof vaultSchema>;

export async function sealWords(words: string, passphrase: string): Promise<Vault> {
  const kdf = {
    name: 'PBKDF2-SHA-256',
    iterations: ITERATIONS,
    salt: crypto.getRandomValues(new Uint8Array(16)),
  } as const;
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const key = await stretch(passphrase, kdf);
  const text = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: header(kdf) },
    key,
    encode(words),
  );
  return { version: 1, kdf, cipher: { name: 'AES-256-GCM', iv, text: new Uint8Array(text) } };
}

/** Null where the passphrase is wrong, or the record was altered. */
export async function openVault(vault: Vault, passphrase: string): Promise<string | null> {
  const { kdf, cipher } = vault;
  const key = await stretch(passphrase, kdf);
  try {
    const opened = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: cipher.iv, additionalData: header(kdf) },
      key,
      cipher.text,
    );
    return new TextDecoder().decode(opened);
  } catch {
    return null;
  }
}

async function stretch(passphrase: string, { iterations, salt }: Vault['kdf']): Promise<CryptoKey> {
  // The same passphrase typed on another keyboard must be the same bytes.
  const material = await crypto.subtle.importKey(
    'raw',
    encode(passphrase.normalize('NFKC')),
    'PBKDF2',
    false,
    ['deriveKey'],
  );
  const parameters = { name: 'PBKDF2', hash: 'SHA-256', iterations, salt };
  return crypto.subtle.deriveKey(parameters, material, { name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ]);
}

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Bound to the ciphertext, so that the stretching cannot be exchanged under it. */
const header = (kdf: Vault['kdf']): Uint8Array<ArrayBuffer> =>
  encode(`daicard/1/${kdf.name}/${kdf.iterations}`);
