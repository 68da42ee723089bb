// SPDX-License-Identifier: MIT

const SIGNS_OF_LIFE = ['pointerdown', 'keydown', 'scroll', 'touchstart'] as const;

/** Milliseconds between two looks at the clock: timers alone stand still while a device sleeps. */
const LOOK_MS = 5_000;

/** Calls `onIdle` once when nobody has touched the page for `afterMs`. Returns how to stop. */
export function whenIdle(afterMs: number, onIdle: () => void): () => void {
  let lastSeen = Date.now();
  const seen = () => {
    // A touch that comes after the time was up must not keep the wallet open.
    if (!look()) lastSeen = Date.now();
  };
  const look = (): boolean => {
    if (Date.now() - lastSeen < afterMs) return false;
    stop();
    onIdle();
    return true;
  };
  const timer = setInterval(look, LOOK_MS);
  const stop = () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', look);
    for (const name of SIGNS_OF_LIFE) window.removeEventListener(name, seen, true);
  };
  document.addEventListener('visibilitychange', look);
  for (const name of SIGNS_OF_LIFE) window.addEventListener(name, seen, { capture: true, passive: true });
  return stop;
}
