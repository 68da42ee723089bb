// SPDX-License-Identifier: MIT
/** What the benchmark reads off from outside: processor time, the bus's counters, the hub's own counters, this machine's curve. */
import { readFileSync } from 'node:fs';
import { signIn } from '../lib/messaging/session.ts';
import { encodeRequest } from '../lib/messaging/envelope.ts';
import { addressOfPrivateKey, recoverAddress, sign } from '../lib/signing/native.ts';

/** Clock ticks a second of /proc, the same on every Linux this runs on. */
const TICKS = 100;

/** Milliseconds of processor time a process has used, user and system. */
export function cpuMs(pid: number): number {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const fields = rest.split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
}

export interface BusCounters {
  readonly messages: number;
  readonly bytes: number;
}

/** Messages that anybody published, and their bytes. */
export async function busCounters(monitorPort: number): Promise<BusCounters> {
  const variables = (await (await fetch(`http://127.0.0.1:${monitorPort}/varz`)).json()) as Record<
    string,
    number
  >;
  return { messages: variables['in_msgs'] ?? 0, bytes: variables['in_bytes'] ?? 0 };
}

export interface HubCounters {
  readonly writes: number;
  readonly signs: number;
  readonly recovers: number;
}

export type HubStats = () => Promise<HubCounters>;

/** Signs in as an operator and asks the hub what it has done since it started. */
export async function hubStats(hubUrl: string, chainId: number, key: Uint8Array): Promise<HubStats> {
  const address = addressOfPrivateKey(key);
  const session = await signIn({ hubUrl, address, chainId, sign: (digest) => sign(digest, key) });
  if (!session.ok) throw new Error(`the operator could not sign in: ${session.error.message}`);
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${session.value.token}` };
  return async () => {
    const body = encodeRequest({ kind: 'stats' }, 'bench');
    const reply = (await (await fetch(`${hubUrl}/v1/admin`, { method: 'POST', headers, body })).json()) as {
      result?: { store: { writes: number }; signing: { signs: number; recovers: number } };
    };
    if (reply.result === undefined) throw new Error(`the hub told nothing: ${JSON.stringify(reply)}`);
    return { writes: reply.result.store.writes, ...reply.result.signing };
  };
}

export interface Curve {
  readonly signsPerSecond: number;
  readonly recoversPerSecond: number;
}

const ROUNDS = 2_000;

/** One thread, native, nothing else going on. */
export function measureCurve(): Curve {
  const key = new Uint8Array(32).fill(7);
  const digest = new Uint8Array(32).fill(9);
  const signature = sign(digest, key);
  const perSecond = (run: () => unknown): number => {
    const began = performance.now();
    for (let round = 0; round < ROUNDS; round++) run();
    return Math.round((ROUNDS * 1000) / (performance.now() - began));
  };
  perSecond(() => sign(digest, key));
  return {
    signsPerSecond: perSecond(() => sign(digest, key)),
    recoversPerSecond: perSecond(() => recoverAddress(digest, signature)),
  };
}

/** The value below which `share` of the sorted sample lies. */
export function percentile(sample: readonly number[], share: number): number | null {
  const sorted = [...sample].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return value === undefined ? null : Math.round(value * 10) / 10;
}
