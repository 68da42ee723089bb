// SPDX-License-Identifier: MIT
/**
 * Shows the newest agreed state to watchtowers, which answer for a client that is away. One request at a time for each
 * tower, always about the newest state: a tower that is slow or gone costs payments nothing.
 */
import { recoverAddress } from '#secp256k1';
import { newCorrelationId } from '../messaging/envelope.ts';
import { postRequest, type Fetch } from '../messaging/http-post.ts';
import { toBytes } from '../protocol/bytes.ts';
import { fault, type Fault, type Outcomes } from '../protocol/errors.ts';
import { err, ok } from '../protocol/result.ts';
import { receiptDigest } from '../protocol/tower-receipt.ts';
import type { AgreedState, Channel } from '../protocol/types.ts';
import { toJson } from '../protocol/wire/primitives.ts';
import { towerReceipt, type ShownState, type TowerReceipt } from '../protocol/wire/watchtower.ts';
import type { EventHub } from './events.ts';
import { IndraError } from './indra-error.ts';
import type { Clock } from './ports.ts';

const FIRST_MS = 1_000;
const LAST_MS = 60_000;
/** Seconds without an answer after which somebody should know. */
const LONG = 60;

export interface FeedParts {
  /** Origins of the towers' HTTP APIs. */
  readonly towers: readonly string[];
  readonly channel: Channel;
  /** The newest agreed state, durable here. */
  readonly newest: () => AgreedState;
  readonly clock: Clock;
  readonly events: EventHub;
  readonly closing: AbortSignal;
  readonly fetch?: Fetch | undefined;
}

interface TowerLine {
  readonly url: string;
  /** A request is on its way, or waits to be repeated. */
  isBusy: boolean;
  /** It said something that it will not take back: a receipt, or that it does not take the channel. */
  isHeard: boolean;
}

export class WatchtowerFeed {
  readonly #parts: FeedParts;
  readonly #lines: readonly TowerLine[];
  #onHeard: (() => void)[] = [];

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.#lines = parts.towers.map((tower) => ({
      url: tower.replace(/\/+$/, ''),
      isBusy: false,
      isHeard: false,
    }));
  }

  get hasTowers(): boolean {
    return this.#lines.length > 0;
  }

  /** Resolves once every tower was heard; what it said was told before. */
  allHeard(): Promise<void> {
    return new Promise((resolve) => {
      this.#onHeard.push(resolve);
      this.#tellHeard();
    });
  }

  #tellHeard(): void {
    if (this.#lines.every(({ isHeard }) => isHeard)) for (const tell of this.#onHeard.splice(0)) tell();
  }

  /** Something may be new. Returns at once. */
  nudge(): void {
    for (const line of this.#lines) {
      if (line.isBusy) continue;
      line.isBusy = true;
      void this.#feed(line);
    }
  }

  async #feed(line: TowerLine): Promise<void> {
    try {
      await this.#showNewest(line);
    } finally {
      line.isBusy = false;
    }
  }

  /** Until the tower holds the newest state; what becomes newer meanwhile is shown next. */
  async #showNewest(line: TowerLine): Promise<void> {
    const { clock, closing, events, newest } = this.#parts;
    const { url } = line;
    let failures = 0;
    let failingSince: number | null = null;
    let isTold = false;
    for (let held: AgreedState | null = null; !closing.aborted && held !== newest();) {
      const state = newest();
      const receipt = await this.#show(url, state);
      if (closing.aborted || receipt === null) return;
      if (receipt.ok) {
        held = state;
        [failures, failingSince, isTold] = [0, null, false];
        events.emit('watchtower.accepted', { url, receipt: receipt.value });
        this.#heard(line);
        continue;
      }
      if (!receipt.error.retryable) this.#heard(line);
      failingSince ??= clock.now();
      if (!isTold && clock.now() - failingSince >= LONG) {
        isTold = true;
        events.emit('watchtower.failing', { url, since: failingSince, error: IndraError.of(receipt.error) });
      }
      await clock.sleep(Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(failures, 10)), closing);
      failures += 1;
    }
  }

  #heard(line: TowerLine): void {
    line.isHeard = true;
    this.#tellHeard();
  }

  /** One attempt. Null where there is nothing to show yet. */
  async #show(url: string, state: AgreedState): Promise<Outcomes<TowerReceipt> | null> {
    const { channel, closing, fetch } = this.#parts;
    const shown = shownStateOf(channel, state);
    if (shown === null) return null;
    const reply = await postRequest({
      url: `${url}/v1/states`,
      body: toJson(shown),
      id: newCorrelationId(),
      signal: closing,
      fetch,
    });
    if (!reply.ok) return err(reply.error);
    const receipt = towerReceipt.safeParse(reply.result);
    return receipt.success ? checked(channel, state, receipt.data) : err(unreadable);
  }
}

const unreadable: Fault = fault('internal', { reason: 'not a receipt for the state that was shown' });

/** A tower that says it holds less, or does not sign for it, has not taken the state. */
function checked(channel: Channel, { ledger }: AgreedState, receipt: TowerReceipt): Outcomes<TowerReceipt> {
  const isNew =
    receipt.epoch > ledger.epoch || (receipt.epoch === ledger.epoch && receipt.version >= ledger.version);
  const signer = recoverAddress(receiptDigest(channel, receipt), toBytes(receipt.signature));
  return isNew && signer === receipt.tower ? ok(receipt) : err(unreadable);
}

/** Null at version 0, which needs nobody's signature and nobody's watch. */
export function shownStateOf(channel: Channel, { ledger, apps, signatures }: AgreedState): ShownState | null {
  if (signatures === null) return null;
  const { domain, initiator, responder, challengePeriod } = channel;
  return {
    chainId: domain.chainId,
    initiator,
    responder,
    challengePeriod,
    ledger,
    signatures,
    appIds: apps.map((instance) => instance.id),
    apps: apps.filter((instance) => instance.version > 0n && !instance.signatures.includes(null)),
  };
}
