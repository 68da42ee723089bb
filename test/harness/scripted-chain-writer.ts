// SPDX-License-Identifier: MIT
/** A chain to write to that mines when the test says so, and remembers all that was ever broadcast. */
import { refuse, type Outcomes } from '../../lib/protocol/errors.ts';
import { ok } from '../../lib/protocol/result.ts';
import { toHash, utf8 } from '../../lib/protocol/bytes.ts';
import { ETHER, type Address, type Bytes, type Hash } from '../../lib/protocol/types.ts';
import type { Call, ChainWriter, Fees, Receipt } from '../../lib/hub/ports.ts';
import { keccak256 } from '#keccak256';

export interface Broadcast {
  readonly hash: Hash;
  readonly nonce: number;
  readonly to: Address;
  readonly fees: Fees;
}

export class ScriptedChainWriter implements ChainWriter {
  readonly broadcasts: Broadcast[] = [];
  readonly mined = new Map<Hash, Receipt>();
  readonly reverting = new Set<Address>();
  nonce = 7;
  reachable = true;
  private readonly signed = new Map<Bytes, Broadcast>();

  private answer<T>(value: T): Outcomes<T> {
    return this.reachable ? ok(value) : refuse('chain_unavailable');
  }

  async collateralCalls(
    channel: { address: Address },
    asset: Address,
    amount: bigint,
  ): Promise<Outcomes<readonly Call[]>> {
    const deposit: Call = { to: channel.address, data: '0x01', value: asset === ETHER ? amount : 0n };
    return this.answer(asset === ETHER ? [deposit] : [{ to: asset, data: '0x02', value: 0n }, deposit]);
  }

  async withdrawalCall(channel: { address: Address }): Promise<Outcomes<Call>> {
    return this.answer({ to: channel.address, data: '0x03', value: 0n });
  }

  answerCall(channel: { address: Address }): Outcomes<Call> {
    return ok({ to: channel.address, data: '0x04', value: 0n });
  }

  async nextNonce(): Promise<Outcomes<number>> {
    return this.answer(this.nonce);
  }

  async fees(): Promise<Outcomes<Fees>> {
    return this.answer({ maxFeePerGas: 100n, maxPriorityFeePerGas: 10n });
  }

  async estimateGas(call: Call): Promise<Outcomes<bigint>> {
    return this.reverting.has(call.to) ? refuse('chain_refused') : this.answer(21_000n);
  }

  sign(call: Call, nonce: number, gas: bigint, fees: Fees): { raw: Bytes; hash: Hash } {
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

  /** Mines, per nonce, the last thing broadcast; anything else at that nonce never will be. */
  mine(block: number, succeeded = true): void {
    const newest = new Map(this.broadcasts.map((sent) => [sent.nonce, sent]));
    const taken = new Set(
      this.broadcasts.filter((sent) => this.mined.has(sent.hash)).map((sent) => sent.nonce),
    );
    for (const [nonce, sent] of newest)
      if (!taken.has(nonce)) this.mined.set(sent.hash, { block, succeeded });
  }
}
