// SPDX-License-Identifier: MIT
/** A user's line to the hub in Node: NATS over TCP. */
import { connectNode } from '../messaging/connect-node.ts';
import type { SessionKeeper } from '../messaging/session-keeper.ts';
import type { Transport } from '../messaging/transport.ts';
import type { Outcomes } from '../protocol/errors.ts';

export const openLine = (keeper: SessionKeeper, chainId: number): Promise<Outcomes<Transport>> =>
  connectNode(keeper, chainId);
