// SPDX-License-Identifier: MIT
/**
 * A user's way to its hub, and what is done where there is none, or where it is not the hub it was: a channel that is stored
 * here needs no hub to be watched and left (invariant 14).
 */
import { openLine } from '#client-line';
import type { Fetch } from '../messaging/http-post.ts';
import { keepSession } from '../messaging/session-keeper.ts';
import { toBytes } from '../protocol/bytes.ts';
import type { Store } from '../store/store.ts';
import { chainOf, fetchDescription, type ChainDescription, type HubDescription } from './hub-description.ts';
import { recallHub } from './hub-memory.ts';
import type { HubPatience } from './hub-patience.ts';
import { hubChange, pinnedWith } from './hub-pin.ts';
import { IndraError } from './indra-error.ts';
import { lateLine } from './late-line.ts';
import type { ChannelKey, Clock, Line } from './ports.ts';

export interface Reach {
  readonly hubUrl: string;
  readonly store: Store;
  readonly chainId?: number | undefined;
  readonly description?: HubDescription | undefined;
  readonly acceptTerms?: boolean | undefined;
  readonly transport?: Line | undefined;
  readonly fetch?: Fetch | undefined;
}

/** The hub as this client takes it to be. */
export interface KnownHub {
  readonly description: HubDescription;
  readonly chain: ChainDescription;
  /** It never was used on this chain: its terms and contracts are to be looked at before they are pinned. */
  readonly isNew: boolean;
  /** It said something of itself just now. */
  readonly isThere: boolean;
  /** Why nothing is signed with it: it is not what was pinned. */
  readonly distrust: IndraError | null;
}

/** A hub that does not answer is as it was when it last did; one that changed is, for its user, as it was. */
export async function meetHub(reach: Reach, patience: HubPatience): Promise<KnownHub> {
  const { hubUrl, store, description, acceptTerms = false } = reach;
  const pinned = await recallHub(store, hubUrl);
  const served = await said(reach, patience, description);
  if (served instanceof IndraError) {
    if (pinned === null || served.code === 'aborted') throw served;
    const distrust = served.code === 'unreachable' ? null : served;
    return {
      description: pinned,
      chain: chainOf(pinned, reach.chainId),
      isNew: false,
      isThere: false,
      distrust,
    };
  }
  const known = pinnedWith(pinned, served);
  // The first chain is the first one of old: the order is the hub's word too.
  const { chainId } = chainOf(reach.chainId === undefined ? (pinned ?? served) : known, reach.chainId);
  const distrust = pinned === null ? null : hubChange(pinned, served, chainId, acceptTerms);
  const effective = distrust === null || pinned === null ? known : pinned;
  const isNew = acceptTerms || pinned?.chains.every((chain) => chain.chainId !== chainId) !== false;
  return { description: effective, chain: chainOf(effective, chainId), isNew, isThere: true, distrust };
}

async function said(
  { hubUrl, fetch = globalThis.fetch }: Reach,
  patience: HubPatience,
  description: HubDescription | undefined,
): Promise<HubDescription | IndraError> {
  if (description !== undefined) return description;
  try {
    return await patience.until(fetchDescription(hubUrl, fetch, patience.signal));
  } catch (cause) {
    if (cause instanceof IndraError) return cause;
    throw cause;
  }
}

export interface LineTo {
  readonly key: ChannelKey;
  readonly chain: ChainDescription;
  readonly clock: Clock;
  /** There is a channel to go on with, so that the hub may come later. */
  readonly mayWait: boolean;
}

/** Rejects with `unreachable`, or what the hub refuses, where there is nothing to begin with without it. */
export async function lineTo(reach: Reach, patience: HubPatience, to: LineTo): Promise<Line> {
  const { key, chain, clock, mayWait } = to;
  const open = () => openLineTo(reach, key, chain);
  try {
    return await patience.until(open(), (late) => void late.close());
  } catch (cause) {
    const isGivenUp = cause instanceof IndraError && cause.code === 'aborted';
    if (mayWait && !isGivenUp) return lateLine(open, clock);
    throw cause instanceof IndraError && cause.outcome === 'unknown' ? cause.withOutcome('unchanged') : cause;
  }
}

async function openLineTo(
  { hubUrl, transport, fetch }: Reach,
  key: ChannelKey,
  chain: ChainDescription,
): Promise<Line> {
  if (transport !== undefined) return transport;
  const keeper = await keepSession({
    hubUrl,
    address: key.address,
    chainId: chain.chainId,
    sign: (digest) => toBytes(key.sign(digest)),
    ...(fetch === undefined ? {} : { fetch }),
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
