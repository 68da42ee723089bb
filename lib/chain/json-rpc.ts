// SPDX-License-Identifier: MIT
/** One chain node over JSON-RPC: every fault is a value, every wait has an end, and nothing is tried for ever. */
import { err, ok, type Result } from '../protocol/result.ts';

/** `unreachable` and `timeout`: whether the node did it is not known. `refused`: the node answered with an error. */
export interface RpcFault {
  readonly kind: 'unreachable' | 'timeout' | 'refused';
  readonly method: string;
  readonly reason: string;
  /** Of the node's error. */
  readonly rpcCode?: number;
  /** What a revert returned, if that is what was refused. */
  readonly revertData?: string;
}

export interface JsonRpcOptions {
  readonly url: string;
  /** Milliseconds one try may take. */
  readonly timeoutMs?: number;
  /** How often a request that did not reach the node is sent. */
  readonly tries?: number;
}

export interface JsonRpc {
  request(method: string, params: readonly unknown[]): Promise<Result<unknown, RpcFault>>;
}

const pauseMs = 100;

export function createJsonRpc({ url, timeoutMs = 5_000, tries = 2 }: JsonRpcOptions): JsonRpc {
  let id = 0;
  return {
    async request(method, params) {
      id += 1;
      const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
      for (let left = tries; ;) {
        const answer = await send({ url, timeoutMs, method, body });
        left -= 1;
        if (answer.ok || answer.error.kind !== 'unreachable' || left <= 0) return answer;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    },
  };
}

async function send(call: {
  url: string;
  timeoutMs: number;
  method: string;
  body: string;
}): Promise<Result<unknown, RpcFault>> {
  const { url, timeoutMs, method, body } = call;
  const fault = (kind: RpcFault['kind'], reason: string) => err({ kind, method, reason });
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (isRecord(answer) && isRecord(answer['error'])) return err(refusal(method, answer['error']));
    if (!response.ok) return fault('unreachable', `HTTP ${response.status}`);
    if (!isRecord(answer) || !('result' in answer)) return fault('unreachable', 'the answer is not JSON-RPC');
    return ok(answer['result']);
  } catch (error) {
    // The address may carry a key, so no more of the error is told than its name.
    const name = isRecord(error) ? String(error['name']) : 'Error';
    return name === 'TimeoutError'
      ? fault('timeout', `no answer in ${timeoutMs} ms`)
      : fault('unreachable', name);
  }
}

function refusal(method: string, error: Record<string, unknown>): RpcFault {
  const { code, message, data } = error;
  const nested = isRecord(data) ? data['data'] : undefined;
  const revertData = [data, nested].find(
    (value): value is string => typeof value === 'string' && /^0x/.test(value),
  );
  return {
    kind: 'refused',
    method,
    reason: typeof message === 'string' ? message : 'no reason given',
    ...(typeof code === 'number' && { rpcCode: code }),
    ...(revertData !== undefined && { revertData }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
