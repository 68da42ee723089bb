// SPDX-License-Identifier: MIT
/** Two parties with real keys and a channel on a real chain, who sign whatever the test wants. */
import { sign } from '#secp256k1';
import { EthereumChainReader } from '../../chain/chain-reader.ts';
import { EthereumChainWriter } from '../../chain/chain-writer.ts';
import { challengeCall, disputeCall, type Call } from '../../chain/calls.ts';
import type { LocalChain } from '../../chain/testing/local-chain.ts';
import { mined } from '../../chain/testing/mined.ts';
import { signerOf } from '../../chain/transaction.ts';
import { appsRoot } from '../../protocol/apps-root.ts';
import { toHex } from '../../protocol/bytes.ts';
import { appId, appStateDigest, ledgerDigest, stateHash } from '../../protocol/digests.ts';
import { NO_PROOF } from '../../protocol/dispute/path.ts';
import type { Outcomes } from '../../protocol/errors.ts';
import {
  ETHER,
  type AgreedState,
  type App,
  type AppInstance,
  type Bytes,
  type Channel,
  type Hash,
  type Pair,
} from '../../protocol/types.ts';

export function must<T>(outcome: Outcomes<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.error));
  return outcome.value;
}

export class DisputedChannel {
  readonly channel: Channel;
  readonly reader: EthereumChainReader;
  readonly initiator: EthereumChainWriter;
  readonly #chain: LocalChain;
  readonly #keys: Pair<Uint8Array>;

  /** Another period makes another channel. The parties are the chain's first two accounts. */
  constructor(chain: LocalChain, challengePeriod: number) {
    const { rpc, contracts, keys } = chain;
    this.#chain = chain;
    this.#keys = [keys[0]!, keys[1]!];
    this.reader = new EthereumChainReader(rpc, contracts);
    this.initiator = new EthereumChainWriter({ rpc, contracts, signer: signerOf(this.#keys[0]) });
    const parties = {
      initiator: this.initiator.address,
      responder: signerOf(this.#keys[1]).address,
      challengePeriod,
    };
    const { chainId, registry } = contracts;
    this.channel = {
      domain: { chainId, registry },
      address: this.reader.channelAddress(parties),
      ...parties,
    };
  }

  agreed(version: bigint, apps: readonly AppInstance[] = [], epoch = 0n): AgreedState {
    const locked = apps.reduce((sum, { app }) => sum + app.stakes[0]!.amounts[0], 0n);
    const ledger = {
      channel: this.channel.address,
      epoch,
      version,
      assets: [
        {
          asset: ETHER,
          balances: [100n, 0n] as const,
          deposits: [100n + locked, 0n] as const,
          withdrawn: [0n, 0n] as const,
          locked,
        },
      ],
      appsRoot: appsRoot(apps.map(({ id }) => id)),
    };
    return {
      ledger,
      apps,
      withdrawals: [],
      signatures: this.#both(ledgerDigest(this.channel.domain, ledger)),
    };
  }

  /** An app nobody has written: the registry takes states that both signed whatever the app would say. */
  app(seed: number, first: 'initiator' | 'responder', epoch = 0n): AppInstance {
    const { channel } = this;
    const { initiator, responder, domain, address } = channel;
    const state: Bytes = '0x00';
    const app: App = {
      channel: address,
      epoch,
      installVersion: 1n,
      nonce: `0x${seed.toString(16).padStart(64, '0')}` as Hash,
      definition: responder,
      participants: first === 'initiator' ? [initiator, responder] : [responder, initiator],
      outcomeType: 1,
      stakes: [{ asset: ETHER, amounts: [7n, 0n] }],
      periods: [600, 1_200],
      actionDeadline: 0,
      holdUntil: 0,
      initialStateHash: stateHash(state),
    };
    return { id: appId(domain, app), app, version: 0n, state, signatures: [null, null] };
  }

  /** The app at a version both signed. */
  moved(instance: AppInstance, version: bigint): AppInstance {
    const state: Bytes = toHex(Uint8Array.of(Number(version)));
    const digest = appStateDigest(this.channel.domain, {
      appId: instance.id,
      version,
      stateHash: stateHash(state),
    });
    return { ...instance, version, state, signatures: this.#both(digest) };
  }

  challenge({ ledger, signatures }: AgreedState): Promise<void> {
    return this.send(challengeCall(this.#chain.contracts, this.channel, { ledger, signatures }));
  }

  disputeApp({ app, version, state, signatures: [initiators, responders] }: AppInstance): Promise<void> {
    // On chain signatures on an app state are by participant position.
    const isTurned = app.participants[0] !== this.channel.initiator;
    const signatures = (isTurned ? [responders, initiators] : [initiators, responders]) as Pair<Bytes>;
    const step = {
      kind: 'set-app-state',
      app,
      version,
      state,
      signatures,
      path: NO_PROOF,
      moves: [],
    } as const;
    return this.send(disputeCall(this.#chain.contracts, this.channel, step));
  }

  settle({ ledger }: AgreedState): Promise<void> {
    const step = { kind: 'settle', ledger, others: [] } as const;
    return this.send(disputeCall(this.#chain.contracts, this.channel, step));
  }

  /** From the initiator, and mined. */
  async send(call: Call): Promise<void> {
    await mined(this.initiator, call);
  }

  async status() {
    return must(await this.reader.challenge(this.channel, must(await this.reader.latest()).number));
  }

  async appStatus({ id }: AppInstance) {
    return must(await this.reader.app(id, must(await this.reader.latest()).number));
  }

  /** How often the registry said that of the channel. */
  async said(name: string): Promise<number> {
    const { number } = must(await this.reader.latest());
    const events = must(await this.reader.registryEvents(0, number, this.channel.address));
    return events.filter((event) => event.name === name).length;
  }

  #both(digest: Uint8Array): Pair<Bytes> {
    return [toHex(sign(digest, this.#keys[0])), toHex(sign(digest, this.#keys[1]))];
  }
}
