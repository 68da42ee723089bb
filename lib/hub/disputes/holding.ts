// SPDX-License-Identifier: MIT
/** What the hub holds of one epoch of a channel, in the terms of the dispute plan, and what the chain shows of it. */
import { encodeUnlock } from '../../protocol/apps/transfer-app.ts';
import { prepareMove, type DisputeView, type Holding, type PreparedMoves } from '../../protocol/dispute.ts';
import type { Outcomes } from '../../protocol/errors.ts';
import { ok } from '../../protocol/result.ts';
import type { Address, AppInstance, Channel, Hash } from '../../protocol/types.ts';
import type { ChannelBody } from '../channel-item.ts';
import type { Hub, HubChain } from '../hub.ts';
import type { Transfer } from '../transfer-item.ts';
import { loadTransfer } from '../transfers.ts';

/** An epoch as the channel item holds it, or as the dispute item kept it. */
export type Epoch = Pick<ChannelBody, 'state' | 'routes'> & { readonly channel: Channel };

export interface Situation {
  readonly holding: Holding;
  readonly view: DisputeView;
  /** By id, the transfers of which an app is open in this epoch. */
  readonly transfers: ReadonlyMap<Hash, Transfer>;
  /** A height the view is not older than. */
  readonly block: number;
}

/** `since` is a block older than the dispute. */
export async function situationOf(
  hub: Hub,
  chain: HubChain,
  epoch: Epoch,
  since: number,
): Promise<Outcomes<Situation>> {
  const latest = await chain.reader.latest();
  if (!latest.ok) return latest;
  const loaded = await Promise.all(epoch.routes.map(({ transferId }) => loadTransfer(hub, transferId)));
  const transfers = new Map(
    loaded.flatMap((one) => (one === null ? [] : [[one.transfer.transferId, one.transfer] as const])),
  );
  const holding = holdingOf(hub, chain, epoch, transfers);
  const view = await chain.reader.dispute(holding, {
    now: hub.clock.now(),
    fromBlock: Math.min(since, latest.value.number),
  });
  return view.ok ? ok({ holding, view: view.value, transfers, block: latest.value.number }) : view;
}

function holdingOf(
  hub: Hub,
  chain: HubChain,
  { channel, state, routes }: Epoch,
  transfers: ReadonlyMap<Hash, Transfer>,
): Holding {
  const moves = new Map<Hash, PreparedMoves>();
  for (const { appId, side, transferId } of routes) {
    const instance = state.apps.find((open) => open.id === appId);
    const status = transfers.get(transferId)?.status;
    if (side !== 'payer' || instance === undefined || status?.kind !== 'resolved') continue;
    const move = unlock(hub, chain, channel, instance, status.preimage);
    if (move === null)
      hub.log.error({ transferId, appId }, 'the preimage of a resolved transfer opens no app');
    else moves.set(appId, move);
  }
  return {
    channel,
    epoch: state.ledger.epoch,
    self: hub.key.address,
    states: [state],
    moves,
    assets: chain.config.assets.map(({ address }) => address as string as Address),
  };
}

/**
 * The payee of the payer's app is the hub: it shows what the payee showed it (invariant 7). The same bytes each time, so
 * that there is one action on this parent however often it is prepared (invariant 2).
 */
function unlock(
  hub: Hub,
  chain: HubChain,
  channel: Channel,
  instance: AppInstance,
  preimage: Hash,
): PreparedMoves | null {
  const { id: appId, state: on, version, app } = instance;
  const action = encodeUnlock(preimage);
  const acted = chain.catalogue.get(app.definition)?.applyAction(on, action);
  if (acted?.ok !== true) return null;
  return prepareMove(channel.domain, { appId, on, version, action, state: acted.value }, (digest) =>
    hub.key.sign(digest),
  );
}
