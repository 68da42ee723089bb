// SPDX-License-Identifier: MIT
/**
 * What a hub said of itself when it was first used is what its channel rests on: who it is, the contracts, the periods, the
 * blocks until money counts. The same URL that says something else later is another hub, or a broken one.
 */
import { toJson } from '../protocol/wire/primitives.ts';
import type { ChainDescription, HubDescription } from './hub-description.ts';
import { IndraError } from './indra-error.ts';

/** What may change from day to day; every other field of a chain and of the limits is a term. */
const FREE: ReadonlySet<string> = new Set([
  'rpcUrl',
  'assets',
  'maxOpenTransfers',
  'maxOperations',
  'minHold',
  'maxHold',
  'maxMessageBytes',
]);

/** Terms that say which channel it is and how it is read: with others it would be another channel. */
const IDENTITY: ReadonlySet<string> = new Set([
  'responder',
  'chainId',
  'factory',
  'registry',
  'channelImplementation',
  'transferApp',
  'challengePeriod',
]);

type Terms = Readonly<Record<string, unknown>>;

const termsIn = (fields: object): Terms =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !FREE.has(name)));

const termsOf = ({ hub, limits }: HubDescription, chain: ChainDescription): Terms => ({
  responder: hub.address,
  ...termsIn(chain),
  ...termsIn(limits),
});

const textOf = (value: unknown): string => JSON.stringify(toJson(value));

const chainIn = ({ chains }: HubDescription, chainId: number): ChainDescription | undefined =>
  chains.find((chain) => chain.chainId === chainId);

/**
 * `hub_changed` for the first term of a chain that is not as it was pinned; null if none is, or the chain was not used before.
 * `acceptsTerms`: its user takes new terms, as long as the channel stays the same.
 */
export function hubChange(
  pinned: HubDescription,
  served: HubDescription,
  chainId: number,
  acceptsTerms: boolean,
): IndraError | null {
  const before = chainIn(pinned, chainId);
  const after = chainIn(served, chainId);
  if (before === undefined) return null;
  if (after === undefined)
    return IndraError.from('hub_changed', { field: 'chains', pinned: chainId, served: null });
  const [held, said] = [termsOf(pinned, before), termsOf(served, after)];
  const isChanged = (name: string): boolean =>
    name in held && textOf(held[name]) !== textOf(said[name]) && !(acceptsTerms && !IDENTITY.has(name));
  const field = Object.keys(held).find(isChanged);
  if (field === undefined) return null;
  return IndraError.from('hub_changed', { field, pinned: held[field], served: said[field] });
}

/** What is stored from now on: a chain that is no longer served stays known. */
export const pinnedWith = (pinned: HubDescription | null, served: HubDescription): HubDescription => ({
  ...served,
  chains: [
    ...served.chains,
    ...(pinned?.chains ?? []).filter(({ chainId }) => chainIn(served, chainId) === undefined),
  ],
});
