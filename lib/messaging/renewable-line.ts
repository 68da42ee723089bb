// SPDX-License-Identifier: MIT
import type { NatsConnection } from '@nats-io/nats-core';
import type { SessionKeeper } from './session-keeper.ts';

/** Longest wait for a renewed connection. After it requests go out as they would on any broken line. */
const RENEWAL_MS = 5_000;

export interface RenewableLine {
  /** Resolves when a request may go out. */
  enter(): Promise<void>;
  leave(): void;
  reconnected(): void;
  /** The line is being changed on purpose: nobody lost it. */
  readonly isRenewing: boolean;
  close(): void;
}

/**
 * A renewed session needs a new connection, because the server holds a connection to the JWT it came with. It is made
 * between requests: one that is cut off would have an unknown outcome for no good reason. So new requests wait while
 * those under way finish, then until the connection is back.
 */
export function renewableLine(connection: NatsConnection, keeper: SessionKeeper): RenewableLine {
  let inFlight = 0;
  let gate: { readonly opened: Promise<void>; open(): void; reconnecting: boolean } | undefined;

  function reconnectWhenIdle(): void {
    if (gate === undefined || gate.reconnecting || inFlight > 0 || connection.isClosed()) return;
    gate.reconnecting = true;
    void connection.reconnect().catch(() => gate?.open());
  }

  const stopWatching = keeper.onRenewed(() => {
    if (gate !== undefined) return;
    let resolve = () => {};
    const opened = new Promise<void>((done) => (resolve = done));
    const timer = setTimeout(() => gate?.open(), RENEWAL_MS);
    gate = {
      opened,
      reconnecting: false,
      open() {
        clearTimeout(timer);
        gate = undefined;
        resolve();
      },
    };
    reconnectWhenIdle();
  });

  return {
    async enter() {
      while (gate !== undefined) await gate.opened;
      inFlight += 1;
    },
    leave() {
      inFlight -= 1;
      reconnectWhenIdle();
    },
    reconnected() {
      if (gate?.reconnecting === true) gate.open();
    },
    get isRenewing() {
      return gate?.reconnecting === true;
    },
    close() {
      stopWatching();
      gate?.open();
    },
  };
}
