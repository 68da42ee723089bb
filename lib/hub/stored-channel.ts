// SPDX-License-Identifier: MIT
/**
 * The channel aggregate as it lies in the store: without what follows from the channel. An app's channel, epoch and
 * participants do; so does the hash of a state that has not moved. In memory everything has the protocol's own types.
 */
import { z } from 'zod';
import { stateHash } from '../protocol/digests.ts';
import {
  INITIATOR,
  RESPONDER,
  type App,
  type AppInstance,
  type Channel,
  type Ledger,
} from '../protocol/types.ts';
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

/** What is held of one epoch of a channel. */
export const storedEpoch = z.strictObject({
  ledger: z.strictObject({
    epoch: uint64,
    version: uint64,
    assets: z.array(assetLedger),
    appsRoot: hash,
  }),
  signatures: pair(signature).nullable(),
  apps: z.array(storedApp),
  withdrawals: z.array(openWithdrawal),
  withdrawalSignatures: z.array(heldSignature),
});
type StoredEpoch = z.output<typeof storedEpoch>;
export type HeldEpoch = Pick<ChannelBody, 'state' | 'routes' | 'withdrawalSignatures'>;

const storedChannel = z.strictObject({
  channel,
  ...storedEpoch.shape,
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

export function epochFromStored(of: Channel, stored: StoredEpoch): HeldEpoch {
  const { ledger, signatures, apps, withdrawals, withdrawalSignatures } = stored;
  return {
    state: {
      ledger: { ...ledger, channel: of.address },
      signatures,
      apps: apps.map((app) => appOf(of, ledger, app)),
      withdrawals,
    },
    routes: apps.flatMap(({ id, route: side }): Route[] =>
      side === undefined ? [] : [{ appId: id, ...side }],
    ),
    withdrawalSignatures,
  };
}

export function epochToStored(of: Channel, { state, routes, withdrawalSignatures }: HeldEpoch): object {
  if (routes.some(({ appId }) => !state.apps.some((open) => open.id === appId)))
    throw new TypeError('a route of an app that is not open');
  const { channel: _, ...ledger } = state.ledger;
  const routeOf = new Map(routes.map(({ appId, ...side }) => [appId, side]));
  const apps = state.apps.map(({ id, app, version, state: now, signatures }) => {
    const { channel: _channel, epoch: _epoch, participants, initialStateHash, ...terms } = app;
    const side = routeOf.get(id);
    return {
      id,
      ...terms,
      first: participants[0] === of.initiator ? INITIATOR : RESPONDER,
      state: now,
      version,
      signatures,
      ...(version === 0n ? {} : { initialStateHash }),
      ...(side === undefined ? {} : { route: side }),
    };
  });
  const { signatures, withdrawals } = state;
  return toJson({ ledger, signatures, apps, withdrawals, withdrawalSignatures });
}

export function fromStored(body: unknown): ChannelBody {
  const { channel: of, departed: sides, outbox, challenge: seen, due, ...epoch } = storedChannel.parse(body);
  return {
    channel: of,
    ...epochFromStored(of, epoch),
    departed: sides,
    outbox,
    challenge: seen,
    due,
  };
}

export function toStored(body: ChannelBody): unknown {
  const { channel: of, state, routes, withdrawalSignatures, ...rest } = body;
  const epoch = epochToStored(of, { state, routes, withdrawalSignatures });
  return { channel: of, ...epoch, ...toJson(rest) };
}
