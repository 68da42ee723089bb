// SPDX-License-Identifier: MIT
/** `npm start`: the local world, until Ctrl-C. */
import { mkdir, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { buildCard, hasCard, startCard } from './local/card.ts';
import { onEndAsked } from './local/end-with-parent.ts';
import { logLine } from './local/log-line.ts';
import { startPart, type Part } from './local/part.ts';
import { choosePorts, occupied, USUAL_PORTS, type Ports } from './local/ports.ts';
import { urlOf } from './local/local-chain.ts';
import { startWorld, type StoreKind, type World } from './local/world.ts';
import {
  LOCAL_FOLDER,
  removeWorldInfo,
  runningWorld,
  writeWorldInfo,
  type WorldInfo,
} from './local/world-file.ts';

const HELP = `npm start -- [options]

Brings up a local chain with the contracts and a test token, NATS, the store, all functions, the HTTP API and the Dai Card.
What happened is kept in .indra/local and found again by the next start.

  --store dynamodb|sqlite   the store (dynamodb: an embedded compatible server)
  --free-ports              take free ports instead of the usual ones
  --fresh                   forget everything first
  --no-card                 without the Dai Card
  --json                    one JSON object instead of the ready block, and nothing else on standard output
  --verbose                 show also what chain, NATS and store say
  --help                    this text`;

const started = Date.now();
let world: World | undefined;
let card: Part | undefined;
let ending: Promise<never> | undefined;

const { values: options } = parseArgs({
  options: {
    store: { type: 'string', default: 'dynamodb' },
    'free-ports': { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    'no-card': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(HELP);
} else {
  onEndAsked((reason) => void end(0, reason));
  main().catch((error: unknown) => end(1, error instanceof Error ? error.message : String(error)));
}

async function main(): Promise<void> {
  if (options.store !== 'dynamodb' && options.store !== 'sqlite')
    throw new Error(`--store ${options.store}: dynamodb or sqlite`);
  const other = await runningWorld();
  if (other !== undefined)
    throw new Error(`a local world runs already (process ${other.pid}): stop it first.`);
  const ports = options['free-ports'] ? {} : USUAL_PORTS;
  const taken = await occupied(ports);
  if (taken.length > 0) {
    throw new Error(
      `in use: port of ${taken.join(', ')}. Stop what listens there, or run: npm start -- --free-ports`,
    );
  }
  if (options.fresh) await rm(LOCAL_FOLDER, { recursive: true, force: true });
  await mkdir(LOCAL_FOLDER, { recursive: true });

  const style = { colour: process.stderr.isTTY === true, verbose: options.verbose };
  const show = (part: string, line: string) => {
    const text = logLine(part, line, style);
    if (text !== undefined) process.stderr.write(`${text}\n`);
  };
  const onEnd = (part: string, tail: string) =>
    void end(1, `${part} ended by itself. Its last lines:\n${tail}`);
  // The card needs to know where the others will be, not that they are there: it is built meanwhile.
  const chosen = await choosePorts(ports);
  const [startedWorld] = await Promise.all([
    startWorld({
      folder: LOCAL_FOLDER,
      store: options.store as StoreKind,
      ports: chosen,
      onProgress: progress,
      onLine: show,
      onEnd,
    }).then((value) => (world = value)),
    options['no-card'] || !hasCard() ? undefined : startTheCard(chosen, show, onEnd),
  ]);
  const info = describe(startedWorld);
  await writeWorldInfo(info);
  process.stdout.write(options.json ? `${JSON.stringify(info)}\n` : readyBlock(info));
}

async function startTheCard(
  ports: Ports,
  show: (part: string, line: string) => void,
  onEnd: (part: string, tail: string) => void,
): Promise<void> {
  progress('building the card, unless it is built');
  await buildCard();
  progress('starting the card');
  const [hubUrl, rpcUrl] = [`http://127.0.0.1:${ports.http}`, urlOf(ports.chain)];
  const launch = () => startCard({ port: ports.card, hubUrl, rpcUrl, onLine: (line) => show('card', line) });
  card = await startPart('card', launch, onEnd);
}

function describe({
  hubUrl,
  hubAddress,
  treasuryAddress,
  natsUrl,
  websocketUrl,
  store,
  chain,
  ports,
}: World): WorldInfo {
  const { registry, factory, transferApp } = chain.deployment;
  return {
    pid: process.pid,
    hubUrl,
    hubAddress,
    treasuryAddress,
    card: card === undefined ? null : `http://127.0.0.1:${ports.card}`,
    natsUrl,
    websocketUrl,
    store: { kind: store.kind, url: store.kind === 'dynamodb' ? (store.endpoint ?? null) : null },
    chain: {
      chainId: chain.chainId,
      rpcUrl: chain.rpcUrl,
      registry,
      factory,
      transferApp,
      token: chain.token,
    },
  };
}

function readyBlock(info: WorldInfo): string {
  const { chain } = info;
  const lines: [string, string][] = [
    ...(info.card === null ? [] : [['Dai Card', info.card] as [string, string]]),
    ['Hub', `${info.hubUrl}  (${info.hubAddress})`],
    ['Treasury', info.treasuryAddress],
    ['NATS', `${info.natsUrl}  ${info.websocketUrl}`],
    ['Store', info.store.url === null ? info.store.kind : `${info.store.kind}  ${info.store.url}`],
    ['Chain', `${chain.rpcUrl}  chain id ${chain.chainId}`],
    ['Registry', chain.registry],
    ['Factory', chain.factory],
    ['Transfer app', chain.transferApp],
    ['Test token', chain.token],
    ['Watchtower', 'npm run watchtower -- --local'],
    ['Fund', 'npm run fund -- <address> [ether] [tokens]'],
    ['Stop', 'Ctrl-C; the next start finds everything again'],
  ];
  const body = lines.map(([name, text]) => `  ${name.padEnd(13)} ${text}`).join('\n');
  return `\nIndra is ready (${((Date.now() - started) / 1000).toFixed(1)} s)\n\n${body}\n\n`;
}

function progress(text: string): void {
  process.stderr.write(`  ${text} …\n`);
}

function end(code: number, reason: string): Promise<never> {
  ending ??= (async () => {
    process.stderr.write(code === 0 ? `\nending (${reason}) …\n` : `indra: ${reason}\n`);
    if (world !== undefined) await removeWorldInfo();
    await card?.stop();
    await world?.stop();
    process.exit(code);
  })();
  return ending;
}
