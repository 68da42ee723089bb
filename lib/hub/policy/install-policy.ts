// SPDX-License-Identifier: MIT
/**
 * Which apps the hub installs: the two halves of a routed transfer, with deadlines that let nobody leave the hub between
 * them (invariant 7; design, section 6).
 */
import { assetOf as configuredAsset } from '../../../infra/config/hub-config.ts';
import { decodeTransferState, PAYEE, PAYER, type TransferState } from '../../protocol/apps/transfer-app.ts';
import { toBytes, toHash } from '../../protocol/bytes.ts';
import {
  claimSpan,
  payeeDeadline,
  payeeHold,
  payerHold,
  type DeadlineTerms,
} from '../../protocol/deadlines.ts';
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import type { ClaimRoute, InstallOperation, SendRoute } from '../../protocol/operations.ts';
import { paymentOf } from '../../protocol/payment.ts';
import { ok } from '../../protocol/result.ts';
import { claimDigest, transferIdOf } from '../../protocol/secrets.ts';
import { paymentDigest } from '../../protocol/statement-digests.ts';
import {
  INITIATOR,
  NO_ADDRESS,
  RESPONDER,
  ZERO_HASH,
  type Channel,
  type Hash,
  type Party,
  type Stake,
} from '../../protocol/types.ts';
import type { ChannelBody } from '../channel-item.ts';
import { hubTime } from '../chain-cursor.ts';
import type { Caller, Hub, HubChain } from '../hub.ts';
import type { TransfersOfStep } from '../transfers.ts';
import { type Admission } from './admission.ts';
import { admitPayment } from './payment-policy.ts';

interface Situation {
  readonly hub: Hub;
  readonly chain: HubChain;
  readonly caller: Caller;
  readonly body: ChannelBody;
  readonly transfers: TransfersOfStep;
}

const deadlineTerms = (hub: Hub, { config }: HubChain): DeadlineTerms => ({
  ...config,
  margin: hub.config.limits.margin,
});

/** The shape both halves share: who pays whom, how much of what, with which periods. */
function checkShape(
  chain: HubChain,
  channel: Channel,
  operation: InstallOperation,
  payer: Party,
): Outcomes<TransferState & Pick<Stake, 'asset'>> {
  const { app } = operation;
  if (app.definition !== chain.config.transferApp)
    return refuse('unsupported_app', { definition: app.definition });
  const transfer = decodeTransferState(operation.state);
  const stake = app.stakes[0];
  if (transfer === null || stake === undefined || transfer.preimage !== ZERO_HASH)
    return refuse('invalid_state');
  const seats =
    payer === INITIATOR ? [channel.initiator, channel.responder] : [channel.responder, channel.initiator];
  if (app.participants[PAYER] !== seats[PAYER] || app.participants[PAYEE] !== seats[PAYEE])
    return refuse('invalid_transfer', { participants: app.participants });
  const [ofInitiator, ofResponder] = chain.config.appPeriods;
  const periods = payer === INITIATOR ? [ofInitiator, ofResponder] : [ofResponder, ofInitiator];
  if (app.periods[PAYER] !== periods[PAYER] || app.periods[PAYEE] !== periods[PAYEE])
    return refuse('invalid_transfer', { periods: app.periods, expected: periods });
  const asset = configuredAsset(chain.config, stake.asset);
  if (asset === undefined) return refuse('unknown_asset', { asset: stake.asset });
  if (transfer.amount < asset.transfer.min || transfer.amount > asset.transfer.max)
    return refuse('amount_out_of_range', { min: asset.transfer.min, max: asset.transfer.max });
  return ok({ ...transfer, asset: stake.asset });
}

async function admitSend(
  { hub, chain, caller, body, transfers }: Situation,
  operation: InstallOperation,
  appId: Hash,
  route: SendRoute,
): Promise<Outcomes<Admission>> {
  const shape = checkShape(chain, body.channel, operation, INITIATOR);
  if (!shape.ok) return shape;
  const { app } = operation;
  const { limits } = hub.config;
  const now = await hubTime(hub, chain);
  if (app.actionDeadline !== 0) return refuse('invalid_transfer', { actionDeadline: app.actionDeadline });
  const earliestRefund = payerHold(deadlineTerms(hub, chain), route.expiresAt);
  if (route.expiresAt <= now || app.holdUntil < earliestRefund || app.holdUntil > now + limits.maxHold)
    return refuse('invalid_transfer', {
      expiresAt: route.expiresAt,
      holdUntil: app.holdUntil,
      earliestRefund,
    });
  const toSomeone = route.recipient !== null && route.recipient !== NO_ADDRESS;
  const toBearer = route.claimant !== null && route.claimant !== NO_ADDRESS;
  if (toSomeone === toBearer)
    return refuse('invalid_transfer', { recipient: route.recipient, claimant: route.claimant });
  const transferId = transferIdOf(caller.chainId, body.channel.address, route.paymentId);
  const stated = admitPayment(hub, body.channel, { transferId, staked: shape.value, route });
  if (!stated.ok) return stated;
  const known = body.routes.some((other) => other.side === 'payer' && other.transferId === transferId);
  if (known || (await transfers.load(transferId)) !== null)
    return refuse('duplicate_payment', { transferId });
  return ok({
    claims: [],
    routes: [{ appId, side: 'payer', transferId }],
    effects: [
      {
        kind: 'create',
        at: now,
        transfer: {
          ...stated.value,
          chainId: caller.chainId,
          payerChannel: body.channel.address,
          appId,
          claimant: route.claimant,
          sealed: route.sealed,
          lockHash: shape.value.lockHash,
          holdUntil: app.holdUntil,
          signature: route.signature,
          createdAt: now,
        },
      },
    ],
  });
}

async function admitClaim(
  { hub, chain, caller, body, transfers }: Situation,
  operation: InstallOperation,
  appId: Hash,
  route: ClaimRoute,
): Promise<Outcomes<Admission>> {
  const shape = checkShape(chain, body.channel, operation, RESPONDER);
  if (!shape.ok) return shape;
  const { transferId } = route;
  if (body.outbox.some((entry) => entry.kind === 'paid' && entry.transferId === transferId))
    return refuse('transfer_resolved', { transferId });
  const loaded = await transfers.load(transferId);
  if (loaded === null || loaded.transfer.chainId !== caller.chainId)
    return refuse('unknown_transfer', { transferId });
  const { transfer } = loaded;
  if (!mayClaim(hub, transfer, body.channel, caller, route)) return refuse('not_recipient', { transferId });
  const now = await hubTime(hub, chain);
  if (now > transfer.expiresAt)
    return refuse('transfer_expired', { transferId, expiresAt: transfer.expiresAt });
  const { app } = operation;
  const terms = deadlineTerms(hub, chain);
  const latest = payeeDeadline(terms, transfer.holdUntil);
  const earliest = now + claimSpan(terms);
  if (app.actionDeadline > latest || app.actionDeadline < earliest)
    return refuse('invalid_transfer', { actionDeadline: app.actionDeadline, earliest, latest });
  // Without it whoever pays could have the app final as a refund while it can still be claimed.
  if (app.holdUntil !== payeeHold(app.actionDeadline))
    return refuse('invalid_transfer', { holdUntil: app.holdUntil, expected: payeeHold(app.actionDeadline) });
  const sameMoney =
    shape.value.asset === transfer.asset &&
    shape.value.amount === transfer.amount &&
    shape.value.lockHash === transfer.lockHash;
  if (!sameMoney) return refuse('invalid_transfer', { transferId });
  const payment = toHash(paymentDigest(body.channel.domain, paymentOf(transfer)));
  return ok({
    effects: [],
    routes: [{ appId, side: 'payee', transferId, payment }],
    claims: [{ held: loaded, appId }],
  });
}

/** A named recipient needs nothing more; the holder of a link signs with the key its secret gives (invariant 9). */
function mayClaim(
  hub: Hub,
  transfer: {
    readonly recipient: string | null;
    readonly claimant: string | null;
    readonly transferId: Hash;
  },
  channel: Channel,
  caller: Caller,
  route: ClaimRoute,
): boolean {
  if (transfer.recipient !== null) return transfer.recipient === caller.user;
  if (route.proof === null) return false;
  return (
    hub.recover(claimDigest(transfer.transferId, channel.address), toBytes(route.proof)) === transfer.claimant
  );
}

export async function admitInstall(
  situation: Situation,
  operation: InstallOperation,
  appId: Hash,
): Promise<Outcomes<Admission>> {
  const { route } = operation;
  if (route === null) return refuse('unsupported_app', { route: null });
  return route.kind === 'send'
    ? admitSend(situation, operation, appId, route)
    : admitClaim(situation, operation, appId, route);
}

export type { Situation };
