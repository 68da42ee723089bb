// SPDX-License-Identifier: MIT
import type { Line } from '../../lib/client/ports.ts';
import type { HubEvent } from '../../lib/messaging/envelope.ts';
import { stream, type Channel } from '../../lib/messaging/stream.ts';
import type { Transport } from '../../lib/messaging/transport.ts';
import { PROTOCOL_VERSION } from '../../lib/protocol/subjects.ts';

/**
 * The hub's HTTP API as the SDK's line. It knows whether the hub answers from the answers themselves, and says `reconnected`
 * after a time without any, so that what was missed is looked up.
 */
export function hubLine(transport: Transport, onOnline: (isOnline: boolean) => void): Line {
  const listeners = new Set<Channel<HubEvent>>();
  let isOnline = true;

  const heard = (isAnswer: boolean, id: string): void => {
    if (isAnswer === isOnline) return;
    isOnline = isAnswer;
    onOnline(isOnline);
    if (isOnline)
      for (const listener of listeners) listener.push({ v: PROTOCOL_VERSION, id, type: 'reconnected' });
  };

  return {
    ...transport,
    async request(operation, body, options) {
      const reply = await transport.request(operation, body, options);
      const gaveUp = options?.signal?.aborted === true;
      const isSilence = !reply.ok && (reply.error.code === 'unreachable' || reply.error.code === 'timeout');
      if (!gaveUp) heard(!isSilence, reply.id);
      return reply;
    },
    events: () =>
      stream<HubEvent>((channel) => {
        listeners.add(channel);
        return () => listeners.delete(channel);
      }),
  };
}
