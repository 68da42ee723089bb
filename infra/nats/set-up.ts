// SPDX-License-Identifier: MIT
/** `npm run nats:set-up`: keys, claims and configuration of a NATS server for one hub, in one folder. */
import { randomBytes } from 'node:crypto';
import { access, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { authorityIn, writeSecret } from './authority-files.ts';
import { serverConfig } from './server-config.ts';

const HELP = `npm run nats:set-up -- FOLDER [options]

Makes in FOLDER what a hub's NATS server needs, and prints the settings the hub reads. What is there already is kept.

  --host H              address the server listens on (127.0.0.1)
  --port N              of NATS (4222)
  --websocket-port N    of the websocket (4223)
  --certificate FILE --key FILE    TLS of the websocket; without them a proxy in front must end TLS
  --help                this text`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '4222' },
    'websocket-port': { type: 'string', default: '4223' },
    certificate: { type: 'string' },
    key: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

async function setUp(folder: string): Promise<string> {
  const { authority, credentialsFile, signingSeedFile } = await authorityIn(folder);
  const { certificate, key } = values;
  const tls = certificate === undefined || key === undefined ? {} : { websocketTls: { certificate, key } };
  const configuration = join(folder, 'nats.conf');
  const listen = {
    host: values.host,
    port: Number(values.port),
    websocketPort: Number(values['websocket-port']),
  };
  await writeFile(configuration, serverConfig(authority, { ...listen, ...tls }));
  const tokenSecretFile = join(folder, 'token.secret');
  const isMade = await access(tokenSecretFile).then(
    () => true,
    () => false,
  );
  if (!isMade) await writeSecret(tokenSecretFile, randomBytes(32).toString('hex'));
  return [
    `# nats-server -c ${configuration}`,
    `INDRA_NATS_URLS=nats://${values.host}:${values.port}`,
    `INDRA_NATS_ACCOUNT=${authority.account.publicKey}`,
    `INDRA_NATS_CREDENTIALS_FILE=${credentialsFile}`,
    `INDRA_NATS_SIGNING_SEED_FILE=${signingSeedFile}`,
    `INDRA_TOKEN_SECRET_FILE=${tokenSecretFile}`,
  ].join('\n');
}

const [folder] = positionals;
if (values.help || folder === undefined) {
  console.log(HELP);
  process.exitCode = values.help ? 0 : 2;
} else {
  console.log(await setUp(resolve(folder)));
}
