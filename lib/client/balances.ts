// SPDX-License-Identifier: MIT
/** What the user has, said carefully: nothing counts as received before it is agreed, everything signed away counts as gone. */
import { decodeTransferState, PAYEE, PAYER } from '../protocol/apps/transfer-app.ts';
import { assetOf } from '../protocol/ledger.ts';
import { INITIATOR, RESPONDER, type Address, type ChannelState } from '../protocol/types.ts';
import { inFlight, type ChannelRecord } from './channel-record.ts';

export interface Balance {
  readonly asset: Address;
  /** What a payment may use now, once what is in flight is agreed. */
  readonly available: bigint;
  /** Sure whatever the hub does: the minimum over the agreed ledger and everything signed since. Zero after a restore until the next countersignature. */
  readonly certain: bigint;
  /** Own stakes in transfers that are neither paid nor refunded yet. */
  readonly locked: bigint;
  /** On its way to this user: claims being closed. */
  readonly incoming: bigint;
  /** What the hub's side could pay this user now. */
  readonly receivable: bigint;
}

const own = (state: ChannelState, asset: Address): bigint => assetOf(state.ledger, asset).balances[INITIATOR];

const smallest = (values: readonly bigint[]): bigint =>
  values.reduce((least, value) => (value < least ? value : least));

function stakes(
  { channel, agreed }: ChannelRecord,
  asset: Address,
): { readonly locked: bigint; readonly incoming: bigint } {
  let locked = 0n;
  let incoming = 0n;
  for (const { app, state } of agreed.apps) {
    const stake = app.stakes.find((other) => other.asset === asset);
    if (stake === undefined || decodeTransferState(state) === null) continue;
    if (app.participants[PAYER] === channel.initiator) locked += stake.amounts[PAYER];
    else incoming += stake.amounts[PAYER] + stake.amounts[PAYEE];
  }
  return { locked, incoming };
}

export function balanceOf(record: ChannelRecord, asset: Address): Balance {
  const head = inFlight(record);
  const certain = smallest([
    own(record.agreed, asset),
    ...record.signed.map((entry) => own(entry.next, asset)),
  ]);
  const projected =
    head === null ? own(record.agreed, asset) : smallest([own(record.agreed, asset), own(head.next, asset)]);
  return {
    asset,
    available: projected,
    certain: record.isUnproven ? 0n : certain,
    ...stakes(record, asset),
    receivable: assetOf(record.agreed.ledger, asset).balances[RESPONDER],
  };
}

/** Every asset given, and every other one the ledger holds. */
export function balancesOf(record: ChannelRecord, assets: readonly Address[]): readonly Balance[] {
  const held = record.agreed.ledger.assets
    .map((entry) => entry.asset)
    .filter((asset) => !assets.includes(asset));
  return [...assets, ...held].map((asset) => balanceOf(record, asset));
}
