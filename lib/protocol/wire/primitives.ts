// SPDX-License-Identifier: MIT
/** JSON at the door: integers as decimal strings, bytes as lowercase hex. Parsing gives the protocol's own types. */
import { z } from 'zod';
import type { Address, Bytes, Hash, OutcomeType, Pair, Party } from '../types.ts';

const UINT256_DIGITS = 78;
const UINT256_LIMIT = 1n << 256n;
const MAX_BYTES = 16_384;

export const uint = z
  .string()
  .max(UINT256_DIGITS)
  .regex(/^(0|[1-9][0-9]*)$/)
  .transform((text) => BigInt(text))
  .refine((value) => value < UINT256_LIMIT);

export const uint64 = uint.refine((value) => value < 1n << 64n);

/** Times and chain ids: whole numbers that fit a double. */
export const whole = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Seconds of a period, which is 32 bits wide on chain. */
export const period = z.number().int().min(1).max(0xffffffff);

export const address = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/)
  .transform((text) => text as string as Address);

export const hash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .transform((text) => text as string as Hash);

export const bytes = z
  .string()
  .max(2 + 2 * MAX_BYTES)
  .regex(/^0x([0-9a-f]{2})*$/)
  .transform((text) => text as Bytes);

export const signature = z
  .string()
  .regex(/^0x[0-9a-f]{130}$/)
  .transform((text) => text as Bytes);

export const party = z.union([z.literal(0), z.literal(1)]).transform((value) => value as Party);

export const outcomeType = z
  .union([z.literal(0), z.literal(1), z.literal(2)])
  .transform((value) => value as OutcomeType);

export const pair = <T extends z.ZodType>(item: T) =>
  z.tuple([item, item]).transform((values) => values as unknown as Pair<z.output<T>>);

type Json<T> = T extends bigint
  ? string
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends readonly unknown[]
      ? { readonly [K in keyof T]: Json<T[K]> }
      : { readonly [K in keyof T]: Json<T[K]> };

/** The wire form of a value: every bigint a decimal string, nothing else touched. */
export function toJson<T>(value: T): Json<T> {
  if (typeof value === 'bigint') return value.toString() as Json<T>;
  if (Array.isArray(value)) return value.map(toJson) as unknown as Json<T>;
  if (typeof value === 'object' && value !== null) {
    const out: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(value)) if (inner !== undefined) out[key] = toJson(inner);
    return out as Json<T>;
  }
  return value as Json<T>;
}
