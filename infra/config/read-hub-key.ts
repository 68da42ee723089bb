// SPDX-License-Identifier: MIT
import { ConfigurationError } from './load-config.ts';
import { isDevelopmentKey } from './development-keys.ts';
import { LOCAL_CHAIN_ID } from './hub-config.ts';
import { readSecret } from './read-secret.ts';
import type { HubConfig } from './hub-config.ts';

/**
 * The hub's private key, `0x` and 64 hex digits.
 * @throws ConfigurationError if there is none, or if it is a development key and any chain is not the local one.
 */
export async function readHubKey(config: HubConfig): Promise<`0x${string}`> {
  const text = await readSecret(config.hubKey);
  const key = (text.startsWith('0x') ? text : `0x${text}`).toLowerCase();
  if (!/^0x[0-9a-f]{64}$/.test(key)) {
    throw new ConfigurationError(['HUB_PRIVATE_KEY: must be 32 bytes of hex']);
  }
  const real = config.chains.find((chain) => chain.chainId !== LOCAL_CHAIN_ID);
  if (real !== undefined && isDevelopmentKey(key)) {
    throw new ConfigurationError([
      `HUB_PRIVATE_KEY: this is a development key everybody knows; chain ${real.chainId} needs one of its own`,
    ]);
  }
  return key as `0x${string}`;
}
