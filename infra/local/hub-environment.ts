// SPDX-License-Identifier: MIT
/** The configuration of a local world's hub, as the environment its functions get. */
import type { StoreConfig } from '../config/hub-config.ts';
import type { LocalChain } from './local-chain.ts';

export interface HubEnvironmentOptions {
  readonly chain: LocalChain;
  readonly store: StoreConfig;
  readonly httpUrl: string;
  readonly nats: {
    readonly url: string;
    readonly websocketUrl: string;
    readonly account: string;
    readonly credentialsFile: string;
    readonly signingSeedFile: string;
  };
  readonly hubKeyFile: string;
  readonly treasuryKeyFile: string;
  readonly tokenSecretFile: string;
  readonly operators: readonly string[];
  readonly logLevel: string;
  readonly periods: Periods;
}

/** In seconds; of an app, those of the initiator and of the responder. The chain mines at least four blocks in a `reaction`. */
export interface Periods {
  readonly challengePeriod: number;
  readonly appPeriods: readonly [number, number];
  readonly patience: number;
  readonly reaction: number;
}

const ETHER = 10n ** 18n;
const amounts = (values: Record<string, bigint>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.toString()]));

/** Short enough to see a dispute to its end, long enough that a stopped hub does not fall behind at once. */
export const PERIODS: Periods = {
  challengePeriod: 3_600,
  appPeriods: [600, 1_200],
  patience: 60,
  reaction: 240,
};

export function hubEnvironment(options: HubEnvironmentOptions): Record<string, string> {
  const { chain, store, nats } = options;
  const { token } = chain;
  const chains = [
    {
      chainId: chain.chainId,
      rpcUrl: chain.rpcUrl,
      publicRpcUrl: chain.rpcUrl,
      confirmations: 0,
      ...options.periods,
      assets: [
        {
          address: `0x${'00'.repeat(20)}`,
          symbol: 'ETH',
          decimals: 18,
          transfer: amounts({ min: 1n, max: 100n * ETHER }),
          collateral: amounts({ initial: 2n * ETHER, target: 4n * ETHER, low: ETHER }),
        },
        {
          address: token,
          symbol: 'TEST',
          decimals: 18,
          transfer: amounts({ min: 1n, max: 100_000n * ETHER }),
          collateral: amounts({ initial: 2_000n * ETHER, target: 4_000n * ETHER, low: 1_000n * ETHER }),
        },
      ],
    },
  ];
  return {
    INDRA_STAGE: 'local',
    INDRA_PUBLIC_URL: options.httpUrl,
    ...storeEnvironment(store),
    INDRA_CHAINS: JSON.stringify(chains),
    INDRA_NATS_URLS: nats.url,
    INDRA_NATS_PUBLIC_WEBSOCKET_URLS: nats.websocketUrl,
    INDRA_NATS_ACCOUNT: nats.account,
    INDRA_NATS_CREDENTIALS_FILE: nats.credentialsFile,
    INDRA_NATS_SIGNING_SEED_FILE: nats.signingSeedFile,
    INDRA_TOKEN_SECRET_FILE: options.tokenSecretFile,
    HUB_PRIVATE_KEY_FILE: options.hubKeyFile,
    HUB_TREASURY_KEY_FILE: options.treasuryKeyFile,
    INDRA_OPERATORS: options.operators.join(','),
    INDRA_LOG_LEVEL: options.logLevel,
  };
}

function storeEnvironment(store: StoreConfig): Record<string, string> {
  switch (store.kind) {
    case 'memory':
      return { INDRA_STORE: 'memory' };
    case 'sqlite':
      return { INDRA_STORE: 'sqlite', INDRA_SQLITE_PATH: store.path };
    case 'dynamodb':
      return {
        INDRA_STORE: 'dynamodb',
        INDRA_TABLE: store.table,
        ...(store.endpoint === undefined ? {} : { INDRA_DYNAMODB_ENDPOINT: store.endpoint }),
      };
  }
}
