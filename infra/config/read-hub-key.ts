// SPDX-License-Identifier: MIT
import type { HubConfig } from './hub-config.ts';
import { readPrivateKey } from './read-private-key.ts';

/**
 * The hub's private key, `0x` and 64 hex digits.
 * @throws ConfigurationError if there is none, or if it is a development key and any chain is not the local one.
 */
export const readHubKey = (config: HubConfig): Promise<`0x${string}`> =>
  readPrivateKey(
    'HUB_PRIVATE_KEY',
    config.hubKey,
    config.chains.map((chain) => chain.chainId),
  );
