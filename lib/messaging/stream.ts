// SPDX-License-Identifier: MIT
import type { Stream } from './transport.ts';

/** A stream somebody else fills. A reader that stays behind loses the oldest items first. */
export class Channel<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  readonly #limit: number;
  readonly #onClose: () => void;
  #wake: (() => void) | undefined;
  #closed = false;

  constructor({ limit = 1_000, onClose = () => {} }: { limit?: number; onClose?: () => void } = {}) {
    this.#limit = limit;
    this.#onClose = onClose;
  }

  push(item: T): void {
    if (this.#closed) return;
    if (this.#items.length >= this.#limit) this.#items.shift();
    this.#items.push(item);
    this.#wake?.();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake?.();
    this.#onClose();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    try {
      for (;;) {
        const item = this.#items.shift();
        if (item !== undefined) yield item;
        else if (this.#closed) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.close();
    }
  }
}

export function stream<T>(open: (channel: Channel<T>) => () => void): Stream<T> {
  let stop = () => {};
  const channel = new Channel<T>({ onClose: () => stop() });
  stop = open(channel);
  return channel;
}
