// SPDX-License-Identifier: MIT
/** The line to a hub that is not spoken with: everything asked of it is refused, for the reason there is. */
import { failure, newCorrelationId, type HubEvent } from '../messaging/envelope.ts';
import { Channel as Buffer } from '../messaging/stream.ts';
import type { PeerMessage } from '../messaging/transport.ts';
import { fault, refuse } from '../protocol/errors.ts';
import type { IndraError } from './indra-error.ts';
import type { Line } from './ports.ts';

export function noLine({ code, message }: IndraError): Line {
  const streams = new Set<Buffer<HubEvent> | Buffer<PeerMessage>>();
  const refusal = {
    ...fault('unreachable', { reason: code }),
    message,
    retryable: false,
    outcome: 'unchanged',
  } as const;
  const opened = <T extends Buffer<HubEvent> | Buffer<PeerMessage>>(stream: T): T => {
    streams.add(stream);
    return stream;
  };
  return {
    request: async (_operation, _body, options) => failure(options?.id ?? newCorrelationId(), refusal),
    events: () => opened(new Buffer<HubEvent>()),
    peerMessages: () => opened(new Buffer<PeerMessage>()),
    publishToPeer: () => refuse('unreachable'),
    async close() {
      for (const stream of streams) stream.close();
    },
  };
}
