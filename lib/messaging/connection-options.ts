// SPDX-License-Identifier: MIT
import { jwtAuthenticator, type ConnectionOptions } from '@nats-io/nats-core';
import type { SessionKeeper } from './session-keeper.ts';

/** How a user's connection identifies itself, and that it never stops coming back. */
export function connectionOptions(keeper: SessionKeeper): ConnectionOptions {
  const { address, natsSeed } = keeper.current();
  return {
    authenticator: jwtAuthenticator(() => keeper.current().natsJwt, natsSeed),
    inboxPrefix: `_INBOX.${address}`,
    name: address,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    // A JWT that ran out while we were away is replaced by the keeper; giving up would need a person.
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
  };
}
