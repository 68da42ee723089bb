// SPDX-License-Identifier: MIT
import { fault } from '../protocol/errors.ts';
import { decodeReply, encodeRequest, failure, type Reply } from './envelope.ts';
import { DEFAULT_TIMEOUT_MS } from './transport.ts';

export type Fetch = typeof globalThis.fetch;

export interface PostOptions {
  readonly url: string;
  readonly body: unknown;
  readonly id: string;
  readonly token?: string | undefined;
  readonly chainId?: number | undefined;
  readonly fetch?: Fetch | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** The chain a request over HTTP is about; over NATS the subject says it. */
export const CHAIN_HEADER = 'indra-chain';

/** One request over HTTP. Never rejects. */
export async function postRequest(options: PostOptions): Promise<Reply> {
  const { url, body, id, token, chainId, signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await (options.fetch ?? globalThis.fetch)(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(chainId === undefined ? {} : { [CHAIN_HEADER]: String(chainId) }),
      },
      body: encodeRequest(body, id),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    // A gateway between us and the hub answers in its own words; only the hub's own word tells the outcome.
    const text = await response.text();
    const reply = decodeReply(text, id);
    if (reply.ok || reply.error.code !== 'internal' || response.ok) return reply;
    if (response.status === 413) return failure(id, fault('too_large'));
    if (response.status === 404) return failure(id, fault('unknown_operation'));
    return text.includes('"code":"internal"')
      ? reply
      : failure(id, fault('unreachable', { status: response.status }));
  } catch {
    if (timeout.aborted || signal?.aborted === true) return failure(id, fault('timeout'));
    return failure(id, fault('unreachable'));
  }
}
