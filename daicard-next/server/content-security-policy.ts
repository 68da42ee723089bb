// SPDX-License-Identifier: MIT

export interface PolicyOptions {
  readonly nonce: string;
  /** Where the page may send requests besides its own origin: the hub and the chain's node. */
  readonly connect: readonly string[];
  /** `next dev` evaluates code and writes styles while it runs. */
  readonly isDevelopment: boolean;
}

/** Only this page's own scripts run, and they can talk to the hub and the chain only: a seed has nowhere else to go. */
export function contentSecurityPolicy({ nonce, connect, isDevelopment }: PolicyOptions): string {
  const own = ["'self'", `'nonce-${nonce}'`];
  const directives: Record<string, readonly string[]> = {
    'default-src': ["'none'"],
    'script-src': [...own, "'strict-dynamic'", ...(isDevelopment ? ["'unsafe-eval'"] : [])],
    'style-src': isDevelopment ? ["'self'", "'unsafe-inline'"] : own,
    'img-src': ["'self'", 'data:'],
    'font-src': ["'self'"],
    'manifest-src': ["'self'"],
    'connect-src': [
      "'self'",
      ...new Set(connect.map((url) => new URL(url).origin)),
      ...(isDevelopment ? ['ws:'] : []),
    ],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
    'base-uri': ["'none'"],
    'object-src': ["'none'"],
  };
  return Object.entries(directives)
    .map(([name, values]) => `${name} ${values.join(' ')}`)
    .join('; ');
}
