// SPDX-License-Identifier: MIT
/** Calls of the contracts as data: what to send, to whom, with how much ether. Nothing here asks the chain. */
import type { Interface } from 'ethers';
import type { DisputeStep } from '../protocol/dispute.ts';
import {
  ETHER,
  type Address,
  type App,
  type Bytes,
  type Cancel,
  type Channel,
  type Ledger,
  type Pair,
  type Withdrawal,
} from '../protocol/types.ts';
import {
  channelInterface,
  factoryInterface,
  registryInterface,
  tokenInterface,
  type ContractAddresses,
} from './contracts.ts';

export interface Call {
  readonly to: Address;
  readonly data: Bytes;
  /** Wei. */
  readonly value: bigint;
}

/** With the signatures of initiator and responder. */
export interface SignedWithdrawal {
  readonly withdrawal: Withdrawal;
  readonly signatures: Pair<Bytes>;
}

/** `signatures` null: version 0, or the floor itself, which only a party may show. */
export interface ShownLedger {
  readonly ledger: Ledger;
  readonly signatures: Pair<Bytes> | null;
}

/** An initiator's deposit is a plain transfer, as anyone may make it from anywhere. */
export function plainDepositCall(channel: Address, asset: Address, amount: bigint): Call {
  if (asset === ETHER) return { to: channel, data: '0x', value: amount };
  return call(asset, tokenInterface, 'transfer', [channel, amount]);
}

export function approvalCall(asset: Address, spender: Address, amount: bigint): Call {
  return call(asset, tokenInterface, 'approve', [spender, amount]);
}

/** The responder's counted deposit into a deployed channel. */
export function responderDepositCall(channel: Address, asset: Address, amount: bigint): Call {
  const value = asset === ETHER ? amount : 0n;
  return { ...call(channel, channelInterface, 'deposit', [asset, amount]), value };
}

export function deployCall(contracts: ContractAddresses, channel: Channel): Call {
  return call(contracts.factory, factoryInterface, 'deploy', idOf(channel));
}

/** Deploys the channel if need be and makes the call from the factory: only for calls that do not care who makes them. */
export function deployAndCall(contracts: ContractAddresses, channel: Channel, inner: Call): Call {
  const { data } = call(contracts.factory, factoryInterface, 'deployAndCall', [...idOf(channel), inner.data]);
  return { to: contracts.factory, data, value: inner.value };
}

export function withdrawCall({ withdrawal, signatures }: SignedWithdrawal): Call {
  return call(withdrawal.channel, channelInterface, 'withdraw', [withdrawal, signatures]);
}

/** Starts a challenge, or replaces a running one by a newer ledger. */
export function challengeCall(contracts: ContractAddresses, channel: Channel, shown: ShownLedger): Call {
  return call(contracts.registry, registryInterface, 'challengeLedger', shownArguments(channel, shown));
}

/** Ends a running challenge by a newer ledger. */
export function answerCall(contracts: ContractAddresses, channel: Channel, shown: ShownLedger): Call {
  return call(contracts.registry, registryInterface, 'answerLedger', shownArguments(channel, shown));
}

/** Pays out the final ledger, and assets that are not in it to whoever put them in. */
export function settleCall(
  contracts: ContractAddresses,
  channel: Channel,
  settled: { readonly ledger: Ledger; readonly others: readonly Address[] },
): Call {
  const { ledger, others } = settled;
  return call(contracts.registry, registryInterface, 'settle', [idOf(channel), ledger, others]);
}

/** Apps are read as they are signed: their id is the digest of exactly these fields. */
export function disputeCall(contracts: ContractAddresses, channel: Channel, step: DisputeStep): Call {
  const id = idOf(channel);
  const registry = (method: string, ...values: readonly unknown[]) =>
    call(contracts.registry, registryInterface, method, values);
  switch (step.kind) {
    case 'challenge':
      return challengeCall(contracts, channel, step);
    case 'answer':
      return answerCall(contracts, channel, step);
    case 'settle':
      return settleCall(contracts, channel, step);
    case 'open-app':
      return registry('openApp', openingOf(channel, step));
    case 'set-app-state': {
      const { app, version, state, signatures, path, moves } = step;
      return registry('setAppState', id, app, version, state, signatures, path, moves);
    }
    case 'progress-app': {
      const { app, version, previous, state, moves } = step;
      return registry('progressApp', id, app, version, previous, state, moves);
    }
    case 'settle-app':
      return registry('settleApp', id, step.app, step.previous, step.data, step.proof);
    case 'bundle': {
      const calls = step.parts.map((part) => disputeCall(contracts, channel, part));
      const [only, ...more] = calls;
      return only !== undefined && more.length === 0 ? only : registryCalls(contracts, calls);
    }
  }
}

/** Ends a challenge by agreement of both. `app` null: the ledger's. */
export function cancelCall(
  contracts: ContractAddresses,
  channel: Channel,
  agreed: { readonly cancel: Cancel; readonly signatures: Pair<Bytes>; readonly app: App | null },
): Call {
  const { cancel, signatures, app } = agreed;
  return app === null
    ? call(contracts.registry, registryInterface, 'cancelLedger', [idOf(channel), cancel, signatures])
    : call(contracts.registry, registryInterface, 'cancelApp', [idOf(channel), app, cancel, signatures]);
}

/** Takes a payment that could not be handed over. Only its owner may send it elsewhere. */
export function claimCall(
  channel: Address,
  claimed: { readonly asset: Address; readonly owner: Address; readonly recipient: Address },
): Call {
  const { asset, owner, recipient } = claimed;
  return call(channel, channelInterface, 'claim', [asset, owner, recipient]);
}

/** Several calls of the registry in one transaction: all or none. */
export function registryCalls(contracts: ContractAddresses, calls: readonly Call[]): Call {
  return call(contracts.registry, registryInterface, 'multicall', [calls.map(({ data }) => data)]);
}

type Opening = Extract<DisputeStep, { kind: 'open-app' }>;

function openingOf(channel: Channel, { app, ledger, signatures, proof, state, moves }: Opening): object {
  const id = idOf(channel);
  return { id, ledger, signatures: signatures ?? NO_SIGNATURES, app, proof, state, moves };
}

const NO_SIGNATURES = ['0x', '0x'];

function shownArguments(channel: Channel, { ledger, signatures }: ShownLedger): unknown[] {
  return [idOf(channel), ledger, signatures ?? NO_SIGNATURES];
}

function idOf({ initiator, responder, challengePeriod }: Channel): unknown[] {
  return [initiator, responder, challengePeriod];
}

function call(to: Address, contract: Interface, method: string, values: readonly unknown[]): Call {
  return { to, data: contract.encodeFunctionData(method, values) as Bytes, value: 0n };
}
