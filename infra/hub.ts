// SPDX-License-Identifier: MIT
/** `npm run hub`: a hub on one box, with SQLite, against a configured chain and NATS. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hubEnvironment } from './config/inherited-environment.ts';
import { ConfigurationError, loadConfig } from './config/load-config.ts';
import { readTreasuryKey } from './config/read-hub-key.ts';
import { readSecret } from './config/read-secret.ts';
import { onEndAsked } from './local/end-with-parent.ts';
import { isFree } from './local/free-port.ts';
import { startFunctions } from './local/functions.ts';
import { logLine } from './local/log-line.ts';
import { startPart, type Part } from './local/part.ts';
import { connectHub } from '../lib/messaging/hub-bus.ts';

const HELP = `npm run hub -- [options]

Runs a hub on this machine: all functions, SQLite, the chains and the NATS server the environment names (.env.example).
Put a proxy that ends TLS in front of it (infra/proxy).

  --port N        of the HTTP API (3000)
  --processes N   processes that share the store and the queues (1)
  --json          leave log lines as they are
  --help          this text`;

const parts: Part[] = [];
let ending: Promise<never> | undefined;

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '3000' },
    processes: { type: 'string', default: '1' },
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
  const env = {
    INDRA_STORE: 'sqlite',
    INDRA_SQLITE_PATH: join(import.meta.dirname, '..', '.indra', 'hub', 'hub.sqlite'),
    INDRA_STAGE: 'production',
    ...hubEnvironment(),
  };
  const config = loadConfig(env);
  if (config.store.kind !== 'sqlite')
    throw new ConfigurationError(['INDRA_STORE: a hub on one box keeps its money in sqlite']);
  await readTreasuryKey(config);
  await mkdir(join(config.store.path, '..'), { recursive: true, mode: 0o700 });
  await checkNats(config.nats.urls, await readSecret(config.nats.credentials));
  const [first, count] = [wholeNumber('--port', options.port), wholeNumber('--processes', options.processes)];
  const style = { colour: process.stdout.isTTY === true, verbose: false };
  for (let index = 0; index < count; index += 1) {
    const name = `functions-${index + 1}`;
    const [httpPort, lambdaPort] = [first + 2 * index, first + 2 * index + 1];
    for (const port of [httpPort, lambdaPort]) {
      if (!(await isFree(port))) throw new Error(`port ${port} is in use: choose others with --port`);
    }
    const launch = async () => {
      const show = (line: string) => {
        const text = options.json ? line : logLine(name, line, style);
        if (text !== undefined) process.stdout.write(`${text}\n`);
      };
      return (
        await startFunctions({ name, env, httpPort, lambdaPort, readyPath: '/health/live', onLine: show })
      ).process;
    };
    parts.push(
      await startPart(name, launch, (part, tail) => void end(1, `indra: ${part} ended by itself:\n${tail}`)),
    );
  }
  process.stderr.write(
    `the hub answers on http://127.0.0.1:${first}, as ${config.publicUrl} for its users\n`,
  );
}

async function checkNats(urls: readonly string[], credentials: string): Promise<void> {
  try {
    const connection = await connectHub({ urls, credentials, name: 'check' });
    await connection.close();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`NATS at ${urls.join(', ')} cannot be used: ${reason}`, { cause: error });
  }
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} ${text}: a whole number above 0`);
  return value;
}

function end(code: number, line: string): Promise<never> {
  ending ??= (async () => {
    process.stderr.write(`${line}\n`);
    await Promise.all(parts.map((part) => part.stop()));
    process.exit(code);
  })();
  return ending;
}
