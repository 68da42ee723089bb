// SPDX-License-Identifier: MIT
/** The nonce lane of the channel key: what a client sends to the chain itself, surviving the client (invariant 12). */
import { z } from 'zod';
import { enqueueAgain, firstOpen, openSends, type LaneOwner } from '../lane/lane.ts';
import type { Call } from '../lane/ports.ts';
import { submit } from '../lane/submit.ts';
import type { Outcomes } from '../protocol/errors.ts';
import type { Channel } from '../protocol/types.ts';
import { address } from '../protocol/wire/primitives.ts';
import type { Store } from '../store/store.ts';
import { affordableGas, purseWriter } from './gas-purse.ts';
import type { ChainReader, ChainWriter, Clock } from './ports.ts';

const purpose = z.strictObject({
  kind: z.enum(['dispute', 'cancel', 'claim', 'withdrawal']),
  channel: address,
});
export type ClientPurpose = z.output<typeof purpose>;

/** In the lane. */
const RANK: Record<ClientPurpose['kind'], number> = { dispute: 0, cancel: 1, withdrawal: 2, claim: 3 };

export interface ClientLaneParts {
  readonly store: Store;
  readonly channel: Channel;
  readonly reader: ChainReader;
  readonly writer: ChainWriter;
  readonly confirmations: number;
  readonly clock: Clock;
}

export class ClientLane {
  readonly #parts: ClientLaneParts;
  readonly #owner: LaneOwner<ClientPurpose>;
  /** Something may wait: so it is at the start, since a lane outlives its client. */
  #mayWait = true;

  constructor(parts: ClientLaneParts) {
    this.#parts = parts;
    const { store, channel, reader, writer, confirmations, clock } = parts;
    this.#owner = {
      store,
      chainId: channel.domain.chainId,
      writer: purseWriter(writer, reader),
      latest: () => reader.latest(),
      confirmations,
      clock,
      log: { warn() {}, error() {} },
      purpose,
      wake: () => (this.#mayWait = true),
      finished: async () => {},
    };
  }

  /** Whether it could be sent now: fails with `insufficient_gas`, `chain_refused` or `chain_unavailable`. */
  rehearse(call: Call): Promise<Outcomes<bigint>> {
    return affordableGas(this.#parts.writer, this.#parts.reader, call);
  }

  /**
   * Once per key while it waits, and again where what came of it is wanted again. Durable once it resolves, but for a step of
   * a dispute that the store does not take: a defence does not wait for a disk, and is sent all the same (invariant 15).
   */
  async send(key: string, call: Call, kind: ClientPurpose['kind']): Promise<void> {
    const { channel } = this.#parts;
    const what: ClientPurpose = { kind, channel: channel.address };
    try {
      await enqueueAgain(this.#owner, [{ key, rank: RANK[kind], call, purpose: what, after: null }]);
      await this.advance();
    } catch (cause) {
      if (kind !== 'dispute') throw cause;
      await this.#sendUnstored(call);
    }
  }

  /** With the chain's next nonce, and nothing to replace it by: the next look asks the chain what became of it. */
  async #sendUnstored(call: Call): Promise<void> {
    const { writer } = this.#owner;
    const [gas, nonce, fees] = [
      await writer.estimateGas(call),
      await writer.nextNonce(),
      await writer.fees(),
    ];
    if (gas.ok && nonce.ok && fees.ok)
      await writer.broadcast(writer.sign(call, nonce.value, gas.value, fees.value).raw);
  }

  /** Whether a key that begins so waits to be mined and confirmed. */
  async isWaiting(prefix: string): Promise<boolean> {
    for await (const { send } of openSends(this.#owner)) if (send.key.startsWith(prefix)) return true;
    return false;
  }

  /** Broadcasts, replaces and files what waits. */
  async advance(): Promise<void> {
    if (!this.#mayWait) return;
    await submit(this.#owner);
    this.#mayWait = (await firstOpen(this.#owner, 1)).length > 0;
  }
}
