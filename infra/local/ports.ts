// SPDX-License-Identifier: MIT
import { freePort, isFree } from './free-port.ts';

export interface Ports {
  readonly chain: number;
  readonly nats: number;
  readonly websocket: number;
  readonly monitor: number;
  readonly store: number;
  readonly http: number;
  readonly lambda: number;
  readonly card: number;
}

/** Where `npm start` puts things, if nobody else is there. */
export const USUAL_PORTS: Ports = {
  chain: 8545,
  nats: 4222,
  websocket: 4223,
  monitor: 4224,
  store: 8000,
  http: 3000,
  lambda: 3002,
  card: 3001,
};

/** The wanted ports, and free ones for the rest. */
export async function choosePorts(wanted: Partial<Ports>): Promise<Ports> {
  const chosen: Record<string, number> = {};
  const taken = new Set(Object.values(wanted));
  for (const name of Object.keys(USUAL_PORTS) as (keyof Ports)[]) {
    let port = wanted[name] ?? 0;
    while (port === 0 || (wanted[name] === undefined && taken.has(port))) port = await freePort();
    taken.add(port);
    chosen[name] = port;
  }
  return chosen as unknown as Ports;
}

/** Names of the parts whose port somebody else has. */
export async function occupied(ports: Partial<Ports>): Promise<string[]> {
  const entries = Object.entries(ports);
  const free = await Promise.all(entries.map(([, port]) => isFree(port)));
  return entries.flatMap(([name, port], index) => (free[index] === true ? [] : [`${name} (${port})`]));
}
