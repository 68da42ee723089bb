// SPDX-License-Identifier: MIT
/** One tab writes, the others read: the browser's own locks say which, and hand over when it closes. */

interface LockManager {
  request(
    name: string,
    options: { readonly ifAvailable?: boolean; readonly signal?: AbortSignal },
    held: (lock: unknown) => Promise<void> | void,
  ): Promise<unknown>;
}

export interface WriterLock {
  readonly isHeld: boolean;
  /** Calls back once the lock is held, if it was not; never after `release`. */
  whenHeld(become: () => void): void;
  release(): void;
}

/** Where there are no tabs the store's etags alone keep writers apart. */
export const NO_LOCK: WriterLock = { isHeld: true, whenHeld: () => {}, release: () => {} };

/** The lock manager of a browser tab or worker; null elsewhere. */
export function browserLocks(): LockManager | null {
  const scope = globalThis as {
    readonly window?: unknown;
    readonly WorkerGlobalScope?: unknown;
    readonly navigator?: { readonly locks?: LockManager };
  };
  const isBrowser = scope.window !== undefined || scope.WorkerGlobalScope !== undefined;
  return isBrowser ? (scope.navigator?.locks ?? null) : null;
}

export async function acquireLock(locks: LockManager | null, name: string): Promise<WriterLock> {
  if (locks === null) return NO_LOCK;
  const waiting = new AbortController();
  let release = () => {};
  const untilReleased = new Promise<void>((resolve) => (release = resolve));
  const isHeld = await new Promise<boolean>((resolve) => {
    const onAnswer = (lock: unknown): Promise<void> | void => {
      resolve(lock !== null);
      return lock === null ? undefined : untilReleased;
    };
    locks.request(name, { ifAvailable: true }, onAnswer).catch(() => resolve(false));
  });
  return {
    isHeld,
    whenHeld(become) {
      if (isHeld) return;
      const onHeld = (): Promise<void> => {
        if (!waiting.signal.aborted) become();
        return untilReleased;
      };
      locks.request(name, { signal: waiting.signal }, onHeld).catch(() => {});
    },
    release() {
      waiting.abort();
      release();
    },
  };
}
