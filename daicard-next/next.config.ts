// SPDX-License-Identifier: MIT
import { dirname } from 'node:path';
import type { NextConfig } from 'next';

/** What every answer carries; the Content-Security-Policy differs by request and is set in proxy.ts. */
const headers = [
  { key: 'Referrer-Policy', value: 'no-referrer' },
  { key: 'X-Content-Type-Options', value: 'nosniff' },
  { key: 'X-Frame-Options', value: 'DENY' },
  { key: 'Cross-Origin-Opener-Policy', value: 'same-origin' },
  { key: 'Permissions-Policy', value: 'camera=(), microphone=(), geolocation=(), payment=(), usb=()' },
];

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  devIndicators: false,
  // The SDK lies beside this folder, in the same package.
  turbopack: { root: dirname(import.meta.dirname) },
  headers: async () => [{ source: '/:path*', headers }],
};

export default config;
