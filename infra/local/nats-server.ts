// SPDX-License-Identifier: MIT
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inheritedEnvironment } from '../config/inherited-environment.ts';
import { authorityIn, type AuthorityFiles } from '../nats/authority-files.ts';
import { findNatsServer } from '../nats/find-server.ts';
import { serverConfig } from '../nats/server-config.ts';
import { startProcess, type ManagedProcess } from './managed-process.ts';
import { waitUntil } from './wait-until.ts';

export interface NatsServer {
  readonly process: ManagedProcess;
  readonly files: AuthorityFiles;
  readonly url: string;
  readonly websocketUrl: string;
}

export interface NatsServerOptions {
  /** Where keys and configuration are kept; the same folder gives the same accounts again. */
  readonly folder: string;
  readonly port: number;
  readonly websocketPort: number;
  readonly monitorPort: number;
  readonly onLine?: (line: string) => void;
}

/** Resolves when the server answers. */
export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  const command = findNatsServer(inheritedEnvironment()['PATH'] ?? '');
  if (command === undefined) {
    throw new Error('nats-server is missing: run node infra/bootstrap.mjs, or put nats-server on PATH');
  }
  const { folder, port, websocketPort, monitorPort } = options;
  const files = await authorityIn(folder);
  const config = join(folder, 'nats.conf');
  await writeFile(
    config,
    serverConfig(files.authority, { host: '127.0.0.1', port, websocketPort, monitorPort }),
  );
  const server = startProcess({
    name: 'nats',
    command,
    args: ['-c', config],
    ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
  });
  try {
    await waitUntil(`NATS on port ${port}`, async () => {
      if (!server.running()) return true;
      return (await fetch(`http://127.0.0.1:${monitorPort}/healthz`)).ok;
    });
    if (!server.running()) throw new Error(`nats-server ended at once:\n${server.tail()}`);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    process: server,
    files,
    url: `nats://127.0.0.1:${port}`,
    websocketUrl: `ws://127.0.0.1:${websocketPort}`,
  };
}
