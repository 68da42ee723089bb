// SPDX-License-Identifier: MIT
/**
 * The user's eyes on its chain, which also tell what an epoch paid in all: by its settlement, and by each of its apps, which
 * the channel pays without an event of its own. That follows from the state the registry said an app ended in.
 */
import { Interface } from 'ethers';
import app from '../chain/abi/CounterfactualApp.json' with { type: 'json' };
import { revertOf, unavailable } from '../chain/chain-answers.ts';
import type { ChainEvent } from '../chain/chain-events.ts';
import { EthereumChainReader, type SettledAsset } from '../chain/chain-reader.ts';
import type { ContractAddresses } from '../chain/contracts.ts';
import type { JsonRpc } from '../chain/json-rpc.ts';
import type { Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import type { Address, App, AppInstance, Bytes, Channel, Hash, Pair } from '../protocol/types.ts';
import { decoded, payoutsOf } from './payouts.ts';

interface Book {
  paid: Pair<bigint>;
  /** Still there for apps. */
  locked: bigint;
}

interface Ended {
  readonly state: Bytes | null;
  readonly outcome: Bytes | null;
}

const appInterface = new Interface(app.abi);
const NOWHERE: Ended = { state: null, outcome: null };

export class EpochReader extends EthereumChainReader {
  readonly #rpc: JsonRpc;
  readonly #registry: Address;

  constructor(rpc: JsonRpc, contracts: ContractAddresses) {
    super(rpc, contracts);
    this.#rpc = rpc;
    this.#registry = contracts.registry;
  }

  /** `apps`: those that may have been on chain. */
  override async settlement(
    channel: Channel,
    epoch: bigint,
    fromBlock: number,
    apps: readonly AppInstance[] = [],
  ): Promise<Outcomes<readonly SettledAsset[]>> {
    const latest = await this.latest();
    if (!latest.ok) return latest;
    const said = await this.channelEvents(channel.address, fromBlock, latest.value.number);
    if (!said.ok) return said;
    const books = booksOf(said.value, epoch);
    const told = await this.registryEvents(fromBlock, latest.value.number, channel.address);
    if (!told.ok) return told;
    const known = new Map(apps.map((instance) => [instance.id, instance.app]));
    const reached = new Map<Hash, Ended>();
    for (const { name, values } of told.value) {
      const appId = values['appId'] as Hash;
      const settled = known.get(appId);
      if (settled === undefined) continue;
      const at = reached.get(appId) ?? NOWHERE;
      reached.set(appId, next(name, values, at));
      if (name !== 'AppSettled') continue;
      const outcome = values['fallbackApplied'] === true ? ok(null) : await this.#outcome(settled, at);
      if (!outcome.ok) return outcome;
      if (outcome.value === null && values['fallbackApplied'] !== true) continue;
      pay(books, channel, settled, outcome.value);
    }
    return ok([...books].map(([asset, { paid }]) => ({ asset, paid })));
  }

  /** Null where it cannot be told. */
  async #outcome({ definition }: App, { state, outcome }: Ended): Promise<Outcomes<Bytes | null>> {
    if (outcome !== null || state === null) return ok(outcome);
    const data = appInterface.encodeFunctionData('computeOutcome', [state]);
    const answer = await this.#rpc.request('eth_call', [
      { from: this.#registry, to: definition, data },
      'latest',
    ]);
    if (!answer.ok) return revertOf(answer.error) === null ? unavailable(answer.error) : ok(null);
    return ok(decoded('bytes', answer.value as Bytes) as Bytes | null);
  }
}

function booksOf(events: readonly ChainEvent[], epoch: bigint): Map<Address, Book> {
  const books = new Map<Address, Book>();
  for (const { name, values } of events) {
    if (name !== 'AssetSettled' || values['epoch'] !== epoch) continue;
    const [own = 0n, others = 0n] = values['paid'] as readonly bigint[];
    const asset = String(values['asset']).toLowerCase() as Address;
    books.set(asset, { paid: [own, others], locked: values['locked'] as bigint });
  }
  return books;
}

function next(name: string, values: ChainEvent['values'], at: Ended): Ended {
  switch (name) {
    case 'AppChallenged':
    case 'AppProgressed':
      return { state: values['state'] as Bytes, outcome: null };
    case 'OutcomeSet':
      return { ...at, outcome: values['outcome'] as Bytes };
    case 'AppCancelled':
      return NOWHERE;
    default:
      return at;
  }
}

/** As the channel pays: never more than is locked, the first participant first. `outcome` null: to each its own stake. */
function pay(books: Map<Address, Book>, channel: Channel, settled: App, outcome: Bytes | null): void {
  const { participants, stakes } = settled;
  const isTurned = participants[0] !== channel.initiator;
  const payouts = outcome === null ? stakes : payoutsOf(settled, outcome);
  for (const { asset, amounts } of payouts) {
    const book = books.get(asset);
    if (book === undefined) continue;
    const first = least(amounts[0], book.locked);
    const second = least(amounts[1], book.locked - first);
    book.locked -= first + second;
    const [own, others] = isTurned ? [second, first] : [first, second];
    book.paid = [book.paid[0] + own, book.paid[1] + others];
  }
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
