// SPDX-License-Identifier: MIT
import { connect } from '@nats-io/transport-node';
import { refuse, type Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import { connectionOptions } from './connection-options.ts';
import { natsTransport } from './nats-transport.ts';
import type { SessionKeeper } from './session-keeper.ts';
import type { Transport } from './transport.ts';

/** A user's line over TCP, in Node. */
export async function connectNode(
  keeper: SessionKeeper,
  chainId: number,
  timeoutMs?: number,
): Promise<Outcomes<Transport>> {
  try {
    const connection = await connect({
      ...connectionOptions(keeper),
      servers: [...keeper.current().nats.urls],
    });
    return ok(
      natsTransport({ connection, keeper, chainId, ...(timeoutMs === undefined ? {} : { timeoutMs }) }),
    );
  } catch (error) {
    return refuse('unreachable', { reason: error instanceof Error ? error.message : String(error) });
  }
}
