// SPDX-License-Identifier: MIT
/** The transfer item's rules made durable. Every function may be repeated, at any time, by anyone (invariant 12). */
import { refuse, type Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import type { Address, Hash } from '../protocol/types.ts';
import { checkFresh, confirmedCursorTime } from './chain-cursor.ts';
import type { ChannelBody, TransferSeed } from './channel-item.ts';
import { commitChannel, loadChannel, untilNoConflict } from './channels.ts';
import type { Expectation } from '../store/store.ts';
import type { Hub } from './hub.ts';
import {
  cancelTransfer,
  isOpen,
  newTransfer,
  parseTransfer,
  payeeOf,
  releaseTransfer,
  resolveTransfer,
  transferItem,
  transferKey,
  written,
  type LoadedTransfer,
  type Paid,
  type Transfer,
} from './transfer-item.ts';

export async function loadTransfer(hub: Hub, transferId: Hash): Promise<LoadedTransfer | null> {
  const item = await hub.store.get(transferKey(transferId));
  return item === null ? null : parseTransfer(item);
}

/** The transfers of one step, each read once. What is decided on them is written under the etag they were read with. */
export interface TransfersOfStep {
  load(transferId: Hash): Promise<LoadedTransfer | null>;
  /** It was changed by this step itself. */
  forget(transferId: Hash): void;
}

export function transfersOfStep(hub: Hub): TransfersOfStep {
  const read = new Map<Hash, Promise<LoadedTransfer | null>>();
  return {
    load(transferId) {
      const loading = read.get(transferId) ?? loadTransfer(hub, transferId);
      read.set(transferId, loading);
      return loading;
    },
    forget: (transferId) => void read.delete(transferId),
  };
}

/** Writes what was decided of T. False on a conflict. */
export async function saveTransfer(
  hub: Pick<Hub, 'store'>,
  transfer: Transfer,
  expect: Expectation,
): Promise<boolean> {
  const put = await hub.store.put(transferItem(transfer), expect);
  if (put.ok) written(transfer, put.etag);
  return put.ok;
}

/** Rule 3: created if absent, never made anew. True if this call made it. */
export const createTransfer = (hub: Hub, seed: TransferSeed): Promise<boolean> =>
  saveTransfer(hub, newTransfer(seed), 'absent');

/** Writes what `decide` makes of T, deciding again on each conflict. `decide` may return T itself: nothing to write. */
async function change(
  hub: Hub,
  transferId: Hash,
  decide: (transfer: Transfer) => Outcomes<Transfer>,
): Promise<Outcomes<Transfer>> {
  return untilNoConflict(async () => {
    const loaded = await loadTransfer(hub, transferId);
    if (loaded === null) return refuse('unknown_transfer', { transferId });
    const decided = decide(loaded.transfer);
    if (!decided.ok || decided.value === loaded.transfer) return decided;
    return (await saveTransfer(hub, decided.value, loaded.etag)) ? decided : 'conflict';
  });
}

/** Rule 4, second half. Finds nothing to do where T is resolved already. */
export async function writeResolved(hub: Hub, transferId: Hash, paid: Paid): Promise<Outcomes<Transfer>> {
  return change(hub, transferId, (transfer) => {
    const resolved = resolveTransfer(transfer, paid, hub.clock.now());
    if (resolved === 'done') return ok(transfer);
    if (resolved === 'foreign') {
      hub.log.error(
        { transferId, appId: paid.appId, status: transfer.status },
        'a paid transfer is held by another claim',
      );
      return refuse('internal', { transferId });
    }
    return ok(resolved);
  });
}

export const writeCancelled = (hub: Hub, transferId: Hash): Promise<Outcomes<Transfer>> =>
  change(hub, transferId, (transfer) => cancelTransfer(transfer, hub.clock.now()));

/** Enters it in the list of what is open for its payee. Finds nothing to do where it is over. */
export const writeListed = (hub: Hub, transferId: Hash): Promise<Outcomes<Transfer>> =>
  change(hub, transferId, (transfer) =>
    ok(
      transfer.listed || !isOpen(transfer) || payeeOf(transfer) === null
        ? transfer
        : { ...transfer, listed: true },
    ),
  );

/**
 * Rules 5 and 6: frees a claim whose channel did not commit it, or did and then let its time pass. The bump of the channel's etag makes
 * every older attempt to commit it fail, and the mark on its app every later unlock, so the transfer can be claimed elsewhere at once. With `only`, another channel's claim is left alone.
 */
export async function releaseClaim(hub: Hub, transferId: Hash, only?: Address): Promise<Outcomes<Transfer>> {
  return untilNoConflict<Transfer>(async () => {
    const loaded = await loadTransfer(hub, transferId);
    if (loaded === null) return refuse('unknown_transfer', { transferId });
    const { transfer } = loaded;
    if (transfer.status.kind !== 'claimed') return ok(transfer);
    if (only !== undefined && transfer.status.channel !== only)
      return refuse('transfer_claimed', { transferId });
    const { channel: claimer, appId } = transfer.status;
    const holder = await loadChannel(hub, transfer.chainId, claimer);
    if (holder === null) return refuse('internal', { transferId });
    const paid = holder.body.outbox.find((entry) => entry.kind === 'paid' && entry.transferId === transferId);
    if (paid?.kind === 'paid') return writeResolved(hub, transferId, paid);
    const tooLateAt = claimableUntil(holder.body, appId);
    if (tooLateAt !== null && hub.clock.now() <= tooLateAt + hub.config.limits.margin)
      return lookAgain(hub, loaded, tooLateAt + hub.config.limits.margin + 1);
    if (tooLateAt !== null && !(await hasWatchedPast(hub, transfer.chainId, tooLateAt)))
      return lookAgain(hub, loaded, hub.clock.now() + RECHECK);
    const bumped = await commitChannel(hub, withoutLife(holder.body, appId), holder.etag);
    if (bumped === null) return 'conflict';
    const released = releaseTransfer(transfer, transfer.seq);
    if (released === null) return 'conflict';
    return (await saveTransfer(hub, released, loaded.etag)) ? ok(released) : 'conflict';
  });
}

/** Whether a claim is so old that its handler is dead. Then whoever meets it may release it, not the sweep alone. */
export const isStale = (hub: Hub, { status }: Transfer): boolean =>
  status.kind === 'claimed' && status.checkAt <= hub.clock.now();

/** Whether T is not claimed any more after a look at the claim that stands in the caller's way. */
export async function freed(hub: Hub, transfer: Transfer): Promise<boolean> {
  if (!isStale(hub, transfer)) return false;
  const released = await releaseClaim(hub, transfer.transferId);
  return released.ok && released.value.status.kind !== 'claimed';
}

/** Seconds until the sweep looks again at a claim it could not judge. */
const RECHECK = 600;

/** The watcher is fresh, and has followed every block in which the registry took an action until that time. */
async function hasWatchedPast(hub: Hub, chainId: number, time: number): Promise<boolean> {
  const chain = hub.chains.get(chainId);
  if (chain === undefined || !(await checkFresh(hub, chain)).ok) return false;
  const watched = await confirmedCursorTime(hub, chain);
  return watched !== null && watched > time;
}

/**
 * Until when the claimed app can still be unlocked, off chain or on: null if it is open nowhere. Past it (and the margin
 * between clocks) the registry takes no action, the hub's policy takes none either, and the watcher has seen none.
 */
function claimableUntil(body: ChannelBody, appId: Hash): number | null {
  const open = body.state.apps.find((instance) => instance.id === appId);
  return (
    open?.app.actionDeadline ?? body.departed.find((side) => side.appId === appId)?.actionDeadline ?? null
  );
}

/** No unlock reads T: the mark refuses those that come from a function whose clock is slow (invariant 6). */
const withoutLife = (body: ChannelBody, appId: Hash): ChannelBody => ({
  ...body,
  routes: body.routes.map((route) =>
    route.side === 'payee' && route.appId === appId ? { ...route, dead: true } : route,
  ),
});

async function lookAgain(
  hub: Hub,
  { transfer, etag }: LoadedTransfer,
  checkAt: number,
): Promise<Outcomes<Transfer> | 'conflict'> {
  if (transfer.status.kind !== 'claimed' || transfer.status.checkAt >= checkAt) return ok(transfer);
  const later: Transfer = { ...transfer, status: { ...transfer.status, checkAt } };
  return (await saveTransfer(hub, later, etag)) ? ok(later) : 'conflict';
}
