// SPDX-License-Identifier: MIT
/** What one process holds for all its invocations: connections and keys, never a channel. */
import { loadConfig } from '../../../infra/config/load-config.ts';
import { readHubKey, readTreasuryKey } from '../../../infra/config/read-hub-key.ts';
import { readSecret } from '../../../infra/config/read-secret.ts';
import type { ChainConfig, HubConfig } from '../../../infra/config/hub-config.ts';
import { openChain } from '../../chain/open-chain.ts';
import { connectHub, hubBus, type HubBus } from '../../messaging/hub-bus.ts';
import { transferApp } from '../../protocol/apps/transfer-app.ts';
import { toBytes, toHex } from '../../protocol/bytes.ts';
import { identifierOf } from '../../protocol/identifier.ts';
import type { Address } from '../../protocol/types.ts';
import { toJson } from '../../protocol/wire/primitives.ts';
import { addressOfPrivateKey, operations, publicKey, recoverAddress, sign } from '../../signing/native.ts';
import { hubMigrations } from '../../../infra/migrations/hub-migrations.ts';
import { readable } from '../../store/migrations.ts';
import { openStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import type { Caller, Hub, HubChain } from '../hub.ts';
import type { HubKey, Log } from '../ports.ts';
import { createLog } from './log.ts';

export interface HubProcess {
  readonly config: HubConfig;
  readonly tokenSecret: Uint8Array;
  readonly store: Store;
  readonly bus: HubBus;
  /** Signatures made and recoveries tried by this process. */
  readonly signing: Readonly<typeof operations>;
  readonly log: Log;
  /** The hub as one invocation sees it: what it logs and says carries the caller's correlation id. */
  forInvocation(functionName: string, caller: Pick<Caller, 'id'> & Partial<Caller>): Hub;
  close(): Promise<void>;
}

/** Where bundles of several functions share a process, as they do on one box, they share these too. */
const LOADING = Symbol.for('indra.hub-process');
const holder = globalThis as { [LOADING]?: Promise<HubProcess> | undefined };

/** Loads once per process; a failed attempt is made again by the next invocation. */
export function hubProcess(): Promise<HubProcess> {
  holder[LOADING] ??= load().catch((cause: unknown) => {
    holder[LOADING] = undefined;
    throw cause;
  });
  return holder[LOADING];
}

function hubKey(privateKey: Uint8Array, publicUrl: string): HubKey {
  return {
    address: addressOfPrivateKey(privateKey) as Address,
    identifier: identifierOf(publicKey(privateKey), new URL(publicUrl).host),
    sign: (digest) => toHex(sign(digest, privateKey)),
  };
}

async function hubChain(
  config: ChainConfig,
  privateKey: Uint8Array,
  treasuryKey: Uint8Array,
): Promise<HubChain> {
  const { reader, writers } = await openChain(config, privateKey, treasuryKey);
  const [writer, treasury] = writers;
  return {
    config,
    domain: { chainId: config.chainId, registry: config.registry as string as Address },
    code: {
      factory: config.factory as string as Address,
      implementation: config.channelImplementation as string as Address,
    },
    catalogue: new Map([[config.transferApp as string as Address, transferApp]]),
    reader,
    writer,
    treasury,
  };
}

async function load(): Promise<HubProcess> {
  const config = loadConfig();
  const log = createLog(config.logLevel);
  const [keyHex, treasuryKeyHex, tokenSecret, credentials] = await Promise.all([
    readHubKey(config),
    readTreasuryKey(config),
    readSecret(config.auth.tokenSecret),
    readSecret(config.nats.credentials),
  ]);
  const [privateKey, treasuryKey] = [toBytes(keyHex), toBytes(treasuryKeyHex)];
  const [store, connection, chains] = await Promise.all([
    openStore(config.store).then((opened) => readable(opened, hubMigrations)),
    connectHub({ urls: config.nats.urls, credentials }),
    Promise.all(
      config.chains.map(
        async (chain) => [chain.chainId, await hubChain(chain, privateKey, treasuryKey)] as const,
      ),
    ),
  ]);
  const bus = hubBus(connection);
  const key = hubKey(privateKey, config.publicUrl);
  const shared = {
    config,
    chains: new Map(chains),
    store,
    key,
    recover: recoverAddress,
    clock: { now: () => Math.floor(Date.now() / 1000) },
  };
  return {
    config,
    tokenSecret: new TextEncoder().encode(tokenSecret),
    store,
    bus,
    signing: operations,
    log,
    forInvocation(functionName, { id, user }) {
      const fields = { function: functionName, id, ...(user === undefined ? {} : { user }) };
      return {
        ...shared,
        log: log.with(fields),
        bus: {
          event: (to, { type, ...rest }) => bus.tell(to, type, toJson(rest), id),
          trigger: (name, body) => bus.trigger(name, body, id),
        },
      };
    },
    async close() {
      await bus.close();
      await store.close();
    },
  };
}
