// SPDX-License-Identifier: MIT
/** Makes the accounts, keys and server configuration of a NATS deployment: `npm run nats -- --out FOLDER`. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { authorityIn, writeSecret } from './authority-files.ts';
import { serverConfig } from './server-config.ts';

const HELP = `npm run nats -- --out FOLDER [options]

  --host ADDRESS          to listen on (0.0.0.0)
  --port N                for TCP (4222)
  --websocket-port N      for websockets (4223)
  --tls-cert FILE --tls-key FILE   where no proxy ends TLS of the websockets

A folder that holds an authority keeps it; only the server's configuration is written anew. Afterwards
  nats.conf          is what the server is started with
  hub.env            names what the hub needs of it: its secrets by their files, and the account
  token.secret       signs what users sign in with; kept if it is there
  authority.json     holds also the seeds of operator and account: keep it away from any running machine`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      host: { type: 'string', default: '0.0.0.0' },
      port: { type: 'string', default: '4222' },
      'websocket-port': { type: 'string', default: '4223' },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.out === undefined) return console.log(HELP);
  const kept = existsSync(join(values.out, 'authority.json'));
  const { authority, credentialsFile, signingSeedFile } = await authorityIn(values.out);
  const [certificate, key] = [values['tls-cert'], values['tls-key']];
  const config = serverConfig(authority, {
    host: values.host,
    port: Number(values.port),
    websocketPort: Number(values['websocket-port']),
    ...(certificate !== undefined && key !== undefined ? { websocketTls: { certificate, key } } : {}),
  });
  await writeFile(join(values.out, 'nats.conf'), config);
  const tokenSecretFile = join(values.out, 'token.secret');
  if (!existsSync(tokenSecretFile)) await writeSecret(tokenSecretFile, randomBytes(32).toString('hex'));
  await writeSecret(
    join(values.out, 'hub.env'),
    [
      `INDRA_NATS_ACCOUNT=${authority.account.publicKey}`,
      `INDRA_NATS_CREDENTIALS_FILE=${credentialsFile}`,
      `INDRA_NATS_SIGNING_SEED_FILE=${signingSeedFile}`,
      `INDRA_TOKEN_SECRET_FILE=${tokenSecretFile}`,
      '',
    ].join('\n'),
  );
  console.log(
    `${kept ? 'kept the authority in' : 'made an authority in'} ${values.out}: start nats-server -c ${join(values.out, 'nats.conf')}`,
  );
}

main().catch((error: unknown) => {
  console.error(`indra: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
