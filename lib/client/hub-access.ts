// SPDX-License-Identifier: MIT
/** A user's way to its hub, and what is done where there is none: a channel that is stored here needs no hub to be left. */
import { openLine } from '#client-line';
import type { Fetch } from '../messaging/http-post.ts';
import { keepSession } from '../messaging/session-keeper.ts';
import { toBytes } from '../protocol/bytes.ts';
import type { Channel } from '../protocol/types.ts';
import type { Store } from '../store/store.ts';
import { recordKey } from './channel-record.ts';
import { fetchDescription, type ChainDescription, type HubDescription } from './hub-description.ts';
import { recallHub, rememberHub } from './hub-memory.ts';
import { IndraError } from './indra-error.ts';
import { lateLine } from './late-line.ts';
import type { ChannelKey, Clock, Line } from './ports.ts';

export interface Reach {
  readonly store: Store;
  readonly transport?: Line | undefined;
  readonly fetch?: Fetch | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A hub that does not answer is as it was when it last did. */
export async function describe(options: Reach, hubUrl: string): Promise<HubDescription> {
  try {
    const said = await fetchDescription(hubUrl, options.fetch ?? globalThis.fetch, options.signal);
    await rememberHub(options.store, hubUrl, said);
    return said;
  } catch (cause) {
    const isAway = cause instanceof IndraError && cause.code === 'unreachable';
    const known = isAway ? await recallHub(options.store, hubUrl) : null;
    if (known === null) throw cause;
    return known;
  }
}

/** Where the hub is away, a channel that is stored here can be watched and left all the same (invariant 14). */
export async function lineTo(
  options: Reach,
  hubUrl: string,
  to: {
    readonly key: ChannelKey;
    readonly chain: ChainDescription;
    readonly channel: Channel;
    readonly clock: Clock;
  },
): Promise<Line> {
  const { key, chain, channel, clock } = to;
  const open = () => openLineTo(options, hubUrl, key, chain);
  try {
    return await open();
  } catch (cause) {
    const isAway = cause instanceof IndraError && cause.outcome === 'unknown';
    const held = isAway ? await options.store.get(recordKey(chain.chainId, channel.address)) : null;
    if (held === null || options.signal?.aborted === true) throw cause;
    return lateLine(open, clock);
  }
}

async function openLineTo(
  options: Reach,
  hubUrl: string,
  key: ChannelKey,
  chain: ChainDescription,
): Promise<Line> {
  if (options.transport !== undefined) return options.transport;
  const keeper = await keepSession({
    hubUrl,
    address: key.address,
    chainId: chain.chainId,
    sign: (digest) => toBytes(key.sign(digest)),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
  if (!keeper.ok) throw IndraError.of(keeper.error);
  const line = await openLine(keeper.value, chain.chainId);
  if (!line.ok) {
    keeper.value.close();
    throw IndraError.of(line.error);
  }
  const { close } = line.value;
  return {
    ...line.value,
    async close() {
      keeper.value.close();
      await close();
    },
  };
}
