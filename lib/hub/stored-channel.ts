// SPDX-License-Identifier: MIT
/**
 * The channel aggregate as it lies in the store: without what follows from the channel. An app's channel, epoch and
 * participants do; so does the hash of a state that has not moved. In memory everything has the protocol's own types.
 */
import { z } from 'zod';
import { stateHash } from '../protocol/digests.ts';
import { INITIATOR, type App, type AppInstance, type Channel, type Ledger } from '../protocol/types.ts';
import {
  address,
  bytes,
  hash,
  outcomeType,
  pair,
  party,
  period,
  signature,
  toJson,
  uint64,
  whole,
} from '../protocol/wire/primitives.ts';
import { assetLedger, channel, openWithdrawal, stake } from '../protocol/wire/structures.ts';
import { challenge, departed, effect, heldSignature, routeSide } from './channel-parts.ts';
import type { ChannelBody, Route } from './channel-item.ts';

const storedApp = z.strictObject({
  id: hash,
  nonce: hash,
  definition: address,
  installVersion: uint64,
  /** Which party sits at position 0. */
  first: party,
  outcomeType,
  stakes: z.array(stake),
  periods: pair(period),
  actionDeadline: whole,
  holdUntil: whole,
  state: bytes,
  version: uint64,
  signatures: pair(signature.nullable()),
  /** Absent at version 0, where it is the hash of the state. */
  initialStateHash: hash.optional(),
  route: routeSide.optional(),
});

const storedWithdrawal = openWithdrawal.transform((open) => open);

const storedChannel = z.strictObject({
  channel,
  ledger: z.strictObject({
    epoch: uint64,
    version: uint64,
    assets: z.array(assetLedger),
    appsRoot: hash,
  }),
  signatures: pair(signature).nullable(),
  apps: z.array(storedApp),
  withdrawals: z.array(storedWithdrawal),
  withdrawalSignatures: z.array(heldSignature),
  departed: z.array(departed),
  outbox: z.array(effect),
  challenge,
  due: whole.nullable(),
});

function appOf(
  of: Channel,
  { epoch }: Pick<Ledger, 'epoch'>,
  stored: z.output<typeof storedApp>,
): AppInstance {
  const { id, state, version, signatures, first, initialStateHash, route: _, ...terms } = stored;
  const app: App = {
    ...terms,
    channel: of.address,
    epoch,
    participants: first === INITIATOR ? [of.initiator, of.responder] : [of.responder, of.initiator],
    initialStateHash: initialStateHash ?? stateHash(state),
  };
  return { id, app, version, state, signatures };
}

export function fromStored(body: unknown): ChannelBody {
  const stored = storedChannel.parse(body);
  const { channel: of, ledger, signatures, apps, withdrawals, ...rest } = stored;
  return {
    ...rest,
    channel: of,
    state: {
      ledger: { ...ledger, channel: of.address },
      signatures,
      apps: apps.map((app) => appOf(of, ledger, app)),
      withdrawals,
    },
    routes: apps.flatMap(({ id, route: of_ }): Route[] => (of_ === undefined ? [] : [{ appId: id, ...of_ }])),
  };
}

export function toStored(body: ChannelBody): unknown {
  const { channel: of, state, routes, ...rest } = body;
  const { channel: _, ...ledger } = state.ledger;
  const routeOf = new Map(routes.map(({ appId, ...side }) => [appId, side]));
  const apps = state.apps.map(({ id, app, version, state: now, signatures }) => {
    const { channel: _channel, epoch: _epoch, participants, initialStateHash, ...terms } = app;
    const held = routeOf.get(id);
    return {
      id,
      ...terms,
      first: participants[0] === of.initiator ? 0 : 1,
      state: now,
      version,
      signatures,
      ...(version === 0n ? {} : { initialStateHash }),
      ...(held === undefined ? {} : { route: held }),
    };
  });
  if (routes.some(({ appId }) => !state.apps.some((open) => open.id === appId)))
    throw new TypeError('a route of an app that is not open');
  const { signatures, withdrawals } = state;
  return toJson({ channel: of, ledger, signatures, apps, withdrawals, ...rest });
}
