// SPDX-License-Identifier: MIT
import type { Outcomes } from '../protocol/errors.ts';
import type { HubEvent, Reply } from './envelope.ts';

export interface RequestOptions {
  /** Gives up waiting. The request may have arrived: the reply is then the fault `timeout`, whose outcome is unknown. */
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Correlation id; the same one may be used again for a resend. */
  readonly id?: string;
  /** The chain the request is about, if not the one the transport was made for. */
  readonly chainId?: number;
}

export interface PeerMessage {
  /** Who sent it, as the bus vouches for it. */
  readonly from: string;
  readonly body: unknown;
}

export type Stream<T> = AsyncIterable<T> & {
  /** Ends the iteration, after what has arrived already. */
  close(): void;
};

/**
 * A signed-in user's line to one hub. Obligations of every adapter:
 * - `request` never rejects. Whatever goes wrong on the way is a fault whose outcome is `unknown`, unless it is certain that nothing left.
 * - the line comes back by itself. After a time without it, event streams yield `{type: 'reconnected'}`: what was said meanwhile is lost, so look again.
 *   An adapter that notices the loss yields `{type: 'disconnected'}` then.
 */
export interface Transport {
  request(operation: string, body: unknown, options?: RequestOptions): Promise<Reply>;
  events(): Stream<HubEvent>;
  /** Peers are reached at most once, and only while they are there. */
  publishToPeer(to: string, body: unknown): Outcomes<void>;
  peerMessages(): Stream<PeerMessage>;
  close(): Promise<void>;
}

export const DEFAULT_TIMEOUT_MS = 10_000;
