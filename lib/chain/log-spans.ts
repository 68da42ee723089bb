// SPDX-License-Identifier: MIT
/** Logs of many blocks in as many queries as the node takes: public ones limit how much one of them may cover. */
import type { z } from 'zod';
import type { Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import type { Address } from '../protocol/types.ts';
import { blockTag, logs, readAnswer, unavailable } from './chain-answers.ts';
import type { JsonRpc, RpcFault } from './json-rpc.ts';

/** Blocks asked for at once. */
export const LOG_SPAN = 2_000;

export interface LogFilter {
  readonly address: Address;
  /** Both ends included. */
  readonly from: number;
  readonly to: number;
  readonly topics: readonly (string | null)[];
}

type Logs = z.output<typeof logs>;

/** A node that refuses for the width is asked for half of it, down to one block, and not for more again in this read. */
export async function logsInSpans(rpc: JsonRpc, filter: LogFilter): Promise<Outcomes<Logs>> {
  const { address, from, to, topics } = filter;
  const found: Logs = [];
  let span = LOG_SPAN;
  let start = from;
  do {
    const end = Math.min(start + span - 1, to);
    const request = { address, fromBlock: blockTag(start), toBlock: blockTag(end), topics };
    const answer = await rpc.request('eth_getLogs', [request]);
    const asked = end - start + 1;
    if (!answer.ok && asked > 1 && isTooMuch(answer.error)) {
      span = Math.floor(asked / 2);
      continue;
    }
    if (!answer.ok) return unavailable(answer.error);
    const part = readAnswer(logs, 'eth_getLogs', answer.value);
    if (!part.ok) return part;
    found.push(...part.value);
    start = end + 1;
  } while (start <= to);
  return ok(found);
}

/** EIP-1474's "limit exceeded", which nodes say of a range, of its results and of a sender alike. */
const LIMIT_EXCEEDED = -32005;
const OF_A_QUERY = /range|limit|exceed|maximum|more than|too (large|many|big|wide|long)/i;
/** Asking for less at once would be asking more often. */
const OF_A_SENDER =
  /\brate\b|throttl|too many requests|request count|per (second|minute|day)|daily|quota|capacity|credits/i;

function isTooMuch({ kind, reason, rpcCode }: RpcFault): boolean {
  if (kind !== 'refused' || OF_A_SENDER.test(reason)) return false;
  return rpcCode === LIMIT_EXCEEDED || OF_A_QUERY.test(reason);
}
