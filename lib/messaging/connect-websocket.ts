// SPDX-License-Identifier: MIT
import { wsconnect } from '@nats-io/nats-core';
import { refuse, type Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import { connectionOptions } from './connection-options.ts';
import { natsTransport } from './nats-transport.ts';
import type { SessionKeeper } from './session-keeper.ts';
import type { Transport } from './transport.ts';

/** A user's line over a websocket, in browsers and in Node. */
export async function connectWebsocket(
  keeper: SessionKeeper,
  chainId: number,
  timeoutMs?: number,
): Promise<Outcomes<Transport>> {
  try {
    const connection = await wsconnect({
      ...connectionOptions(keeper),
      servers: [...keeper.current().nats.websocketUrls],
    });
    return ok(
      natsTransport({ connection, keeper, chainId, ...(timeoutMs === undefined ? {} : { timeoutMs }) }),
    );
  } catch (error) {
    return refuse('unreachable', { reason: error instanceof Error ? error.message : String(error) });
  }
}
