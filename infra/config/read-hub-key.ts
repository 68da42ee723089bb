// SPDX-License-Identifier: MIT
import type { HubConfig } from './hub-config.ts';
import { ConfigurationError } from './load-config.ts';
import { readPrivateKey } from './read-private-key.ts';

type Keys = Pick<HubConfig, 'hubKey' | 'treasuryKey' | 'chains'>;

const chainIds = ({ chains }: Keys): readonly number[] => chains.map((chain) => chain.chainId);

/**
 * The hub's channel key, `0x` and 64 hex digits.
 * @throws ConfigurationError if there is none, or if it is a development key and any chain is not the local one.
 */
export const readHubKey = (config: Keys): Promise<`0x${string}`> =>
  readPrivateKey('HUB_PRIVATE_KEY', config.hubKey, chainIds(config));

/**
 * The same of the treasury. What it sends shares no nonces with what defends channels (invariant 15).
 * @throws ConfigurationError also if it is the channel key.
 */
export async function readTreasuryKey(config: Keys): Promise<`0x${string}`> {
  const key = await readPrivateKey('HUB_TREASURY_KEY', config.treasuryKey, chainIds(config));
  if (key === (await readHubKey(config)))
    throw new ConfigurationError(['HUB_TREASURY_KEY: must be another key than HUB_PRIVATE_KEY']);
  return key;
}
