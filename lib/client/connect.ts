// SPDX-License-Identifier: MIT
/** From a hub's address and a key to a client: sign in, open the channel, go on where the last one stopped. */
import { recoverAddress } from '#secp256k1';
import { newCorrelationId } from '../messaging/envelope.ts';
import type { Channel } from '../protocol/types.ts';
import { readable } from '../store/migrations.ts';
import type { Store } from '../store/store.ts';
import { backoffMs } from './backoff.ts';
import { checkContracts, readerOf, writerTo } from './chain-access.ts';
import { channelKey, keyOfMnemonic } from './channel-key.ts';
import { inFlight, recordKey } from './channel-record.ts';
import { ChannelWriter } from './channel-writer.ts';
import type { WriterListener } from './writer-parts.ts';
import { IndraClient } from './client.ts';
import { clientMigrations } from './client-migrations.ts';
import { systemClock } from './clock.ts';
import { ConnectionWatch } from './connection-watch.ts';
import { connectOptions, type ConnectOptions } from './door/connect-options.ts';
import { EventHub } from './events.ts';
import { lineTo, meetHub, type KnownHub } from './hub-access.ts';
import { catalogueOf, channelWith, termsOf } from './hub-description.ts';
import { rememberHub } from './hub-memory.ts';
import { checkMinimums } from './hub-minimums.ts';
import { HubPatience } from './hub-patience.ts';
import { hubRequests } from './hub-requests.ts';
import { closingsAfter } from './incoming-transfers.ts';
import { IndraError } from './indra-error.ts';
import { noLine } from './no-line.ts';
import { openChannel, openFirst, type OpenedChannel } from './open-channel.ts';
import { operationBuilder } from './operation-builder.ts';
import type { ChainReader, ChannelKey, Clock, Line } from './ports.ts';
import { heedReceipts, waitForTowers } from './restored-check.ts';
import { PreimageGate } from './preimage-gate.ts';
import { RiskLimits, riskTeller } from './risk-limits.ts';
import type { Session } from './session.ts';
import { Upkeep } from './upkeep.ts';
import { WatchtowerFeed } from './watchtower-feed.ts';
import { acquireLock, browserLocks, type WriterLock } from './writer-lock.ts';

export type { ConnectOptions };

const POLL_MS = 3_000;
const IDLE_MS = 400;
/** Until a hub that says nothing counts as away. */
const HUB_TIMEOUT_MS = 30_000;

/**
 * Rejects with `IndraError`: `invalid_argument`, `unknown_chain`, `hub_unsafe`, `hub_changed`, `hub_mismatch`, `chain_unavailable`,
 * `unauthenticated`, `aborted`, or `unreachable` where the hub is silent for `hubTimeoutMs`. With a channel in the store it begins
 * all the same, whatever the hub does: the channel is watched and can be left, and nothing is signed with a hub that is not what
 * it was (`distrusts`).
 */
export async function connect(given: ConnectOptions): Promise<IndraClient> {
  const options = connectOptions(given);
  const { hubUrl, signal, clock = systemClock } = options;
  const key = keyFrom(options);
  if (signal?.aborted === true) throw IndraError.from('aborted', undefined, 'unchanged');
  const store = await readable(options.store, clientMigrations);
  const patience = new HubPatience(hubUrl, options.hubTimeoutMs ?? HUB_TIMEOUT_MS, clock, signal);
  try {
    const reach = { ...options, store };
    const hub = await meetHub(reach, patience);
    const { description, chain, distrust } = hub;
    const channel = channelWith(description, chain, key.address);
    const isStored = (await store.get(recordKey(chain.chainId, channel.address))) !== null;
    if (distrust !== null && !isStored) throw distrust;
    const reader = options.reader ?? readerOf(chain, options.chain);
    if (hub.isNew) {
      checkMinimums(chain, options.chain?.minimums);
      if (options.reader === undefined) await checkContracts(chain, options.chain);
    } else if (options.reader === undefined) await checkContracts(chain, options.chain, true);
    if (distrust === null && hub.isThere) await rememberHub(store, hubUrl, description);
    const line =
      distrust === null
        ? await lineTo(reach, patience, { key, chain, clock, mayWait: isStored })
        : noLine(distrust);
    const lock = await acquireLock(browserLocks(), `indra ${channel.domain.chainId} ${channel.address}`);
    try {
      return await start({ options, store, clock, key, hub, channel, reader, line, lock, patience });
    } catch (cause) {
      lock.release();
      await line.close();
      throw cause;
    }
  } finally {
    patience.end();
  }
}

interface Beginning {
  readonly options: ConnectOptions;
  readonly store: Store;
  readonly clock: Clock;
  readonly key: ChannelKey;
  readonly hub: KnownHub;
  readonly channel: Channel;
  readonly reader: ChainReader;
  readonly line: Line;
  readonly lock: WriterLock;
  readonly patience: HubPatience;
}

async function start(beginning: Beginning): Promise<IndraClient> {
  const { options, store, clock, channel, reader, line, lock, key, patience } = beginning;
  const { description, chain } = beginning.hub;
  const closing = new AbortController();
  const catalogue = catalogueOf(chain);
  const events = new EventHub();
  const connection = new ConnectionWatch(events, true);
  const hub = hubRequests(connection.over(line), clock);
  const opening = {
    channel,
    catalogue,
    store,
    hub,
    recover: recoverAddress,
    takeOver: options.takeOver ?? false,
    patience,
    distrust: beginning.hub.distrust,
  };
  const opened = await openFirst({ ...opening, id: newCorrelationId(), signal: patience.signal });
  const { distrust } = opened;
  const terms = termsOf(description, chain);
  const builder = operationBuilder({ channel, key, terms, ephemeralKey });
  const [mine] = chain.appPeriods;
  const chainWriter = options.writer ?? writerTo(chain, options.chain, key);
  const limits = new RiskLimits(options.atRisk ?? {}, reader);
  const gate = new PreimageGate({ terms, reader, chainWriter, limits, clock, random: Math.random });
  const tellRisk = riskTeller(limits, events);
  const listener: WriterListener = {
    agreed(agreement) {
      upkeep.agreed(agreement);
      feed.nudge();
    },
    changed: tellRisk,
    disputed: () => void upkeep.disputes.look(),
    troubled: (error) => events.emit('trouble', { part: 'writer', error }),
    dropped(intent, error) {
      if (intent.kind !== 'send') return;
      const { paymentId, transferId, asset, amount } = intent;
      events.emit('payment.failed', { paymentId, transferId, asset, amount, error });
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
        distrust,
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
    hubUrl: options.hubUrl,
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
    connection,
    writer: writerOf(opened),
    gate,
    limits,
    inherited: inFlight(opened.record)?.intents ?? [],
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
  // Only to be told: whoever needs one of them for money learns it then.
  for (const { address } of chain.assets) void limits.learn(address).catch(() => {});
  await upkeep.disputes.begin();
  if (opened.isForeign || !lock.isHeld) session.writer.stayReadOnly(IndraError.from('another_writer'));
  else {
    if (!opened.isHeard && distrust === null) void hearLater(session.writer.hold());
    waitForTowers(session, feed);
    session.writer.start();
  }
  lock.whenHeld(() => void resume());
  // Told in a later turn, when whoever connects has had the time to listen.
  const { restoredVersion } = session;
  if (restoredVersion !== null)
    void clock.sleep(0).then(() => events.emit('channel.restored', { version: restoredVersion }));
  if (!connection.isOnline)
    void clock.sleep(0).then(() => events.emit('connection', { isOnline: connection.isOnline }));
  if (distrust !== null) void clock.sleep(0).then(() => events.emit('hub.changed', { error: distrust }));
  if (session.writer.suspendedBy !== null) await upkeep.disputes.look();
  upkeep.start();
  feed.nudge();
  return new IndraClient(session, upkeep);

  function hear(): Promise<OpenedChannel | null> {
    const asked = { ...opening, id: newCorrelationId(), signal: closing.signal };
    return openChannel(asked).catch(() => null);
  }

  /** The hub was away: nothing is signed before it is known what it holds. */
  async function hearLater(release: () => void): Promise<void> {
    let heard = await hear();
    for (let attempt = 1; heard === null && !closing.signal.aborted; attempt++) {
      await clock.sleep(backoffMs(attempt), closing.signal);
      heard = await hear();
    }
    if (heard === null || closing.signal.aborted) return;
    if (heard.isForeign) return session.writer.stayReadOnly(IndraError.from('another_writer'));
    release();
    await upkeep.settle();
  }

  /** The other tab is gone: go on from what it stored. */
  async function resume(): Promise<void> {
    const reopened =
      distrust === null ? await hear() : await openFirst({ ...opening, id: '', signal: closing.signal });
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

/** One of them is there. */
const keyFrom = ({ key, mnemonic = '' }: ConnectOptions): ChannelKey =>
  channelKey(key ?? keyOfMnemonic(mnemonic));

/** A seal's key is used once; a random 32 bytes is no private key about once in 2^128. */
const ephemeralKey = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32));
