// SPDX-License-Identifier: MIT
/** What the demo and its users' processes say to each other. Sent by structured clone, so amounts stay `bigint`. */
import type { Address, Hash, Ledger } from '../../lib/protocol/types.ts';

export interface Amount {
  readonly asset: Address;
  /** In the asset's smallest unit. */
  readonly amount: bigint;
}

export interface Start {
  readonly hubUrl: string;
  readonly rpcUrl: string;
  /** The user's own: its seed and its channel. What is there already is gone on with. */
  readonly folder: string;
}

export interface Self {
  readonly identifier: string;
  readonly channel: Address;
  /** The user's account on chain; it pays for its own deposits. */
  readonly account: Address;
}

export interface Sent {
  readonly transferId: Hash;
  /** Milliseconds since 1970, as on every process of this machine. */
  readonly at: number;
}

export interface Received extends Amount {
  readonly transferId: Hash;
  readonly at: number;
}

export interface Report {
  /** The last double-signed ledger as the user keeps it. */
  readonly own: Ledger;
  /** The same as the hub serves it. */
  readonly hubs: Ledger;
}

/** `[parameters, result]` of everything a user can be told to do. */
export interface Commands {
  start: [Start, Self];
  deposit: [Amount, undefined];
  /** Resolves when the hub's side of the channel could pay this much. */
  receivable: [Amount, undefined];
  /** One after the other; each is agreed with the hub before the next. */
  pay: [{ readonly to: string; readonly payments: readonly Amount[] }, readonly Sent[]];
  /** Resolves when so many payments were received by this process, with all of them. */
  received: [{ readonly count: number }, readonly Received[]];
  /** Resolves when nothing is locked in a transfer any more, in either direction. */
  settled: [undefined, undefined];
  link: [Amount, string];
  redeem: [{ readonly link: string }, Amount];
  /** All there is of an asset, to the user's account. Resolves when the chain has done it. */
  withdraw: [{ readonly asset: Address }, bigint];
  report: [undefined, Report];
}

export type CommandName = keyof Commands;

export interface Command {
  readonly number: number;
  readonly name: CommandName;
  readonly parameters: Commands[CommandName][0];
}

export type Answer = { readonly number: number } & (
  | { readonly ok: true; readonly result: Commands[CommandName][1] }
  | { readonly ok: false; readonly code: string; readonly message: string }
);
