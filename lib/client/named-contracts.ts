// SPDX-License-Identifier: MIT
/** Which contracts a client puts money in: those it was built with, or those its caller names. Never those the hub names. */
import { ADDRESSES } from '../chain/addresses.ts';
import type { Address } from '../protocol/types.ts';

export interface NamedContracts {
  readonly registry: Address;
  readonly factory: Address;
  readonly channelImplementation: Address;
  readonly transferApp: Address;
}

const NAMES = ['registry', 'factory', 'channelImplementation', 'transferApp'] as const;

/** Those of a hub's description that are others, with what was expected. */
export const foreignContracts = (
  described: NamedContracts,
  named: NamedContracts = ADDRESSES,
): readonly { readonly what: string; readonly expected: string; readonly found: string }[] =>
  NAMES.filter((name) => described[name] !== named[name]).map((name) => ({
    what: name,
    expected: named[name],
    found: described[name],
  }));
