// SPDX-License-Identifier: MIT
/**
 * The link this page was opened with. Its secret is taken out of the address before anything else runs, so that it does not
 * stay in the address bar, the history or a bookmark, and is held in memory only.
 */
let fragment: string | null = null;
const listeners = new Set<(fragment: string) => void>();

export function captureLink(): void {
  const { hash, pathname, search } = window.location;
  if (pathname !== '/redeem' || hash.length < 2) return;
  fragment = hash.slice(1);
  window.history.replaceState(window.history.state, '', `${pathname}${search}`);
  for (const listener of listeners) listener(fragment);
}

/** The fragment, as it was; null if the page was opened without one. */
export const openedLink = (): string | null => fragment;

/** Calls back when another link is opened in this very page. Returns how to stop. */
export function whenLinkOpened(listener: (fragment: string) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Once it is redeemed, or given up. */
export function forgetLink(): void {
  fragment = null;
}
