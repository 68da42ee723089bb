// SPDX-License-Identifier: MIT
/** From a hub's address and a key to a client: sign in, open the channel, go on where the last one stopped. */
import { recoverAddress } from '#secp256k1';
import { newCorrelationId } from '../messaging/envelope.ts';
import type { Fetch } from '../messaging/http-post.ts';
import type { Channel } from '../protocol/types.ts';
import { withMigrations } from '../store/migrations.ts';
import type { Store } from '../store/store.ts';
import { openReader, writerTo } from './chain-access.ts';
import { channelKey, keyOfMnemonic } from './channel-key.ts';
import { ChannelWriter } from './channel-writer.ts';
import type { WriterListener } from './writer-parts.ts';
import { IndraClient } from './client.ts';
import { clientMigrations } from './client-migrations.ts';
import { systemClock } from './clock.ts';
import { EventHub } from './events.ts';
import {
  catalogueOf,
  chainOf,
  channelWith,
  termsOf,
  type ChainDescription,
  type HubDescription,
} from './hub-description.ts';
import { describe, lineTo } from './hub-access.ts';
import { hubRequests } from './hub-requests.ts';
import { closingsAfter } from './incoming-transfers.ts';
import { IndraError } from './indra-error.ts';
import { openChannel, type OpenedChannel } from './open-channel.ts';
import { operationBuilder } from './operation-builder.ts';
import type { ChainReader, ChainWriter, ChannelKey, Clock, Line } from './ports.ts';
import { heedReceipts, waitForTowers } from './restored-check.ts';
import { PreimageGate } from './preimage-gate.ts';
import { RiskLimits, riskTeller, type RiskOptions } from './risk-limits.ts';
import type { Session } from './session.ts';
import { Upkeep } from './upkeep.ts';
import { WatchtowerFeed } from './watchtower-feed.ts';
import { acquireLock, browserLocks, type WriterLock } from './writer-lock.ts';

export interface ConnectOptions {
  /** Origin of the hub's HTTP API. */
  readonly hubUrl: string;
  /** The channel key: 32 bytes or `0x` hex. This or `mnemonic`. */
  readonly key?: Uint8Array | string | undefined;
  /** A BIP-39 phrase; the key is at `m/44'/60'/0'/25446`. */
  readonly mnemonic?: string | undefined;
  /** Where the channel's state is kept. Losing it means a restore from the hub alone. `openClientStore` opens one. */
  readonly store: Store;
  /** One of the hub's chains; its first if absent. */
  readonly chainId?: number | undefined;
  /** The user's own node; the one the hub names if absent. */
  readonly rpcUrl?: string | undefined;
  /** Another line to the hub than NATS. */
  readonly transport?: Line | undefined;
  readonly reader?: ChainReader | undefined;
  /** What the client sends to the chain itself, in a dispute; through the same node as it reads, paid for by the channel key's address. */
  readonly writer?: ChainWriter | undefined;
  readonly description?: HubDescription | undefined;
  readonly fetch?: Fetch | undefined;
  readonly clock?: Clock | undefined;
  /** Take the channel over from another device, explicitly. */
  readonly takeOver?: boolean | undefined;
  /** Milliseconds between two looks at the chain. */
  readonly pollMs?: number | undefined;
  /**
   * By asset: what may be shown though it could not be enforced. If absent 0.01 ether, and ten whole units of a token. Set it
   * for tokens that are dear.
   */
  readonly atRisk?: RiskOptions | undefined;
  /** Origins of watchtowers, which answer stale challenges while this client is away. */
  readonly watchtowers?: readonly string[] | undefined;
  /** Milliseconds a closing waits to ride with the next payment. */
  readonly idleMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const POLL_MS = 3_000;
const IDLE_MS = 400;

/** Rejects with `IndraError`: `unreachable`, `hub_mismatch`, `unauthenticated`, `unknown_chain`, `malformed`, `aborted`. */
export async function connect(options: ConnectOptions): Promise<IndraClient> {
  const hubUrl = options.hubUrl.replace(/\/+$/, '');
  const clock = options.clock ?? systemClock;
  const key = keyFrom(options);
  const description = options.description ?? (await describe(options, hubUrl));
  const chain = chainOf(description, options.chainId);
  const channel = channelWith(description, chain, key.address);
  const reader = options.reader ?? (await openReader(chain, options.rpcUrl));
  const line = await lineTo(options, hubUrl, { key, chain, channel, clock });
  const lock = await acquireLock(browserLocks(), `indra ${channel.domain.chainId} ${channel.address}`);
  try {
    return await start({ options, hubUrl, clock, key, description, chain, channel, reader, line, lock });
  } catch (cause) {
    lock.release();
    await line.close();
    throw cause;
  }
}

interface Beginning {
  readonly options: ConnectOptions;
  readonly hubUrl: string;
  readonly clock: Clock;
  readonly key: ChannelKey;
  readonly description: HubDescription;
  readonly chain: ChainDescription;
  readonly channel: Channel;
  readonly reader: ChainReader;
  readonly line: Line;
  readonly lock: WriterLock;
}

async function start(beginning: Beginning): Promise<IndraClient> {
  const { options, clock, description, chain, channel, reader, line, lock, key } = beginning;
  const closing = new AbortController();
  const store = withMigrations(options.store, clientMigrations);
  const catalogue = catalogueOf(chain);
  const hub = hubRequests(line, clock);
  const signal = options.signal ?? closing.signal;
  const opening = {
    channel,
    catalogue,
    store,
    hub,
    recover: recoverAddress,
    takeOver: options.takeOver ?? false,
  };
  const opened = await openChannel({ ...opening, mayGoOn: true, id: newCorrelationId(), signal });
  const events = new EventHub();
  const terms = termsOf(description, chain);
  const builder = operationBuilder({ channel, key, terms, ephemeralKey });
  const [mine] = chain.appPeriods;
  const chainWriter = options.writer ?? writerTo(chain, options.rpcUrl, key);
  const limits = new RiskLimits(options.atRisk ?? {}, chain.assets);
  const gate = new PreimageGate({ terms, reader, chainWriter, limits, clock, random: Math.random });
  const tellRisk = riskTeller(limits, events);
  const listener: WriterListener = {
    agreed(agreement) {
      upkeep.agreed(agreement);
      feed.nudge();
    },
    changed: tellRisk,
    disputed: () => void upkeep.disputes.look(),
    dropped(intent, fault) {
      if (intent.kind !== 'send') return;
      const { paymentId, transferId, asset, amount } = intent;
      events.emit('payment.failed', { paymentId, transferId, asset, amount, error: IndraError.of(fault) });
    },
    halted: (error) => events.emit('writer', { isReadOnly: true, error }),
  };
  const writerOf = ({ record, etag }: Pick<OpenedChannel, 'record' | 'etag'>): ChannelWriter =>
    new ChannelWriter(
      {
        store,
        hub,
        key,
        catalogue,
        builder,
        limits: description.limits,
        gate,
        recover: recoverAddress,
        clock,
        lateAfter: Math.floor(mine / 2),
        idleMs: options.idleMs ?? IDLE_MS,
        listener,
        followUps: closingsAfter,
      },
      record,
      etag,
    );
  const session: { -readonly [K in keyof Session]: Session[K] } = {
    hubUrl: beginning.hubUrl,
    description,
    chain,
    channel,
    catalogue,
    terms,
    key,
    hub,
    reader,
    chainWriter,
    store,
    clock,
    events,
    writer: writerOf(opened),
    gate,
    limits,
    restoredVersion:
      opened.isRestored && opened.record.isUnproven ? opened.record.agreed.ledger.version : null,
    closing: closing.signal,
    pollMs: options.pollMs ?? POLL_MS,
  };
  const feed = new WatchtowerFeed({
    towers: options.watchtowers ?? [],
    channel,
    newest: () => session.writer.record.agreed,
    clock,
    events,
    closing: closing.signal,
    fetch: options.fetch,
  });
  heedReceipts(session);
  const upkeep = new Upkeep(session, line, async () => {
    closing.abort();
    await session.writer.close();
    lock.release();
    await line.close();
  });
  await upkeep.disputes.begin();
  if (opened.isForeign || !lock.isHeld) session.writer.stayReadOnly(IndraError.from('another_writer'));
  else {
    if (!opened.isHeard) void hearLater(session.writer.hold());
    waitForTowers(session, feed);
    session.writer.start();
  }
  lock.whenHeld(() => void resume());
  // Told in a later turn, when whoever connects has had the time to listen.
  const { restoredVersion } = session;
  if (restoredVersion !== null)
    void clock.sleep(0).then(() => events.emit('channel.restored', { version: restoredVersion }));
  if (session.writer.suspendedBy !== null) await upkeep.disputes.look();
  upkeep.start();
  feed.nudge();
  return new IndraClient(session, upkeep);

  function hear(): Promise<OpenedChannel | null> {
    const asked = { ...opening, mayGoOn: false, id: newCorrelationId(), signal: closing.signal };
    return openChannel(asked).catch(() => null);
  }

  /** The hub was away: nothing is signed before it is known what it holds. */
  async function hearLater(release: () => void): Promise<void> {
    const heard = await hear();
    if (heard === null || closing.signal.aborted) return;
    if (heard.isForeign) return session.writer.stayReadOnly(IndraError.from('another_writer'));
    release();
    await upkeep.settle();
  }

  /** The other tab is gone: go on from what it stored. */
  async function resume(): Promise<void> {
    const reopened = await hear();
    if (reopened === null || reopened.isForeign || closing.signal.aborted) return;
    session.writer = writerOf(reopened);
    await upkeep.disputes.begin();
    waitForTowers(session, feed);
    session.writer.start();
    feed.nudge();
    events.emit('writer', { isReadOnly: false, error: null });
    await upkeep.settle();
  }
}

function keyFrom({ key, mnemonic }: ConnectOptions): ChannelKey {
  if (key !== undefined) return channelKey(key);
  if (mnemonic !== undefined) return channelKey(keyOfMnemonic(mnemonic));
  throw IndraError.from('malformed', { what: 'give a key or a mnemonic' });
}

/** A seal's key is used once; a random 32 bytes is no private key about once in 2^128. */
const ephemeralKey = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32));
