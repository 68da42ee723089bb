// SPDX-License-Identifier: MIT
/** Where a client begins: its own record, held against what the hub serves. */
import type { AppCatalogue } from '../protocol/apps/app-logic.ts';
import { verifyAgreed, type Recover } from '../protocol/transition.ts';
import type { AgreedState, Channel } from '../protocol/types.ts';
import type { ChannelView } from '../protocol/wire/requests.ts';
import type { Expectation, Store } from '../store/store.ts';
import { inFlight, restoredRecord, type ChannelRecord } from './channel-record.ts';
import type { HubRequests } from './hub-requests.ts';
import type { HubPatience } from './hub-patience.ts';
import { IndraError } from './indra-error.ts';
import { judgeServed } from './judge-answer.ts';
import { loadRecord } from './record-store.ts';
import { versionAfterRestore } from './restore-jump.ts';

export interface Opening {
  readonly channel: Channel;
  readonly catalogue: AppCatalogue;
  readonly store: Store;
  readonly hub: HubRequests;
  readonly recover: Recover;
  /** Adopt a state of this key that another device made, and write here from now on. */
  readonly takeOver: boolean;
  readonly id: string;
  readonly signal: AbortSignal;
}

export interface OpenedChannel {
  readonly record: ChannelRecord;
  readonly etag: Expectation;
  /** There was no local state, or it was given up for the hub's. */
  readonly isRestored: boolean;
  /** Another device signed since: this one only reads. */
  readonly isForeign: boolean;
  /** The hub said what it holds. Without that nothing may be signed, but the channel can be watched and left. */
  readonly isHeard: boolean;
}

export interface FirstOpening extends Opening {
  readonly patience: HubPatience;
  /** Why the hub is not asked at all. */
  readonly distrust: IndraError | null;
}

/**
 * As `openChannel`, while the patience with the hub lasts. A channel that is stored is opened whatever the hub does: one that is
 * silent or refuses is heard later, and one that says what cannot be true is distrusted. Without one it rejects.
 */
export async function openFirst(
  opening: FirstOpening,
): Promise<OpenedChannel & { readonly distrust: IndraError | null }> {
  const { channel, catalogue, store, patience, signal } = opening;
  const held = await loadRecord(store, catalogue, channel.domain.chainId, channel.address);
  const unheard = { isRestored: false, isForeign: false, isHeard: false };
  if (held !== null && opening.distrust !== null) return { ...unheard, ...held, distrust: opening.distrust };
  try {
    const opened = held === null ? openChannel(opening) : openOnce(opening);
    return { ...(await patience.until(opened)), distrust: null };
  } catch (cause) {
    const isGivenUp = signal.aborted && !(cause instanceof IndraError && cause.code === 'unreachable');
    if (held === null || !(cause instanceof IndraError) || isGivenUp) throw cause;
    return { ...unheard, ...held, distrust: cause.code === 'hub_mismatch' ? cause : null };
  }
}

/** The hub is asked once: a channel that is stored need not wait for it. */
async function openOnce(opening: Opening): Promise<OpenedChannel> {
  const { channel, hub } = opening;
  const view = await hub.ask('open', { challengePeriod: channel.challengePeriod }, opening);
  if (!view.ok) throw IndraError.of(view.error);
  return opened(opening, view.value);
}

/**
 * Asks until there is an answer. A hub that is in another epoch changes nothing here: the chain says what was settled, and the
 * dispute watch goes on from it. Rejects with `hub_mismatch` where the hub serves what is not this channel, or with what it refuses.
 */
export async function openChannel(opening: Opening): Promise<OpenedChannel> {
  const { channel, hub } = opening;
  return opened(opening, await hub.insist('open', { challengePeriod: channel.challengePeriod }, opening));
}

async function opened(opening: Opening, view: ChannelView): Promise<OpenedChannel> {
  const { channel, catalogue, store, recover } = opening;
  checkChannel(channel, view);
  const held = await loadRecord(store, catalogue, channel.domain.chainId, channel.address);
  const heard = { isRestored: false, isForeign: false, isHeard: true };
  if (held === null) {
    const record = restored(opening, view.state, 0n);
    return { ...heard, record, etag: 'absent', isRestored: true };
  }
  const verdict = judgeServed(held.record, view.state, recover);
  if (verdict.kind === 'agreed') return { ...heard, ...held, record: kept(held.record, verdict.record) };
  if (verdict.kind !== 'foreign') return { ...heard, ...held };
  if (!opening.takeOver) return { ...heard, ...held, isForeign: true };
  const record = restored(opening, view.state, held.record.highestSigned);
  return { ...heard, record, etag: held.etag, isRestored: true };
}

function restored(opening: Opening, served: AgreedState, highestKnown: bigint): ChannelRecord {
  const state = verified(opening, served);
  return restoredRecord(opening.channel, state, versionAfterRestore(state.ledger.version, highestKnown));
}

/** While something is in flight its own answer tells more than a served state does. */
const kept = (held: ChannelRecord, adopted: ChannelRecord): ChannelRecord =>
  inFlight(held) === null ? adopted : held;

function checkChannel(channel: Channel, { channel: served, state }: ChannelView): void {
  const isSame =
    served.address === channel.address &&
    served.initiator === channel.initiator &&
    served.responder === channel.responder &&
    served.challengePeriod === channel.challengePeriod &&
    state.ledger.channel === channel.address;
  if (!isSame) throw IndraError.from('hub_mismatch', { served: served.address, expected: channel.address });
}

function verified({ channel, recover }: Opening, state: AgreedState): AgreedState {
  const checked = verifyAgreed(channel, recover, state);
  if (!checked.ok) throw IndraError.from('hub_mismatch', { state: checked.error.code });
  return checked.value;
}
