// SPDX-License-Identifier: MIT
/** A user and a hub with real keys and one channel: the ground that tests of transitions stand on. */
import { addressOfPrivateKey, recoverAddress, sign } from '#secp256k1';
import { PAYER, encodeTransferState, transferApp } from '../apps/transfer-app.ts';
import type { AppCatalogue, AppLogic } from '../apps/app-logic.ts';
import { toBytes, toHash, toHex } from '../bytes.ts';
import { appStateDigest, ledgerDigest, stateHash } from '../digests.ts';
import { firstState } from '../ledger.ts';
import type {
  AppTerms,
  DepositOperation,
  InstallOperation,
  Operation,
  Proposal,
  SwapOperation,
  WithdrawOperation,
} from '../operations.ts';
import { refuse } from '../errors.ts';
import { ok } from '../result.ts';
import { lockHashOf } from '../secrets.ts';
import { applyOperations, type Recover } from '../transition.ts';
import {
  ETHER,
  NO_ADDRESS,
  ZERO_HASH,
  type Address,
  type AgreedState,
  type AppInstance,
  type Bytes,
  type Channel,
  type ChannelState,
  type Hash,
  type Pair,
  type Party,
} from '../types.ts';

const keyOf = (seed: number): Uint8Array => new Uint8Array(32).fill(seed);
export const USER_KEY = keyOf(1);
export const HUB_KEY = keyOf(2);
export const STRANGER_KEY = keyOf(3);

export const addressOf = (seed: number): Address =>
  `0x${seed.toString(16).padStart(2, '0').repeat(20)}` as string as Address;
export const hashOf = (seed: number): Hash => `0x${seed.toString(16).padStart(64, '0')}` as string as Hash;

export const USER = addressOfPrivateKey(USER_KEY) as string as Address;
export const HUB = addressOfPrivateKey(HUB_KEY) as string as Address;
export const TOKEN = addressOf(0x55);
export const TRANSFER = addressOf(0xaa);
export const COUNTER = addressOf(0xcc);

export const CHANNEL: Channel = {
  domain: { chainId: 31337, registry: addressOf(0xee) },
  address: addressOf(0x77),
  initiator: USER,
  responder: HUB,
  challengePeriod: 3600,
};

export const recover: Recover = recoverAddress;

/**
 * An app of two seats over any number of assets: a state is (moves left, whose turn); each action is one byte that must
 * be the number of moves left; with none left the two seats exchange their stakes; with one left nothing is decided.
 */
export const counterApp: AppLogic = {
  name: 'counter',
  outcomeType: 2,
  check: (state) => (state.length === 6 ? ok(undefined) : refuse('invalid_state')),
  isTerminal: (state) => toBytes(state)[0] === 0,
  turnTaker: (state) => (toBytes(state)[1] === 0 ? 0 : 1),
  applyAction(state, action) {
    const [left = 0, turn = 0] = toBytes(state);
    return left === 0 || action !== toHex(Uint8Array.of(left))
      ? refuse('invalid_action')
      : ok(toHex(Uint8Array.of(left - 1, 1 - turn)));
  },
  outcome(state, stakes) {
    const left = toBytes(state)[0];
    if (left === 1) return refuse('outcome_not_decided');
    return ok(stakes.map(({ amounts }) => (left === 0 ? ([amounts[1], amounts[0]] as const) : amounts)));
  },
};

export const counterState = (left: number, turn: 0 | 1): Bytes => toHex(Uint8Array.of(left, turn));

export const CATALOGUE: AppCatalogue = new Map([
  [TRANSFER, transferApp],
  [COUNTER, counterApp],
]);

export const deposit = (user: bigint, hub: bigint, asset = ETHER): DepositOperation => ({
  kind: 'deposit',
  asset,
  deposits: [user, hub],
});

const terms: Omit<AppTerms, 'nonce' | 'definition' | 'participants' | 'outcomeType' | 'stakes'> = {
  periods: [3600, 7200],
  actionDeadline: 0,
  holdUntil: 0,
};

export const PREIMAGE = hashOf(0xbeef);

/** A transfer, from the user unless `payer` says otherwise, that opens with `PREIMAGE`. */
export function transfer(
  amount: bigint,
  by: { payer?: Address; asset?: Address; nonce?: number; preimage?: Hash } = {},
): InstallOperation {
  const { payer = USER, asset = ETHER, nonce = 1, preimage = PREIMAGE } = by;
  const amounts: Pair<bigint> = PAYER === 0 ? [amount, 0n] : [0n, amount];
  return {
    kind: 'install',
    app: {
      ...terms,
      nonce: hashOf(nonce),
      definition: TRANSFER,
      participants: payer === USER ? [USER, HUB] : [HUB, USER],
      outcomeType: 1,
      stakes: [{ asset, amounts }],
    },
    state: encodeTransferState({ amount, lockHash: lockHashOf(preimage), preimage: ZERO_HASH }),
    route: null,
  };
}

/** The counter app with the user in seat 0, staking ether and the token. */
export const counter = (
  ether: Pair<bigint>,
  token: Pair<bigint>,
  state = counterState(2, 0),
): InstallOperation => ({
  kind: 'install',
  app: {
    ...terms,
    nonce: hashOf(0xc0),
    definition: COUNTER,
    participants: [USER, HUB],
    outcomeType: 2,
    stakes: [
      { asset: ETHER, amounts: ether },
      { asset: TOKEN, amounts: token },
    ],
  },
  state,
  route: null,
});

export const withdraw = (amount: bigint, by: Partial<WithdrawOperation> = {}): WithdrawOperation => ({
  kind: 'withdraw',
  party: 0,
  asset: ETHER,
  amount,
  recipient: USER,
  nonce: hashOf(1),
  deadline: 1_800_000_000,
  handler: NO_ADDRESS,
  data: '0x',
  ...by,
});

export const swap = (
  fromAmount: bigint,
  toAmount: bigint,
  by: Partial<SwapOperation['quote']> = {},
): SwapOperation => ({
  kind: 'swap',
  quote: {
    channel: CHANNEL.address,
    nonce: hashOf(7),
    paymentId: hashOf(8),
    fromAsset: ETHER,
    fromAmount,
    toChainId: CHANNEL.domain.chainId,
    toAsset: TOKEN,
    toAmount,
    validUntil: 1_800_000_000,
    ...by,
  },
  signature: `0x${'11'.repeat(65)}`,
});

export const EMPTY: AgreedState = firstState(CHANNEL.address, 0n);

/** The state after operations that must succeed, one version up unless said otherwise. */
export function after(state: ChannelState, operations: readonly Operation[], version?: bigint): ChannelState {
  const made = applyOperations(CHANNEL, CATALOGUE, state, version ?? state.ledger.version + 1n, operations);
  if (!made.ok) throw new Error(`refused: ${made.error.code} ${String(made.error.details)}`);
  return made.value;
}

export const signWith = (key: Uint8Array, digest: Uint8Array): Bytes => toHex(sign(digest, key));

export const signatureOf = (party: Party, digest: Uint8Array): Bytes =>
  signWith(party === 0 ? USER_KEY : HUB_KEY, digest);

export function agreed(state: ChannelState): AgreedState {
  const digest = ledgerDigest(CHANNEL.domain, state.ledger);
  return { ...state, signatures: [signatureOf(0, digest), signatureOf(1, digest)] };
}

/** The app with another state that both signed. */
export function advanced(instance: AppInstance, state: Bytes, version = instance.version + 1n): AppInstance {
  const digest = appStateDigest(CHANNEL.domain, { appId: instance.id, version, stateHash: stateHash(state) });
  return { ...instance, state, version, signatures: [signatureOf(0, digest), signatureOf(1, digest)] };
}

/** A proposal by the user that builds on `state`; its signature is on whatever ledger the operations make of it. */
export function propose(state: ChannelState, operations: readonly Operation[], version?: bigint): Proposal {
  const at = version ?? state.ledger.version + 1n;
  const made = applyOperations(CHANNEL, CATALOGUE, state, at, operations);
  const digest = made.ok ? ledgerDigest(CHANNEL.domain, made.value.ledger) : toBytes(ZERO_HASH);
  return {
    channel: CHANNEL.address,
    epoch: state.ledger.epoch,
    version: at,
    previous: { version: state.ledger.version, digest: toHash(ledgerDigest(CHANNEL.domain, state.ledger)) },
    operations,
    signature: signatureOf(0, digest),
  };
}
