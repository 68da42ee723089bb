// SPDX-License-Identifier: MIT
/** `npm run watchtower`: answers stale challenges for channels whose users are away. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pino from 'pino';
import { openChain } from '../lib/chain/open-chain.ts';
import { toBytes, toHex } from '../lib/protocol/bytes.ts';
import type { Address } from '../lib/protocol/types.ts';
import { addressOfPrivateKey, recoverAddress, sign } from '../lib/signing/native.ts';
import { readable } from '../lib/store/migrations.ts';
import { openStore } from '../lib/store/open-store.ts';
import { Census } from '../lib/watchtower/census.ts';
import { openDoor } from '../lib/watchtower/door.ts';
import { round } from '../lib/watchtower/round.ts';
import type { Tower, TowerChain } from '../lib/watchtower/tower.ts';
import { watchtowerEnvironment } from './config/inherited-environment.ts';
import { ConfigurationError } from './config/load-config.ts';
import { readPrivateKey } from './config/read-private-key.ts';
import { watchtowerConfig, WATCHTOWER_KEY, type WatchtowerConfig } from './config/watchtower-config.ts';
import { onEndAsked } from './local/end-with-parent.ts';
import { isFree } from './local/free-port.ts';
import { logLine } from './local/log-line.ts';
import { localWatchtower } from './local/local-watchtower.ts';
import { hubMigrations } from './migrations/hub-migrations.ts';
import { startWatchtowerServer } from './watchtower-server.ts';

const HELP = `npm run watchtower -- [options]

Keeps the newest states that users of any hub show it, and answers with them when somebody shows an older one on chain.
It holds no key of any channel, only its own, which pays for gas: nobody has to trust it, and anybody can run one.

  --local     against the running local world (npm start), with a key and ether of its own
  --port N    of the HTTP API (3010)
  --json      leave log lines as they are
  --help      this text

Settings, from the environment (.env.example has them all):
  INDRA_CHAINS_FILE                       the chains, as for a hub: chainId, rpcUrl, contracts, confirmations
  WATCHTOWER_PRIVATE_KEY_FILE             the key that pays; never used for anything else
  INDRA_WATCHTOWER_SQLITE_PATH            the store (.indra/watchtower/watchtower.sqlite)
  INDRA_WATCHTOWER_RESPONDERS             hubs whose channels are taken, separated by commas; all if not set
  INDRA_WATCHTOWER_MAX_CHANNELS           on each chain (100000)

Wallets reach it with connect({ watchtowers: ['http://…'] }).`;

const ROOT = join(import.meta.dirname, '..');
const ending = new AbortController();
const closers: (() => Promise<unknown>)[] = [];
let ended: Promise<never> | undefined;

const { values: options } = parseArgs({
  options: {
    local: { type: 'boolean', default: false },
    port: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(HELP);
} else {
  onEndAsked((reason) => void end(0, `ending (${reason}) …`));
  main().catch((error: unknown) =>
    end(1, `indra: ${error instanceof Error ? error.message : String(error)}`),
  );
}

async function main(): Promise<void> {
  const environment = {
    ...watchtowerEnvironment(),
    ...(options.local ? await localWatchtower() : {}),
    ...(options.port === undefined ? {} : { INDRA_WATCHTOWER_PORT: options.port }),
  };
  const config = watchtowerConfig(join(ROOT, '.indra', 'watchtower', 'watchtower.sqlite'), environment);
  const { host, port, maxMessageBytes, isBehindProxy, statesPerMinute } = config;
  if (!(await isFree(port))) throw new Error(`port ${port} is in use: choose another with --port`);
  const tower = await openTower(config);
  const server = await startWatchtowerServer({
    host,
    port,
    maxBytes: maxMessageBytes,
    isBehindProxy,
    door: openDoor(tower, { statesPerMinute }),
  });
  closers.unshift(async () => {
    server.close();
    server.closeAllConnections();
  });
  const rounds = [...tower.chains.values()].map((chain) => keepWatch(tower, chain, config.roundMs));
  closers.unshift(() => Promise.all(rounds));
  process.stderr.write(
    `the watchtower answers on http://${host}:${port}; ${tower.address} pays for what it answers on chain ${[...tower.chains.keys()].join(', ')}\n`,
  );
}

async function openTower(config: WatchtowerConfig): Promise<Tower> {
  const key = toBytes(
    await readPrivateKey(
      WATCHTOWER_KEY,
      config.key,
      config.chains.map((chain) => chain.chainId),
    ),
  );
  const chains = new Map<number, TowerChain>();
  for (const settings of config.chains) {
    const { chainId, confirmations } = settings;
    const registry = settings.registry as string as Address;
    const { reader, writers } = await openChain(settings, key);
    chains.set(chainId, { chainId, registry, confirmations, reader, writer: writers[0] });
  }
  if (config.store.kind === 'memory') throw new ConfigurationError(['a watchtower must remember']);
  const store = await readable(await openStore(config.store), hubMigrations);
  closers.push(() => store.close());
  return {
    store,
    chains,
    limits: {
      maxChannels: config.maxChannels,
      responders: config.responders as readonly string[] as readonly Address[],
      minChallengePeriod: config.minChallengePeriod,
      maxMessageBytes: config.maxMessageBytes,
    },
    census: await Census.taken(store),
    address: addressOfPrivateKey(key) as Address,
    sign: (digest) => toHex(sign(digest, key)),
    recover: recoverAddress,
    clock: { now: () => Math.floor(Date.now() / 1000) },
    log: createLog(config.logLevel),
  };
}

/** One line for each time the chain goes away or comes back. */
async function keepWatch(tower: Tower, chain: TowerChain, everyMs: number): Promise<void> {
  const { chainId } = chain;
  let isAway = false;
  while (!ending.signal.aborted) {
    try {
      const latest = await round(tower, chain);
      if (!latest.ok && !isAway) tower.log.warn({ chainId, error: latest.error }, 'the chain is away');
      if (latest.ok && isAway) tower.log.info({ chainId }, 'the chain is back');
      isAway = !latest.ok;
    } catch (cause) {
      tower.log.error(
        { chainId, cause: String(cause) },
        'a round was not finished; the next one begins anew',
      );
    }
    await pause(everyMs, undefined, { signal: ending.signal }).catch(() => {});
  }
}

function createLog(level: WatchtowerConfig['logLevel']): Tower['log'] {
  const style = { colour: process.stdout.isTTY === true, verbose: false };
  const write = (line: string) => {
    const text = options.json ? line.trimEnd() : logLine('watchtower', line.trimEnd(), style);
    if (text !== undefined) process.stdout.write(`${text}\n`);
  };
  const formatters = { level: (label: string) => ({ level: label }) };
  // Details of faults hold versions, which pass what JSON's numbers can tell.
  const replaced = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);
  const log = pino({ level, base: null, formatters }, { write });
  const plain = (fields: object): object => JSON.parse(JSON.stringify(fields, replaced)) as object;
  return {
    info: (fields, message) => log.info(plain(fields), message),
    warn: (fields, message) => log.warn(plain(fields), message),
    error: (fields, message) => log.error(plain(fields), message),
  };
}

function end(code: number, line: string): Promise<never> {
  ended ??= (async () => {
    process.stderr.write(`${line}\n`);
    ending.abort();
    for (const close of closers) await close().catch(() => {});
    process.exit(code);
  })();
  return ended;
}
