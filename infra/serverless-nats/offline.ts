// SPDX-License-Identifier: MIT
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { dispatcherConfig } from '../config/dispatcher-config.ts';
import { readSecret } from '../config/read-secret.ts';
import { startDispatcher } from '../dispatcher/dispatcher.ts';
import { moduleInvoker, type Handler } from '../dispatcher/module-invoker.ts';
import { readRoutes } from '../dispatcher/routes.ts';
import { makeDispatchSecret } from '../../lib/hub/runtime/dispatch-secret.ts';
import { connectHub } from '../../lib/messaging/hub-bus.ts';

export interface OfflineOptions {
  /** serverless.yml's functions, resolved. */
  readonly functions: Readonly<Record<string, unknown>>;
  readonly defaultTimeout: number | undefined;
  /** Where the built handlers are. */
  readonly folder: string;
}

/**
 * Dispatches to handlers loaded into this process: the same module instances serverless-offline serves over HTTP. Its own
 * way to invoke prepares an environment and writes a line per invocation, which costs more than most functions do.
 */
export async function startOffline({
  functions,
  defaultTimeout,
  folder,
}: OfflineOptions): Promise<{ stop(): Promise<void> }> {
  const config = dispatcherConfig();
  const routes = readRoutes(functions, defaultTimeout);
  const secret = makeDispatchSecret();
  const connection = await connectHub({
    urls: config.urls,
    credentials: await readSecret(config.credentials),
    name: 'functions',
  });
  const invoke = moduleInvoker(routes, (name) => loadHandler(folder, functions[name]));
  const dispatcher = startDispatcher({
    connection,
    routes,
    invoke,
    running: config.running,
    waiting: config.waiting,
    secret,
    log: (level, message, fields) =>
      console.log(JSON.stringify({ level, time: Date.now(), name: 'dispatcher', msg: message, ...fields })),
  });
  return {
    async stop() {
      await dispatcher.drain();
      await connection.close();
    },
  };
}

async function loadHandler(folder: string, definition: unknown): Promise<Handler> {
  const handler =
    typeof definition === 'object' && definition !== null && 'handler' in definition
      ? String(definition.handler)
      : '';
  const dot = handler.lastIndexOf('.');
  const module: unknown = await import(pathToFileURL(join(folder, `${handler.slice(0, dot)}.mjs`)).href);
  const exported = (module as Record<string, unknown>)[handler.slice(dot + 1)];
  if (typeof exported !== 'function') throw new Error(`${handler} is not a function`);
  return exported as Handler;
}
