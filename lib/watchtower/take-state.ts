// SPDX-License-Identifier: MIT
/** A state is shown to the tower: judged, kept if it is newer, and answered with a receipt. */
import { refuse, type Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import { receiptDigest } from '../protocol/tower-receipt.ts';
import type { ShownState, TowerReceipt } from '../protocol/wire/watchtower.ts';
import { judgeShown, type JudgedState } from './judge-shown.ts';
import { newestOf } from './newest.ts';
import type { Tower } from './tower.ts';
import {
  parseWatched,
  watchedItem,
  watchedKey,
  type Attention,
  type Held,
  type Watched,
} from './watched-item.ts';

const ATTEMPTS = 8;
/** Characters all earlier epochs of a channel may take together: an item has its bound, and the newest epoch goes first. */
const EARLIER_CHARACTERS = 180_000;
const AT_ONCE: Attention = { before: 0, untilBlock: null };

/** The receipt leaves after the state is durable: what it says can be held against the tower. */
export async function takeState(tower: Tower, shown: ShownState): Promise<Outcomes<TowerReceipt>> {
  const judged = judgeShown(tower, shown);
  if (!judged.ok) return judged;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const kept = await keep(tower, judged.value);
    if (kept === 'conflict') continue;
    return kept.ok ? ok(receiptFor(tower, judged.value, kept.value)) : kept;
  }
  return refuse('busy');
}

async function keep(tower: Tower, judged: JudgedState): Promise<Outcomes<Held> | 'conflict'> {
  const { store, census, limits } = tower;
  const { channel, held, appIds, chain } = judged;
  const item = await store.get(watchedKey(chain.chainId, channel.address));
  if (item === null) {
    if (census.of(chain.chainId) >= limits.maxChannels)
      return refuse('not_watched', { maxChannels: limits.maxChannels });
    const begun = await begin(tower, judged, []);
    if (!begun.ok) return begun;
    if (!(await store.put(watchedItem(begun.value), 'absent')).ok) return 'conflict';
    census.add(chain.chainId, 1);
    return ok(held);
  }
  const watched = parseWatched(item);
  const { epoch } = watched.newest.ledger;
  if (held.ledger.epoch < epoch) return refuse('wrong_epoch', { current: epoch, shown: held.ledger.epoch });
  if (held.ledger.epoch > epoch) {
    const begun = await begin(tower, judged, withEarlier(tower, watched));
    if (!begun.ok) return begun;
    return (await store.put(watchedItem(begun.value), item.etag)).ok ? ok(held) : 'conflict';
  }
  const newest = newestOf(watched.newest, held, appIds);
  if (newest === watched.newest) return ok(newest);
  // Nothing of the chain is asked for a payment; an app above version 0 may be disputed unseen, since only now it is held.
  const isUrgent = watched.isChallenged || newest.apps.some((app) => !watched.newest.apps.includes(app));
  const next: Watched = { ...watched, newest, attention: isUrgent ? AT_ONCE : watched.attention };
  return (await store.put(watchedItem(next), item.etag)).ok ? ok(newest) : 'conflict';
}

/** The chain says which epoch counts: without it, one look at a ledger of some other epoch could displace the right one. */
async function begin(
  { log }: Tower,
  { chain, channel, held }: JudgedState,
  earlier: readonly Held[],
): Promise<Outcomes<Watched>> {
  const latest = await chain.reader.latest();
  if (!latest.ok) return latest;
  const status = await chain.reader.challenge(channel, latest.value.number);
  if (!status.ok) return status;
  if (status.value.epoch !== held.ledger.epoch)
    return refuse('wrong_epoch', { current: status.value.epoch, shown: held.ledger.epoch });
  log.info({ channel: channel.address, epoch: held.ledger.epoch.toString() }, 'a channel is watched');
  const isChallenged = status.value.finalizesAt !== 0;
  // A challenge may be older than the cursor: nothing else would lead to it.
  const isQuiet = !isChallenged && held.apps.length === 0 && earlier.length === 0;
  return ok({ channel, newest: held, earlier, isChallenged, attention: isQuiet ? null : AT_ONCE });
}

/** The apps of a settled epoch may be disputed for as long as nobody settles them. Where they take too much room, the oldest go. */
function withEarlier({ log }: Tower, { channel, newest, earlier }: Watched): readonly Held[] {
  const all = newest.apps.length === 0 ? earlier : [...earlier, newest];
  let kept = all;
  while (sizeOf(kept) > EARLIER_CHARACTERS) kept = kept.slice(1);
  if (kept.length < all.length)
    log.warn({ channel: channel.address, dropped: all.length - kept.length }, 'earlier epochs are dropped');
  return kept;
}

const sizeOf = (value: unknown): number =>
  JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner)).length;

function receiptFor(
  { clock, address, sign }: Tower,
  { channel }: JudgedState,
  { ledger }: Held,
): TowerReceipt {
  const held = { epoch: ledger.epoch, version: ledger.version, at: clock.now() };
  return { ...held, tower: address, signature: sign(receiptDigest(channel, held)) };
}
