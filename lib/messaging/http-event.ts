// SPDX-License-Identifier: MIT
/** HTTP API v2 events in, HTTP replies out: the same envelopes as over NATS. */
import type { ErrorCode, Outcomes } from '../protocol/errors.ts';
import { encodeReply } from './envelope.ts';
import { CHAIN_HEADER } from './http-post.ts';

export interface HttpEvent {
  readonly version?: string;
  readonly rawPath?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
  readonly requestContext?: { readonly http?: { readonly method?: string; readonly path?: string } };
}

export interface HttpReply {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function isHttpEvent(event: unknown): event is HttpEvent {
  return typeof event === 'object' && event !== null && 'requestContext' in event;
}

/** The body as text; an absent one is empty. */
export function httpBody(event: HttpEvent): string {
  const body = event.body ?? '';
  return event.isBase64Encoded === true ? Buffer.from(body, 'base64').toString('utf8') : body;
}

export function bearerToken(event: HttpEvent): string | undefined {
  return /^Bearer ([\w.~+/=-]+)$/i.exec(header(event, 'authorization') ?? '')?.[1];
}

/** The chain the request is about; undefined if it does not say, null if what it says is no chain id. */
export function httpChainId(event: HttpEvent): number | undefined | null {
  const text = header(event, CHAIN_HEADER);
  if (text === undefined) return undefined;
  return /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : null;
}

function header(event: HttpEvent, name: string): string | undefined {
  const headers = event.headers ?? {};
  return headers[name] ?? Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  malformed: 400,
  unsupported_version: 400,
  unauthenticated: 401,
  not_yours: 403,
  not_watched: 403,
  unknown_operation: 404,
  unknown_chain: 404,
  unknown_channel: 404,
  unknown_app: 404,
  unknown_transfer: 404,
  too_large: 413,
  busy: 429,
  internal: 500,
  hub_behind: 503,
  hub_unfunded: 503,
  chain_unavailable: 503,
  store_unavailable: 503,
  timeout: 504,
};

export function httpReply(id: string, outcome: Outcomes<unknown>): HttpReply {
  return {
    statusCode: outcome.ok ? 200 : (STATUS[outcome.error.code] ?? 409),
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: encodeReply(id, outcome),
  };
}
