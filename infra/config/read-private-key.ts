// SPDX-License-Identifier: MIT
import { isDevelopmentKey } from './development-keys.ts';
import { LOCAL_CHAIN_ID } from './hub-config.ts';
import type { SecretReference } from './hub-config.ts';
import { ConfigurationError } from './load-config.ts';
import { readSecret } from './read-secret.ts';

/**
 * A private key, `0x` and 64 hex digits. `name` is the setting it comes from.
 * @throws ConfigurationError if there is none, or if it is a development key and any chain is not the local one.
 */
export async function readPrivateKey(
  name: string,
  reference: SecretReference,
  chainIds: readonly number[],
): Promise<`0x${string}`> {
  const text = await readSecret(reference);
  const key = (text.startsWith('0x') ? text : `0x${text}`).toLowerCase();
  if (!/^0x[0-9a-f]{64}$/.test(key)) throw new ConfigurationError([`${name}: must be 32 bytes of hex`]);
  const real = chainIds.find((chainId) => chainId !== LOCAL_CHAIN_ID);
  if (real !== undefined && isDevelopmentKey(key)) {
    throw new ConfigurationError([
      `${name}: this is a development key everybody knows; chain ${real} needs one of its own`,
    ]);
  }
  return key as `0x${string}`;
}
