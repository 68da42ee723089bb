// SPDX-License-Identifier: MIT
/** Operations of an intent at a place: nonces, secrets and deadlines follow from where an install stands. */
import { sign } from '#secp256k1';
import type { Outcomes } from '../protocol/errors.ts';
import { refuse } from '../protocol/errors.ts';
import { encodeTransferState, encodeUnlock } from '../protocol/apps/transfer-app.ts';
import { toBytes, toHex } from '../protocol/bytes.ts';
import { payeeDeadline, payeeHold, payerHold, type AppTimes } from '../protocol/deadlines.ts';
import { parseIdentifier } from '../protocol/identifier.ts';
import type { AppTerms, InstallOperation, Operation, TransferRoute } from '../protocol/operations.ts';
import { ok } from '../protocol/result.ts';
import { appNonce, boundPreimage, claimDigest, claimKeyOf } from '../protocol/secrets.ts';
import { addressOfPrivateKey } from '#secp256k1';
import {
  INITIATOR,
  NO_ADDRESS,
  OutcomeType,
  ZERO_HASH,
  type Address,
  type Channel,
  type Hash,
} from '../protocol/types.ts';
import type { ClaimIntent, CloseIntent, Intent, Route, SendIntent } from './intents.ts';
import { statePayment } from './payment-terms.ts';
import type { ChannelKey } from './ports.ts';
import { seal } from './seal.ts';
import type { TransferTerms } from './transfer-terms.ts';

/** Where an install stands: the version it makes and its number among the installs of the proposal. */
export interface Place {
  readonly version: bigint;
  readonly index: number;
}

export interface Built {
  readonly operations: readonly Operation[];
  readonly installs: readonly {
    readonly intent: SendIntent | ClaimIntent;
    readonly operation: InstallOperation;
  }[];
}

export interface OperationBuilder {
  build(intent: Intent, place: Place): Outcomes<Built>;
  /** The route of an install that made the app `id`. */
  route(install: Built['installs'][number], id: Hash): Route;
}

export interface BuilderParts {
  readonly channel: Channel;
  readonly key: ChannelKey;
  readonly terms: TransferTerms;
  /** 32 fresh random bytes that are a private key. */
  readonly ephemeralKey: () => Uint8Array;
}

const plain = (...operations: readonly Operation[]): Outcomes<Built> => ok({ operations, installs: [] });

export function operationBuilder(parts: BuilderParts): OperationBuilder {
  return {
    build(intent, place) {
      switch (intent.kind) {
        case 'send':
          return buildSend(parts, intent, place);
        case 'claim':
          return buildClaim(parts, intent, place);
        case 'close':
          return buildClose(parts, intent);
        case 'refund':
          return plain({ kind: 'uninstall', appId: intent.appId });
        case 'deposit':
          return plain({ kind: 'deposit', asset: intent.asset, deposits: intent.deposits });
        case 'withdraw': {
          const { kind, asset, amount, recipient, nonce, deadline, handler, data } = intent;
          return plain({ kind, party: INITIATOR, asset, amount, recipient, nonce, deadline, handler, data });
        }
        case 'return':
          return plain({ kind: 'return', digest: intent.digest });
      }
    },
    route: ({ intent }, id) =>
      intent.kind === 'send'
        ? {
            side: 'payer',
            appId: id,
            transferId: intent.transferId,
            paymentId: intent.paymentId,
            to: intent.to,
          }
        : {
            side: 'payee',
            appId: id,
            transferId: intent.transferId,
            preimage: boundPreimage(intent.secret, toBytes(intent.payment)),
            payment: intent.payment,
          },
  };
}

function nonceAt(
  { channel, key }: BuilderParts,
  place: Place,
  asset: Address,
  amount: bigint,
  recipient: Address,
): Hash {
  return appNonce(key.appSecretKey, {
    chainId: channel.domain.chainId,
    channel: channel.address,
    installVersion: place.version,
    index: place.index,
    asset,
    amount,
    recipient,
  });
}

/** T_a follows from how long the payment can be claimed, T_b from T_a. */
function timesOf(terms: TransferTerms, intent: SendIntent | ClaimIntent): AppTimes {
  if (intent.kind === 'send') return { actionDeadline: 0, holdUntil: payerHold(terms, intent.expiresAt) };
  const actionDeadline = payeeDeadline(terms, intent.holdUntil);
  return { actionDeadline, holdUntil: payeeHold(actionDeadline) };
}

function transferTermsOf(parts: BuilderParts, intent: SendIntent | ClaimIntent, nonce: Hash): AppTerms {
  const { channel, terms } = parts;
  const isPayer = intent.kind === 'send';
  const [mine, hubs] = terms.appPeriods;
  return {
    nonce,
    definition: terms.transferApp,
    participants: isPayer ? [channel.initiator, channel.responder] : [channel.responder, channel.initiator],
    outcomeType: OutcomeType.SingleAssetTwoPartyCoinTransfer,
    stakes: [{ asset: intent.asset, amounts: [intent.amount, 0n] }],
    periods: isPayer ? [mine, hubs] : [hubs, mine],
    ...timesOf(terms, intent),
  };
}

const installOf = (
  intent: SendIntent | ClaimIntent,
  app: AppTerms,
  lockHash: Hash,
  route: TransferRoute,
): Outcomes<Built> => {
  const state = encodeTransferState({ amount: intent.amount, lockHash, preimage: ZERO_HASH });
  const operation: InstallOperation = { kind: 'install', app, state, route };
  return ok({ operations: [operation], installs: [{ intent, operation }] });
};

function buildSend(parts: BuilderParts, intent: SendIntent, place: Place): Outcomes<Built> {
  const stated = statePayment(parts, intent);
  if (!stated.ok) return stated;
  const { secret, recipient, payment, digest, lockHash, metadata } = stated.value;
  const { toChainId, asset, amount, expiresAt } = payment;
  const nonce = nonceAt(parts, place, asset, amount, recipient ?? NO_ADDRESS);
  const payee = intent.to === null ? null : parseIdentifier(intent.to);
  const sealed = payee?.ok ? seal(secret, payee.value.publicKey, parts.ephemeralKey()) : null;
  if (payee !== null && sealed === null) return refuse('malformed', { identifier: intent.to });
  return installOf(intent, transferTermsOf(parts, intent, nonce), lockHash, {
    kind: 'send',
    paymentId: intent.paymentId,
    recipient,
    claimant: recipient === null ? (addressOfPrivateKey(claimKeyOf(secret)) as string as Address) : null,
    sealed,
    expiresAt,
    toChainId,
    asset,
    amount,
    metadata,
    signature: parts.key.sign(toBytes(digest)),
  });
}

function buildClaim(parts: BuilderParts, intent: ClaimIntent, place: Place): Outcomes<Built> {
  const { address: channelAddress, initiator } = parts.channel;
  const nonce = nonceAt(parts, place, intent.asset, intent.amount, initiator);
  const proof = intent.bearer
    ? toHex(sign(claimDigest(intent.transferId, channelAddress), claimKeyOf(intent.secret)))
    : null;
  return installOf(intent, transferTermsOf(parts, intent, nonce), intent.lockHash, {
    kind: 'claim',
    transferId: intent.transferId,
    proof,
  });
}

/** The payee's word that it was paid goes with the preimage: before, the hub could keep it for an app it never signed. */
function buildClose({ key }: BuilderParts, { appId, preimage, payment }: CloseIntent): Outcomes<Built> {
  const claimerSignature = payment === null ? undefined : key.sign(toBytes(payment));
  return plain(
    { kind: 'update', appId, action: encodeUnlock(preimage), claimerSignature },
    { kind: 'uninstall', appId },
  );
}
