// SPDX-License-Identifier: MIT
import type { ChainConfig, HubConfig } from '../../infra/config/hub-config.ts';
import { PROTOCOL_VERSION } from '../../lib/protocol/subjects.ts';

export interface HubIdentity {
  readonly identifier: string;
  readonly address: string;
}

/** What anybody may know about this hub. Amounts are decimal strings, times seconds. */
export function publicConfig(config: HubConfig, hub: HubIdentity): unknown {
  return {
    protocol: PROTOCOL_VERSION,
    stage: config.stage,
    hub,
    chains: config.chains.map(publicChain),
    nats: { urls: config.nats.publicUrls, websocketUrls: config.nats.publicWebsocketUrls },
    limits: config.limits,
  };
}

function publicChain(chain: ChainConfig): unknown {
  return {
    chainId: chain.chainId,
    rpcUrl: chain.publicRpcUrl,
    factory: chain.factory,
    registry: chain.registry,
    channelImplementation: chain.channelImplementation,
    transferApp: chain.transferApp,
    fromBlock: chain.fromBlock,
    challengePeriod: chain.challengePeriod,
    confirmations: chain.confirmations,
    appPeriods: chain.appPeriods,
    patience: chain.patience,
    reaction: chain.reaction,
    assets: chain.assets.map(({ address, symbol, decimals, transfer, withdrawal }) => ({
      address,
      symbol,
      decimals,
      transfer: { min: transfer.min.toString(), max: transfer.max.toString() },
      withdrawal: { min: withdrawal.min.toString() },
    })),
  };
}
