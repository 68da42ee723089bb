// SPDX-License-Identifier: MIT
/**
 * A hub could serve an older state than it signed to a user who lost everything. A watchtower that was shown the newer one
 * says so in its receipt; then nothing may be signed, since it would build on what the hub chose (invariants 2 and 14).
 */
import type { ChannelRecord } from './channel-record.ts';
import type { ClientEvents } from './events.ts';
import { IndraError } from './indra-error.ts';
import type { Session } from './session.ts';
import type { WatchtowerFeed } from './watchtower-feed.ts';

/**
 * A tower answers within a second or not at all soon. One that is gone must not keep its user from paying, or whoever
 * silences it could; so the wait ends, and what a late answer says counts until the hub has countersigned.
 */
const HEARING_MS = 10_000;

type Accepted = ClientEvents['watchtower.accepted'];

/** Of the state that this store lost; null where the receipt names none. */
export function newerThanHeld(record: ChannelRecord, { receipt }: Accepted): bigint | null {
  const { epoch, version } = record.agreed.ledger;
  const newest = record.isUnproven ? version : record.highestSigned;
  return receipt.epoch === epoch && receipt.version > newest ? receipt.version : null;
}

/** From now on, and for every writer of this session. */
export function heedReceipts(session: Session): void {
  const { events } = session;
  events.on('watchtower.accepted', (accepted) => {
    const { writer } = session;
    const held = newerThanHeld(writer.record, accepted);
    if (held === null || writer.frozenBy !== null) return;
    const { epoch, version: known } = writer.record.agreed.ledger;
    const error = IndraError.from('newer_state_exists', {
      epoch: epoch.toString(),
      known: known.toString(),
      held: held.toString(),
      watchtower: accepted.url,
    });
    writer.freeze(error);
    events.emit('channel.outdated', { epoch, known, held, ...accepted });
  });
}

/** Nothing is signed on what the hub alone says before every tower was heard, or `HEARING_MS` passed. */
export function waitForTowers({ writer, clock, closing }: Session, feed: WatchtowerFeed): void {
  if (!writer.record.isUnproven || !feed.hasTowers) return;
  const release = writer.hold();
  const over = new AbortController();
  const patience = AbortSignal.any([over.signal, closing]);
  void Promise.race([feed.allHeard(), clock.sleep(HEARING_MS, patience)]).then(() => {
    over.abort();
    release();
  });
}
