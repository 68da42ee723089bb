// SPDX-License-Identifier: MIT
/** What travels in every message (docs/formats.md, "Messages"): protocol version, correlation id, and one of body, result, error. */
import { toHex } from '../protocol/bytes.ts';
import { fault, refuse, type Fault, type Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import { PROTOCOL_VERSION } from '../protocol/subjects.ts';

export interface Request {
  readonly v: typeof PROTOCOL_VERSION;
  readonly id: string;
  readonly body: unknown;
}

export type Reply<T = unknown> =
  | { readonly v: typeof PROTOCOL_VERSION; readonly id: string; readonly ok: true; readonly result: T }
  | { readonly v: typeof PROTOCOL_VERSION; readonly id: string; readonly ok: false; readonly error: Fault };

export interface HubEvent {
  readonly v: typeof PROTOCOL_VERSION;
  readonly id: string;
  readonly type: string;
  readonly [field: string]: unknown;
}

const ID = /^[\w.:-]{1,64}$/;

const ID_BYTES = 16;
let random = new Uint8Array();

/** 128 random bits; the system is asked for those of many at once. */
export function newCorrelationId(): string {
  if (random.length === 0) random = crypto.getRandomValues(new Uint8Array(256 * ID_BYTES));
  const bytes = random.subarray(0, ID_BYTES);
  random = random.subarray(ID_BYTES);
  return toHex(bytes).slice(2);
}

export function encodeRequest(body: unknown, id: string): string {
  return JSON.stringify({ v: PROTOCOL_VERSION, id, body });
}

/** A request as it arrived. `id` is what a reply must carry, even where the rest is unreadable. */
export function decodeRequest(
  text: string,
  maxBytes: number,
): { readonly id: string; readonly request: Outcomes<Request> } {
  // No UTF-8 byte count is below the count of UTF-16 units, nor above three times it.
  if (text.length > maxBytes || (text.length * 3 > maxBytes && byteLength(text) > maxBytes)) {
    return { id: '', request: refuse('too_large', { maxBytes }) };
  }
  const value = parse(text);
  if (!isRecord(value)) return { id: '', request: refuse('malformed', { reason: 'not a JSON object' }) };
  const { v, id, body } = value;
  if (typeof id !== 'string' || !ID.test(id))
    return { id: '', request: refuse('malformed', { field: 'id' }) };
  if (v !== PROTOCOL_VERSION) {
    const known = typeof v === 'number' || typeof v === 'string' ? { got: v } : {};
    return { id, request: refuse('unsupported_version', { supported: [PROTOCOL_VERSION], ...known }) };
  }
  return { id, request: ok({ v, id, body }) };
}

export function encodeReply(id: string, outcome: Outcomes<unknown>): string {
  return JSON.stringify(
    outcome.ok
      ? { v: PROTOCOL_VERSION, id, ok: true, result: outcome.value ?? null }
      : { v: PROTOCOL_VERSION, id, ok: false, error: outcome.error },
  );
}

/** A reply as it arrived. One that cannot be read, or answers something else, leaves the outcome unknown. */
export function decodeReply(text: string, id: string): Reply {
  const value = parse(text);
  if (!isRecord(value) || value['v'] !== PROTOCOL_VERSION)
    return failure(id, fault('internal', { reason: 'unreadable reply' }));
  if (value['ok'] === true && value['id'] === id)
    return { v: PROTOCOL_VERSION, id, ok: true, result: value['result'] };
  if (value['ok'] === false && (value['id'] === id || value['id'] === '') && isFault(value['error'])) {
    return failure(id, value['error']);
  }
  return failure(id, fault('internal', { reason: 'unreadable reply' }));
}

export function failure(id: string, error: Fault): Reply & { readonly ok: false } {
  return { v: PROTOCOL_VERSION, id, ok: false, error };
}

export function encodeEvent(type: string, fields: Readonly<Record<string, unknown>>, id: string): string {
  return JSON.stringify({ ...fields, v: PROTOCOL_VERSION, id, type });
}

/** Undefined for what is no event of this version: events are hints, and an unreadable one says nothing. */
export function decodeEvent(text: string): HubEvent | undefined {
  const value = parse(text);
  if (!isRecord(value) || value['v'] !== PROTOCOL_VERSION) return undefined;
  if (typeof value['id'] !== 'string' || typeof value['type'] !== 'string') return undefined;
  return value as unknown as HubEvent;
}

function isFault(value: unknown): value is Fault {
  return (
    isRecord(value) &&
    typeof value['code'] === 'string' &&
    typeof value['message'] === 'string' &&
    typeof value['retryable'] === 'boolean' &&
    ['unchanged', 'unknown', 'changed'].includes(value['outcome'] as string)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const byteLength = (text: string): number => new TextEncoder().encode(text).length;
