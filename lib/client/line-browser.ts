// SPDX-License-Identifier: MIT
/** A user's line to the hub in a browser: NATS over a websocket. */
import { connectWebsocket } from '../messaging/connect-websocket.ts';
import type { SessionKeeper } from '../messaging/session-keeper.ts';
import type { Transport } from '../messaging/transport.ts';
import type { Outcomes } from '../protocol/errors.ts';

export const openLine = (keeper: SessionKeeper, chainId: number): Promise<Outcomes<Transport>> =>
  connectWebsocket(keeper, chainId);
