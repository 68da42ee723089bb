// SPDX-License-Identifier: MIT
/**
 * Whoever goes to the chain without asking anybody: an attacker with an old state, a party whose software is its own.
 * It sends what the contracts take, when the test wants it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../../infra/local/world.ts';
import { parseRecord, recordKey, type ChannelRecord } from '../../lib/client/channel-record.ts';
import type { Call } from '../../lib/chain/calls.ts';
import { EthereumChainReader } from '../../lib/chain/chain-reader.ts';
import { EthereumChainWriter } from '../../lib/chain/chain-writer.ts';
import type { ContractAddresses } from '../../lib/chain/contracts.ts';
import { mined } from '../../lib/chain/testing/mined.ts';
import { createJsonRpc } from '../../lib/chain/json-rpc.ts';
import { signerOf } from '../../lib/chain/transaction.ts';
import { encodeUnlock, transferApp } from '../../lib/protocol/apps/transfer-app.ts';
import type { AppCatalogue } from '../../lib/protocol/apps/app-logic.ts';
import {
  prepareMove,
  type DisputeStep,
  type Holding,
  type PreparedMoves,
} from '../../lib/protocol/dispute.ts';
import { planDispute } from '../../lib/protocol/dispute/plan.ts';
import type { Outcomes } from '../../lib/protocol/errors.ts';
import { toBytes } from '../../lib/protocol/bytes.ts';
import type { Address, AppInstance, Bytes, Channel, Hash } from '../../lib/protocol/types.ts';
import type { Store } from '../../lib/store/store.ts';

export function contractsIn(world: World): ContractAddresses {
  const { chainId, deployment } = world.chain;
  const { registry, factory, channelImplementation } = deployment as unknown as ContractAddresses;
  return { chainId, registry, factory, channelImplementation };
}

export const catalogueIn = (world: World): AppCatalogue =>
  new Map([[world.chain.deployment.transferApp as string as Address, transferApp]]);

export const readerOf = (world: World): EthereumChainReader =>
  new EthereumChainReader(createJsonRpc({ url: world.chain.rpcUrl }), contractsIn(world));

export const nowOf = (): number => Math.floor(Date.now() / 1000);

export function valueOf<T>(outcome: Outcomes<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.error));
  return outcome.value;
}

/** What a client has stored of its channel: as good as a copy of its file. */
export async function recordIn(world: World, store: Store, channel: Address): Promise<ChannelRecord> {
  const item = await store.get(recordKey(world.chain.chainId, channel));
  if (item === null) throw new Error('that client has stored nothing');
  return parseRecord(item, catalogueIn(world));
}

export class LoneParty {
  readonly address: Address;
  readonly #reader: EthereumChainReader;
  readonly #writer: EthereumChainWriter;
  readonly #sign: (digest: Uint8Array) => `0x${string}`;

  constructor(world: World, key: Uint8Array) {
    this.#reader = readerOf(world);
    const rpc = createJsonRpc({ url: world.chain.rpcUrl });
    const signer = signerOf(key);
    this.#writer = new EthereumChainWriter({ rpc, contracts: contractsIn(world), signer });
    this.#sign = signer.sign;
    this.address = signer.address;
  }

  async send(call: Call): Promise<Hash> {
    return (await mined(this.#writer, call)).hash;
  }

  step(channel: Channel, step: DisputeStep): Promise<Hash> {
    return this.send(this.#writer.disputeCall(channel, step));
  }

  /** What the payee of a transfer does on chain. */
  unlock(channel: Channel, instance: AppInstance, preimage: Hash): PreparedMoves {
    const next = valueOf(transferApp.applyAction(instance.state, encodeUnlock(preimage)));
    const move = { appId: instance.id, on: instance.state, version: 0n, action: preimage, state: next };
    return prepareMove(channel.domain, move, this.#sign);
  }

  /** Does everything that can be done now to leave with this, and says what that was. */
  async leave(holding: Holding): Promise<readonly DisputeStep['kind'][]> {
    const view = valueOf(await this.#reader.dispute(holding, { now: nowOf(), fromBlock: 0 }));
    const { steps } = planDispute(holding, view, { leave: true, settleAfter: 0 });
    for (const step of steps) await this.step(holding.channel, step);
    return steps.map((step) => step.kind);
  }

  async isOver(holding: Holding): Promise<boolean> {
    const view = valueOf(await this.#reader.dispute(holding, { now: nowOf(), fromBlock: 0 }));
    return planDispute(holding, view, { leave: false, settleAfter: null }).isOver;
  }
}

/** Whoever has the hub's key, once the hub is gone: only a party can start a challenge. */
export async function thievingHub(world: World): Promise<LoneParty> {
  const key = await readFile(join(world.folder, 'keys', 'hub.key'), 'utf8');
  return new LoneParty(world, toBytes(key.trim() as Bytes));
}
