// SPDX-License-Identifier: MIT
/**
 * What may be shown though it could not be enforced, or is not worth it: little enough that whoever has no ether can open a
 * link all the same, and never more than the user is told.
 */
import { ETHER, type Address } from '../protocol/types.ts';
import type { ChannelRecord } from './channel-record.ts';
import type { EventHub } from './events.ts';
import type { ChainReader } from './ports.ts';
import { atRisk, exposures } from './shown.ts';

export interface RiskLimit {
  /** The sum that may be at risk at a time, in the asset's smallest unit. */
  readonly limit?: bigint | undefined;
  /** Of a token: an amount below is not worth enforcing. Of ether that follows from what gas costs. */
  readonly floor?: bigint | undefined;
}

/** By the asset's address. */
export type RiskOptions = Readonly<Record<string, RiskLimit>>;

/** 0.01 ether. */
const ETHER_LIMIT = 10n ** 16n;
/** Ten whole units of a token; who holds one that is dear sets less. */
const TOKEN_UNITS = 10n;
const MOST_DECIMALS = 18;

export class RiskLimits {
  readonly #options: ReadonlyMap<string, RiskLimit>;
  readonly #reader: Pick<ChainReader, 'decimals'>;
  readonly #decimals = new Map<Address, number>();

  constructor(options: RiskOptions, reader: Pick<ChainReader, 'decimals'>) {
    this.#options = new Map(Object.entries(options).map(([asset, limit]) => [asset.toLowerCase(), limit]));
    this.#reader = reader;
  }

  /**
   * Before a limit is used. What a whole unit of a token is says its contract: on the hub's word the hub would say how much of
   * it the hub may keep. Until the chain answers nothing of it may be at risk.
   */
  async learn(asset: Address): Promise<void> {
    const isKnown = asset === ETHER || this.#decimals.has(asset);
    if (isKnown || this.#options.get(asset)?.limit !== undefined) return;
    const decimals = await this.#reader.decimals(asset);
    if (decimals.ok) this.#decimals.set(asset, decimals.value);
  }

  limit(asset: Address): bigint {
    const set = this.#options.get(asset)?.limit;
    if (set !== undefined) return set;
    if (asset === ETHER) return ETHER_LIMIT;
    const decimals = this.#decimals.get(asset);
    return decimals === undefined ? 0n : TOKEN_UNITS * 10n ** BigInt(Math.min(decimals, MOST_DECIMALS));
  }

  /** Zero where nothing is known: then every amount is worth enforcing. */
  floor(asset: Address): bigint {
    return this.#options.get(asset)?.floor ?? 0n;
  }
}

/** Tells of each change of what is at risk, once it is stored. */
export function riskTeller(limits: RiskLimits, events: EventHub): (record: ChannelRecord) => void {
  const told = new Map<Address, bigint>();
  return (record) => {
    if (record.shown.length === 0 && told.size === 0) return;
    const assets = new Set([...told.keys(), ...exposures(record).map(({ asset }) => asset)]);
    for (const asset of assets) {
      const amount = atRisk(record, asset);
      if (amount === (told.get(asset) ?? 0n)) continue;
      if (amount === 0n) told.delete(asset);
      else told.set(asset, amount);
      events.emit('risk.changed', { asset, amount, limit: limits.limit(asset) });
    }
  };
}
