// SPDX-License-Identifier: MIT
/** A chain to send to that mines when the test says so, and remembers all that was ever broadcast. */
import { keccak256 } from '#keccak256';
import { toHash, utf8 } from '../../protocol/bytes.ts';
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import type { Address, Bytes, Hash } from '../../protocol/types.ts';
import type { Call, Fees, LaneWriter, Receipt, SignedTransaction } from '../ports.ts';

export interface Broadcast {
  readonly hash: Hash;
  readonly nonce: number;
  readonly to: Address;
  readonly fees: Fees;
}

export class ScriptedLaneWriter implements LaneWriter {
  readonly address: Address;
  readonly broadcasts: Broadcast[] = [];
  readonly mined = new Map<Hash, Receipt>();
  readonly reverting = new Set<Address>();
  nonce = 7;
  /** Nonces that another sender of the same key used. */
  readonly foreign = new Set<number>();
  reachable = true;
  private readonly signed = new Map<Bytes, Broadcast>();

  constructor(address: Address) {
    this.address = address;
  }

  protected answer<T>(value: T): Outcomes<T> {
    return this.reachable ? ok(value) : refuse('chain_unavailable');
  }

  async nextNonce(): Promise<Outcomes<number>> {
    const { broadcasts, foreign, nonce } = this;
    return this.answer(
      Math.max(nonce, ...[...broadcasts.map((sent) => sent.nonce), ...foreign].map((used) => used + 1)),
    );
  }

  async minedNonce(): Promise<Outcomes<number>> {
    const used = new Set(this.foreign);
    for (const sent of this.broadcasts) if (this.mined.has(sent.hash)) used.add(sent.nonce);
    let first = this.nonce;
    while (used.has(first)) first += 1;
    return this.answer(first);
  }

  async fees(): Promise<Outcomes<Fees>> {
    return this.answer({ maxFeePerGas: 100n, maxPriorityFeePerGas: 10n });
  }

  async estimateGas(call: Call): Promise<Outcomes<bigint>> {
    return this.reverting.has(call.to) ? refuse('chain_refused') : this.answer(21_000n);
  }

  sign(call: Call, nonce: number, gas: bigint, fees: Fees): SignedTransaction {
    const text = [call.to, call.data, call.value, nonce, gas, fees.maxFeePerGas].join();
    const hash = toHash(keccak256(utf8(text)));
    const raw = `${hash}00` as Bytes;
    this.signed.set(raw, { hash, nonce, to: call.to, fees });
    return { raw, hash };
  }

  async broadcast(raw: Bytes): Promise<Outcomes<void>> {
    const sent = this.signed.get(raw);
    if (sent !== undefined && this.reachable) this.broadcasts.push(sent);
    return this.answer(undefined);
  }

  async receipt(hash: Hash): Promise<Outcomes<Receipt | null>> {
    return this.answer(this.mined.get(hash) ?? null);
  }

  /** A reorganization: what was mined and broadcast is gone. */
  forget(): void {
    this.mined.clear();
    this.broadcasts.length = 0;
  }

  /** Mines, per nonce, the last thing broadcast; anything else at that nonce never will be. */
  mine(block: number, succeeded = true): void {
    const newest = new Map(this.broadcasts.map((sent) => [sent.nonce, sent]));
    const taken = new Set(
      this.broadcasts.filter((sent) => this.mined.has(sent.hash)).map((sent) => sent.nonce),
    );
    for (const [nonce, sent] of newest)
      if (!taken.has(nonce) && !this.foreign.has(nonce)) this.mined.set(sent.hash, { block, succeeded });
  }
}
