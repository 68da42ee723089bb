// SPDX-License-Identifier: MIT
/** The local world: a chain, NATS, a store and all functions, for `npm start`, tests, the demo and the benchmark. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressOfPrivateKey } from '../../lib/signing/native.ts';
import type { StoreConfig } from '../config/hub-config.ts';
import { writeSecret } from '../nats/authority-files.ts';
import { startDynalite } from './dynalite.ts';
import { startFunctions } from './functions.ts';
import { fund, setEther, type Funds } from './fund.ts';
import { hubEnvironment, PERIODS, type Periods } from './hub-environment.ts';
import { contractsOf, startAnvil, type LocalChain } from './local-chain.ts';
import { startNatsServer, type NatsServer } from './nats-server.ts';
import { startPart, type Part } from './part.ts';
import { choosePorts, type Ports } from './ports.ts';

export type StoreKind = 'sqlite' | 'dynamodb' | 'memory';

export interface WorldOptions {
  /** Where everything is kept. Without one: a temporary folder that goes when the world ends. */
  readonly folder?: string;
  readonly store?: StoreKind;
  /** Wanted ports; any that is not given is a free one. */
  readonly ports?: Partial<Ports>;
  /** Processes with all functions, sharing store and queues. */
  readonly functions?: number;
  readonly operators?: readonly string[];
  /** Of every channel and app; short ones let a dispute be seen to its end. */
  readonly periods?: Periods;
  readonly logLevel?: string;
  /** Added to the environment of the functions, over what the world sets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly configFile?: string;
  readonly onProgress?: (text: string) => void;
  readonly onLine?: (part: string, line: string) => void;
  /** Told when a part ends although nobody asked it to. */
  readonly onEnd?: (part: string, tail: string) => void;
}

export interface World {
  readonly folder: string;
  readonly ports: Ports;
  readonly store: StoreConfig;
  readonly chain: LocalChain;
  readonly hubUrl: string;
  readonly natsUrl: string;
  readonly websocketUrl: string;
  readonly hubAddress: string;
  readonly treasuryAddress: string;
  /** What the functions are configured with; `loadConfig(world.env)` reads it. */
  readonly env: Readonly<Record<string, string>>;
  /** chain, nats, store (dynamodb only), functions-1, functions-2, … */
  part(name: string): Part;
  readonly parts: readonly Part[];
  /** Another process with all functions. */
  addFunctions(): Promise<Part>;
  /** Test money on the chain. */
  fund(address: string, funds: Funds): Promise<void>;
  stop(): Promise<void>;
}

const ETHER = 10n ** 18n;
const TABLE = 'indra-local';

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { onProgress = () => {}, onLine = () => {}, onEnd = () => {}, functions: processes = 1 } = options;
  const kind = options.store ?? 'dynamodb';
  if (kind === 'memory' && processes > 1) throw new Error('processes cannot share a store in memory');
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'indra-world-')));
  const ports = await choosePorts(options.ports ?? {});
  const parts: Part[] = [];

  const launch = async (name: string, start: Parameters<typeof startPart>[1]): Promise<Part> => {
    onProgress(`starting ${name}`);
    const part = await startPart(name, start, onEnd);
    parts.push(part);
    return part;
  };
  const lines = (name: string) => ({ onLine: (line: string) => onLine(name, line) });
  const stop = async () => {
    // Functions first: they answer what they took, and need the others for it.
    const [first, rest] = [parts.filter(isFunctions), parts.filter((part) => !isFunctions(part))];
    await Promise.all(first.map((part) => part.stop()));
    await Promise.all(rest.map((part) => part.stop()));
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
  };

  try {
    let nats: NatsServer | undefined;
    const chainFolder = join(folder, 'chain');
    const { chain: port, nats: natsPort, websocket: websocketPort, monitor: monitorPort } = ports;
    const periods = options.periods ?? PERIODS;
    const blockEvery = Math.floor(periods.reaction / 4);
    const [chain] = await Promise.all([
      launch('chain', () => startAnvil({ folder: chainFolder, port, blockEvery, ...lines('chain') })).then(
        () => {
          onProgress('looking for the contracts');
          return contractsOf(port);
        },
      ),
      launch('nats', async () => {
        nats = await startNatsServer({
          folder: join(folder, 'nats'),
          port: natsPort,
          websocketPort,
          monitorPort,
          ...lines('nats'),
        });
        return nats.process;
      }),
    ]);
    if (nats === undefined) throw new Error('NATS did not start');
    if (chain.isNew) await beginStoreAnew(folder, onProgress);

    const store = storeConfig(kind, folder, ports.store);
    if (store.kind === 'dynamodb') {
      await launch('store', () =>
        startDynalite({
          folder: join(folder, 'dynamodb'),
          port: ports.store,
          table: TABLE,
          ...lines('store'),
        }),
      );
    }
    const keys = await keysIn(folder);
    for (const address of [keys.hubAddress, keys.treasuryAddress])
      await setEther(chain.rpcUrl, address, 100_000n * ETHER);
    await fund(chain.rpcUrl, chain.token, keys.treasuryAddress, {
      ether: 0n,
      token: chain.isNew ? 100_000_000n * ETHER : 0n,
    });

    const hubUrl = `http://127.0.0.1:${ports.http}`;
    const env = {
      ...hubEnvironment({
        chain,
        store,
        httpUrl: hubUrl,
        nats: {
          url: nats.url,
          websocketUrl: nats.websocketUrl,
          account: nats.files.authority.account.publicKey,
          credentialsFile: nats.files.credentialsFile,
          signingSeedFile: nats.files.signingSeedFile,
        },
        hubKeyFile: keys.hubKeyFile,
        treasuryKeyFile: keys.treasuryKeyFile,
        tokenSecretFile: keys.tokenSecretFile,
        operators: options.operators ?? [],
        logLevel: options.logLevel ?? 'info',
        periods,
      }),
      ...options.env,
    };
    let count = 0;
    const addFunctions = async () => {
      count += 1;
      const name = `functions-${count}`;
      const own = count === 1 ? ports : await choosePorts({});
      return launch(name, async () => {
        const { configFile } = options;
        const started = await startFunctions({
          ...{ name, env, httpPort: own.http, lambdaPort: own.lambda, readyPath: '/health/ready' },
          ...(configFile === undefined ? {} : { configFile }),
          ...lines(name),
        });
        return started.process;
      });
    };
    for (let index = 0; index < processes; index += 1) await addFunctions();

    return {
      folder,
      ports,
      store,
      chain,
      hubUrl,
      env,
      parts,
      addFunctions,
      stop,
      natsUrl: nats.url,
      websocketUrl: nats.websocketUrl,
      hubAddress: keys.hubAddress,
      treasuryAddress: keys.treasuryAddress,
      part(name) {
        const found = parts.find((part) => part.name === name);
        if (found === undefined) throw new Error(`this world has no ${name}`);
        return found;
      },
      fund: (address, funds) => fund(chain.rpcUrl, chain.token, address, funds),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const isFunctions = (part: Part): boolean => part.name.startsWith('functions-');

/** A store that remembers channels of a chain that is gone is worse than none. */
async function beginStoreAnew(folder: string, onProgress: (text: string) => void): Promise<void> {
  const stores = ['dynamodb', 'sqlite', 'watchtower'].map((name) => join(folder, name));
  const remembered = stores.filter((path) => existsSync(path));
  if (remembered.length === 0) return;
  onProgress('the chain begins anew, and the store with it: earlier channels are gone');
  await Promise.all(remembered.map((path) => rm(path, { recursive: true, force: true })));
}

function storeConfig(kind: StoreKind, folder: string, port: number): StoreConfig {
  switch (kind) {
    case 'memory':
      return { kind };
    case 'sqlite':
      return { kind, path: join(folder, 'sqlite', 'hub.sqlite') };
    case 'dynamodb':
      return { kind, table: TABLE, endpoint: `http://127.0.0.1:${port}` };
  }
}

async function keysIn(folder: string) {
  const keys = join(folder, 'keys');
  await mkdir(keys, { recursive: true, mode: 0o700 });
  const hubKeyFile = join(keys, 'hub.key');
  const treasuryKeyFile = join(keys, 'treasury.key');
  const tokenSecretFile = join(keys, 'token.secret');
  for (const file of [hubKeyFile, treasuryKeyFile, tokenSecretFile]) {
    if (!existsSync(file)) await writeSecret(file, `0x${randomBytes(32).toString('hex')}\n`);
  }
  const addressIn = async (file: string): Promise<string> =>
    addressOfPrivateKey(Buffer.from((await readFile(file, 'utf8')).trim().slice(2), 'hex'));
  const [hubAddress, treasuryAddress] = [await addressIn(hubKeyFile), await addressIn(treasuryKeyFile)];
  return { hubKeyFile, treasuryKeyFile, tokenSecretFile, hubAddress, treasuryAddress };
}
