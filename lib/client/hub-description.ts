// SPDX-License-Identifier: MIT
/** What a hub says of itself at `GET /v1/config`, and the one chain of it a client works on. */
import { z } from 'zod';
import { transferApp } from '../protocol/apps/transfer-app.ts';
import type { AppCatalogue } from '../protocol/apps/app-logic.ts';
import { channelAddress } from '../protocol/channel-address.ts';
import { paceFloor, unsoundTimes } from '../protocol/deadlines.ts';
import type { Address, Channel } from '../protocol/types.ts';
import { address, pair, uint, whole } from '../protocol/wire/primitives.ts';
import { PROTOCOL_VERSION } from '../protocol/subjects.ts';
import { decodeReply, newCorrelationId } from '../messaging/envelope.ts';
import type { Fetch } from '../messaging/http-post.ts';
import { IndraError } from './indra-error.ts';
import type { TransferTerms } from './transfer-terms.ts';

const asset = z.object({
  address,
  symbol: z.string(),
  decimals: whole,
  transfer: z.object({ min: uint, max: uint }),
  /** Of what the hub sends; smaller withdrawals are sent by their users. */
  withdrawal: z.object({ min: uint }).default({ min: 0n }),
});
export type HubAsset = z.output<typeof asset>;

const chain = z.object({
  chainId: whole,
  rpcUrl: z.string(),
  factory: address,
  registry: address,
  channelImplementation: address,
  transferApp: address,
  challengePeriod: whole,
  confirmations: whole,
  appPeriods: pair(whole),
  patience: whole,
  reaction: whole,
  assets: z.array(asset),
});
export type ChainDescription = z.output<typeof chain>;

const description = z.object({
  protocol: z.number(),
  hub: z.object({ identifier: z.string(), address }),
  chains: z.array(chain).min(1),
  nats: z.object({ urls: z.array(z.string()), websocketUrls: z.array(z.string()) }),
  limits: z.object({
    maxOpenTransfers: whole,
    maxOperations: whole,
    minHold: whole,
    maxHold: whole,
    margin: whole,
    maxMessageBytes: whole,
  }),
});
export type HubDescription = z.output<typeof description>;

/** Throws `hub_mismatch` where it is not the description of a hub this client can speak with. */
export function parseDescription(value: unknown): HubDescription {
  const parsed = description.safeParse(value);
  if (!parsed.success) throw IndraError.from('hub_mismatch', { config: z.prettifyError(parsed.error) });
  if (parsed.data.protocol !== PROTOCOL_VERSION)
    throw IndraError.from('unsupported_version', { hub: parsed.data.protocol, client: PROTOCOL_VERSION });
  return parsed.data;
}

/** Rejects with `unreachable`, `hub_mismatch` or `unsupported_version`. */
export async function fetchDescription(
  hubUrl: string,
  fetch: Fetch,
  signal?: AbortSignal,
): Promise<HubDescription> {
  let text: string;
  try {
    const response = await fetch(`${hubUrl}/v1/config`, signal === undefined ? {} : { signal });
    text = await response.text();
  } catch (cause) {
    if (signal?.aborted === true) throw IndraError.from('aborted', undefined, 'unchanged');
    throw IndraError.from(
      'unreachable',
      { hubUrl, reason: cause instanceof Error ? cause.message : String(cause) },
      'unchanged',
    );
  }
  const reply = decodeReply(text, idOf(text));
  if (!reply.ok) throw IndraError.from('unreachable', { hubUrl, code: reply.error.code }, 'unchanged');
  return parseDescription(reply.result);
}

/** Nobody asked with an id, so the reply's own will do. */
function idOf(text: string): string {
  const match = /"id":"([\w.:-]{1,64})"/.exec(text);
  return match?.[1] ?? newCorrelationId();
}

/** The hub's only chain, or the one asked for. Throws `unknown_chain`. */
export function chainOf(hub: HubDescription, chainId: number | undefined): ChainDescription {
  const found = chainId === undefined ? hub.chains[0] : hub.chains.find((other) => other.chainId === chainId);
  if (found === undefined)
    throw IndraError.from('unknown_chain', { chainId, served: hub.chains.map((one) => one.chainId) });
  return found;
}

/** The channel of `initiator` with this hub: computed here, never taken from the hub (invariant 14). */
export function channelWith(hub: HubDescription, chain: ChainDescription, initiator: Address): Channel {
  const parties = { initiator, responder: hub.hub.address, challengePeriod: chain.challengePeriod };
  return {
    domain: { chainId: chain.chainId, registry: chain.registry },
    address: channelAddress({ factory: chain.factory, implementation: chain.channelImplementation }, parties),
    ...parties,
  };
}

export const catalogueOf = (chain: ChainDescription): AppCatalogue =>
  new Map([[chain.transferApp, transferApp]]);

/** W and D are the hub's word, but never less than any chain of that kind takes. Throws `hub_mismatch` where its periods are too short for them. */
export function termsOf(hub: HubDescription, chain: ChainDescription): TransferTerms {
  const floor = paceFloor(chain.chainId);
  const { transferApp: app, challengePeriod, appPeriods } = chain;
  const terms = {
    transferApp: app,
    challengePeriod,
    appPeriods,
    patience: Math.max(chain.patience, floor.patience),
    reaction: Math.max(chain.reaction, floor.reaction),
    margin: hub.limits.margin,
    maxHold: hub.limits.maxHold,
  };
  const unsound = unsoundTimes({ chainId: chain.chainId, ...terms });
  if (unsound.length > 0) throw IndraError.from('hub_mismatch', { times: unsound });
  return terms;
}
