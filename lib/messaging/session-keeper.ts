// SPDX-License-Identifier: MIT
import type { Fault, Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import { signIn, type Session, type SignInOptions } from './session.ts';

/** Keeps one user signed in: a new session is there well before the old one ends. */
export interface SessionKeeper {
  current(): Session;
  /** Calls back with each new session; returns how to stop. */
  onRenewed(listener: (session: Session) => void): () => void;
  /** The last attempt to renew, if it failed; the keeper goes on trying. */
  problem(): Fault | undefined;
  close(): void;
}

/** Part of a session's life after which it is renewed, and the wait between attempts when that fails. */
const RENEW_AFTER = 0.7;
const RETRY_MS = 5_000;

export async function keepSession(options: SignInOptions): Promise<Outcomes<SessionKeeper>> {
  const first = await signIn(options);
  if (!first.ok) return first;
  let session = first.value;
  let problem: Fault | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;
  const listeners = new Set<(session: Session) => void>();

  async function renew(): Promise<void> {
    const { signal: _, ...rest } = options;
    const next = await signIn({ ...rest, natsSeed: session.natsSeed });
    if (closed) return;
    if (next.ok) {
      session = next.value;
      problem = undefined;
      for (const listener of listeners) listener(session);
      schedule(lifetimeMs(session) * RENEW_AFTER);
    } else {
      problem = next.error;
      schedule(Math.min(RETRY_MS, Math.max(250, lifetimeMs(session) / 4)));
    }
  }

  function schedule(afterMs: number): void {
    timer = setTimeout(() => void renew(), Math.min(afterMs, 2 ** 31 - 1));
    if (typeof timer === 'object' && 'unref' in timer) timer.unref();
  }

  schedule(lifetimeMs(session) * RENEW_AFTER);
  return ok({
    current: () => session,
    problem: () => problem,
    onRenewed(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  });
}

const lifetimeMs = (session: Session): number => Math.max(0, session.expiresAt * 1000 - Date.now());
