// SPDX-License-Identifier: MIT
/** NATS subjects. Permissions let a user use only those that carry its own address in the right place (invariant 9). */
import type { Address } from './types.ts';

export const PROTOCOL_VERSION = 2;

export const requestSubject = (chainId: number, user: Address, operation: string): string =>
  `indra.v1.${chainId}.${user}.${operation}`;

export const eventSubject = (user: Address): string => `indra.v1.events.${user}`;

export const peerSubject = (to: Address, from: Address): string => `indra.v1.peer.${to}.${from}`;

/** One function triggers another; no user may read or write these. */
export const hubSubject = (functionName: string): string => `indra.v1.hub.${functionName}`;

export interface RequestAddress {
  readonly chainId: number;
  readonly user: Address;
  readonly operation: string;
}

const REQUEST = /^indra\.v1\.([1-9][0-9]{0,14})\.(0x[0-9a-f]{40})\.([a-z]+)$/;

/** Who asks what, as the bus vouches for it; null if it is not a request subject. */
export function parseRequestSubject(subject: string): RequestAddress | null {
  const match = REQUEST.exec(subject);
  if (match === null) return null;
  return { chainId: Number(match[1]), user: match[2] as string as Address, operation: match[3]! };
}
