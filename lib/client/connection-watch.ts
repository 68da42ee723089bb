// SPDX-License-Identifier: MIT
/** Whether the hub answers, from the answers themselves: told when it changes. */
import type { EventHub } from './events.ts';
import type { Line } from './ports.ts';

/** A single answer may be late on a line that is well. */
const SILENCES = 2;

export class ConnectionWatch {
  readonly #events: EventHub;
  #silences = 0;
  #isOnline: boolean;

  constructor(events: EventHub, isOnline: boolean) {
    this.#events = events;
    this.#isOnline = isOnline;
  }

  get isOnline(): boolean {
    return this.#isOnline;
  }

  lost(): void {
    this.#become(false);
  }

  found(): void {
    this.#silences = 0;
    this.#become(true);
  }

  /** The same line, listened to. */
  over(line: Line): Line {
    return {
      ...line,
      request: async (operation, body, options) => {
        const reply = await line.request(operation, body, options);
        if (options?.signal?.aborted === true) return reply;
        if (reply.ok || (reply.error.code !== 'unreachable' && reply.error.code !== 'timeout')) this.found();
        else this.#missed(reply.error.code === 'unreachable');
        return reply;
      },
    };
  }

  #missed(isSure: boolean): void {
    this.#silences += 1;
    if (isSure || this.#silences >= SILENCES) this.lost();
  }

  #become(isOnline: boolean): void {
    if (this.#isOnline === isOnline) return;
    this.#isOnline = isOnline;
    this.#events.emit('connection', { isOnline });
  }
}
