// SPDX-License-Identifier: MIT
/** A bus that loses, repeats, delays and so reorders whatever it carries, both ways. */
import { failure, type HubEvent, type Reply } from '../../lib/messaging/envelope.ts';
import { Channel } from '../../lib/messaging/stream.ts';
import type { Line } from '../../lib/client/ports.ts';
import { fault, type Outcomes } from '../../lib/protocol/errors.ts';
import type { Random } from './random.ts';
import type { VirtualClock } from './virtual-clock.ts';
import type { Life } from './mortal-store.ts';
import { PROTOCOL_VERSION } from '../../lib/protocol/subjects.ts';

export interface Weather {
  /** Probabilities, of one message. */
  loss: number;
  duplication: number;
  /** Milliseconds at most. */
  delay: number;
  /** Milliseconds a late copy may come after the first. */
  echo: number;
}

export interface LineParts {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly weather: Weather;
  readonly life: Life;
  /** The hub takes a request. Null: the process died over it. */
  readonly deliver: (operation: string, body: unknown, id: string) => Promise<Outcomes<unknown> | null>;
  /** Looks at each request as it leaves. */
  readonly onSend: (operation: string, body: unknown) => Promise<void>;
}

const TIMEOUT_MS = 5_000;

export interface UnreliableLine extends Line {
  /** An event of the hub for this user. */
  hear(event: HubEvent): void;
}

export function unreliableLine({ clock, random, weather, life, deliver, onSend }: LineParts): UnreliableLine {
  const listeners = new Set<Channel<HubEvent>>();

  const carry = (act: () => void): void => {
    if (!random.chance(weather.loss)) clock.after(random.between(0, weather.delay), act);
    if (random.chance(weather.duplication)) clock.after(random.between(0, weather.echo), act);
  };

  return {
    async request(operation, body, { id = 'none', signal } = {}) {
      if (life.isDead) return new Promise<Reply>(() => {});
      const text = JSON.stringify(body);
      await onSend(operation, JSON.parse(text));
      return new Promise<Reply>((resolve) => {
        const finish = (reply: Reply): void => {
          stopTimer();
          signal?.removeEventListener('abort', giveUp);
          resolve(reply);
        };
        const giveUp = (): void => finish(failure(id, fault('timeout')));
        const stopTimer = clock.after(TIMEOUT_MS, giveUp);
        signal?.addEventListener('abort', giveUp, { once: true });
        const answer = async (): Promise<void> => {
          const outcome = await deliver(operation, JSON.parse(text), id);
          if (outcome === null) return;
          carry(() => {
            if (life.isDead) return;
            finish(
              outcome.ok
                ? { v: PROTOCOL_VERSION, id, ok: true, result: outcome.value }
                : failure(id, outcome.error),
            );
          });
        };
        carry(() => void answer());
      });
    },
    events() {
      const channel = new Channel<HubEvent>({ onClose: () => listeners.delete(channel) });
      listeners.add(channel);
      return channel;
    },
    publishToPeer: () => ({ ok: false, error: fault('unreachable') }),
    peerMessages: () => new Channel(),
    async close() {
      for (const channel of listeners) channel.close();
    },
    hear(event) {
      carry(() => {
        if (!life.isDead) for (const channel of listeners) channel.push(event);
      });
    },
  };
}
