// SPDX-License-Identifier: MIT
/**
 * The bridge from NATS to AWS Lambda: a small service next to the NATS server. It holds no key of the hub, no state and no
 * knowledge of what the messages say; as many as wanted share the work. Timers are schedules of the cloud there.
 *
 *   npm run bridge -- --routes .serverless/nats-routes.json
 */
import { parseArgs } from 'node:util';
import { dispatcherConfig } from '../config/dispatcher-config.ts';
import { readSecret } from '../config/read-secret.ts';
import { startDispatcher, type Dispatcher } from '../dispatcher/dispatcher.ts';
import { connectHub } from '../../lib/messaging/hub-bus.ts';
import { lambdaInvoker } from './lambda-invoker.ts';
import { routesFrom } from './read-routes.ts';

const HELP = `npm run bridge -- [options]

  --routes FILE     nats-routes.json of serverless package, or serverless.yml (.serverless/nats-routes.json)
  --stage NAME      of the functions, where FILE is serverless.yml (dev)
  --endpoint URL    of Lambda's API, if not that of AWS
  --help            this text

INDRA_NATS_URLS and INDRA_NATS_CREDENTIALS_FILE (or _SECRET) say how to reach NATS; AWS_REGION and the usual credentials,
how to reach Lambda. INDRA_DISPATCH_RUNNING bounds the invocations at a time (64).`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      routes: { type: 'string', default: '.serverless/nats-routes.json' },
      stage: { type: 'string', default: 'dev' },
      endpoint: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const config = dispatcherConfig();
  const routes = { ...(await routesFrom(values.routes, values.stage)), timers: [] };
  const connection = await connectHub({
    urls: config.urls,
    credentials: await readSecret(config.credentials),
    name: 'bridge',
  });
  const lambda = lambdaInvoker(routes, {
    sockets: config.running,
    ...(values.endpoint === undefined ? {} : { endpoint: values.endpoint }),
  });
  const dispatcher = startDispatcher({
    connection,
    routes,
    invoke: lambda.invoke,
    running: config.running,
    waiting: config.waiting,
    log,
  });
  await connection.flush();
  log('info', 'the bridge is up', {});
  await askedToEnd();
  await end(dispatcher);
  await connection.close();
  lambda.close();
}

async function end(dispatcher: Dispatcher): Promise<void> {
  log('info', 'the bridge ends', {});
  await dispatcher.drain();
}

function askedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

function log(level: string, msg: string, fields: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify({ level, time: Date.now(), name: 'bridge', msg, ...fields }));
}

main().catch((error: unknown) => {
  log('error', error instanceof Error ? error.message : String(error), {});
  process.exitCode = 1;
});
