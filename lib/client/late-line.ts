// SPDX-License-Identifier: MIT
/** A line to a hub that does not answer yet: it is there at once, says `unreachable`, and is the real one as soon as that opens. */
import { fault, refuse } from '../protocol/errors.ts';
import { failure, newCorrelationId } from '../messaging/envelope.ts';
import { Channel as Buffer } from '../messaging/stream.ts';
import { backoffMs } from './backoff.ts';
import type { Clock, Line } from './ports.ts';
import { PROTOCOL_VERSION } from '../protocol/subjects.ts';

type HubEvents = ReturnType<Line['events']>;
type PeerMessages = ReturnType<Line['peerMessages']>;
type Item<Of> = Of extends AsyncIterable<infer T> ? T : never;

/** `open` is tried until it does not reject; then listeners hear `reconnected`, as after every time without a line. */
export function lateLine(open: () => Promise<Line>, clock: Clock): Line {
  const closing = new AbortController();
  const hearing = new Set<Buffer<Item<HubEvents>>>();
  const listening = new Set<Buffer<Item<PeerMessages>>>();
  let line: Line | null = null;
  void keepTrying();

  async function keepTrying(): Promise<void> {
    for (let attempt = 1; !closing.signal.aborted; attempt++) {
      const opened = await open().catch(() => null);
      if (opened !== null) return closing.signal.aborted ? opened.close() : begin(opened);
      await clock.sleep(backoffMs(attempt), closing.signal);
    }
  }

  function begin(opened: Line): void {
    line = opened;
    for (const buffer of hearing) {
      void pour(opened.events(), buffer);
      buffer.push({ v: PROTOCOL_VERSION, type: 'reconnected', id: newCorrelationId() });
    }
    for (const buffer of listening) void pour(opened.peerMessages(), buffer);
  }

  function buffered<T>(buffers: Set<Buffer<T>>): Buffer<T> {
    const buffer: Buffer<T> = new Buffer({ onClose: () => buffers.delete(buffer) });
    buffers.add(buffer);
    return buffer;
  }

  return {
    request: async (operation, body, options) =>
      line === null
        ? failure(options?.id ?? newCorrelationId(), fault('unreachable'))
        : line.request(operation, body, options),
    events: () => line?.events() ?? buffered(hearing),
    peerMessages: () => line?.peerMessages() ?? buffered(listening),
    publishToPeer: (to, body) => line?.publishToPeer(to, body) ?? refuse('unreachable'),
    async close() {
      closing.abort();
      // A line that opens only now is closed by whoever opens it.
      await line?.close();
      for (const buffer of [...hearing, ...listening]) buffer.close();
    },
  };
}

/** Until the line is closed, which ends the stream; whoever stopped reading before costs nothing. */
async function pour<T>(from: AsyncIterable<T>, into: Buffer<T>): Promise<void> {
  for await (const item of from) into.push(item);
}
